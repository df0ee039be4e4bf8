"""Many colorings of one photo: drawn by seed, watched, stopped, compared, and gone on with."""

import numpy as np
import pytest
import torch

from toolkit.controls.alternatives import as_hints, disagreement
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.pipeline import Cancelled, Session


def photo(height=60, width=90):
    y, x = np.mgrid[:height, :width]
    return Photo.from_array((90 + 60 * (x > width / 2) + 20 * np.sin(y / 5)).astype(np.uint8))


@pytest.fixture(scope="module")
def session():
    return Session(photo(), "diffusion", device="cpu", size=64)


def test_samples_are_what_their_seeds_give(session):
    results = list(session.samples(3, dials=Dials(steps=2), seed=5))
    assert [r.seed for r in results] == [5, 6, 7]
    assert all(r.rgb.shape == session.photo.rgb.shape for r in results)
    assert not torch.equal(results[0].rgb, results[1].rgb)
    assert torch.equal(session.colorize(dials=Dials(steps=2), seed=6).rgb, results[1].rgb)
    assert torch.equal(next(session.samples(1, dials=Dials(steps=2), seed=7)).rgb, results[2].rgb)


def test_calm_samples_are_all_alike(session):
    calm = list(session.samples(2, dials=Dials(vividness=0.0, steps=2)))
    assert torch.equal(calm[0].rgb, calm[1].rgb)


def test_hints_hold_in_every_sample(session):
    guidance = Guidance((Hint(20, 30, "#9a7060", 9),))
    for result in session.samples(3, guidance, Dials(steps=2)):
        spot = result.rgb[:, 28:33, 18:23].float().mean((1, 2))
        assert spot[0] > spot[2] + 15, "the brown hint is redder than blue"
        assert result.influence is not None


def test_one_sees_them_take_shape_and_can_stop(session):
    seen, told = [], []
    list(
        session.samples(
            2,
            dials=Dials(steps=3),
            forming=lambda i, rgb: seen.append((i, rgb)),
            progress=lambda *step: told.append(step),
        )
    )
    assert [i for i, _ in seen] == [0, 0, 0, 1, 1, 1]
    assert all(rgb.dtype == torch.uint8 and rgb.shape[0] == 3 for _, rgb in seen)
    assert told[-1][0] == told[-1][1]
    shares = [done / of for done, of, _ in told]
    assert shares == sorted(shares)
    count = []
    with pytest.raises(Cancelled):
        list(session.samples(2, dials=Dials(steps=3), progress=lambda *step: count.append(step) or len(count) < 3))
    assert len(count) == 3


@pytest.mark.parametrize("wrong", [0, 1000])
def test_a_number_that_cannot_be_drawn_is_refused_in_a_sentence(session, wrong):
    with pytest.raises(ValueError, match="choose a number"):
        next(session.samples(wrong))


def test_a_model_with_one_answer_says_so():
    with pytest.raises(ValueError, match="gives one answer"):
        next(Session(photo(), "unet", device="cpu", size=64).samples(2))


def test_disagreement_is_the_spread_of_the_colors(session):
    results = list(session.samples(3, dials=Dials(steps=2)))
    where = disagreement(results)
    assert where.shape == (1, 1, *results[0].ab.shape[-2:])
    expected = torch.cat([r.ab for r in results]).numpy().std(0, ddof=1)
    assert np.allclose(where[0, 0].numpy(), np.hypot(*expected), atol=1e-4)
    assert disagreement([results[0], results[0]]).max() == 0
    with pytest.raises(ValueError, match="at least two"):
        disagreement(results[:1])


def test_hints_of_a_sample_lead_another_model_to_its_colors(session):
    sample = next(session.samples(1, seed=3))
    guidance = as_hints(sample, 40)
    assert 10 <= len(guidance.hints) <= 40
    assert all(0 <= h.x < 90 and 0 <= h.y < 60 for h in guidance.hints)
    other = Session(session.photo, "vit-hint", device="cpu", size=64)
    led, alone = other.colorize(guidance), other.colorize()

    def apart(result):
        return float((result.rgb.float() - sample.rgb.float()).abs().mean())

    assert apart(led) < 0.5 * apart(alone)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2)])
def test_hints_of_tiny_photos(size):
    sample = next(Session(photo(*size), "diffusion", device="cpu", size=32).samples(1, dials=Dials(steps=1)))
    hints = as_hints(sample).hints
    assert 1 <= len(hints) <= size[0] * size[1]
    with pytest.raises(ValueError, match="choose a number"):
        as_hints(sample, 0)
