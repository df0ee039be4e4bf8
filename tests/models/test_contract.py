"""What every model keeps to, asked of each one that ships: a new card is tested by being there."""

import socket

import numpy as np
import pytest
import torch

from tests.toys.photos import lab
from toolkit.color import lab_to_rgb
from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.models.base import Dials
from toolkit.models.cards import list_models
from toolkit.models.encoder import load_encoder
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.pipeline import Cancelled, Session

SMALL = 64  # px: the network's answer does not depend on how long one waits for it
every_model = pytest.mark.parametrize("model", [card.name for card in list_models(zoo=True)])


def textured(height, width, low=70, high=180, seed=0):
    """A gray photo with edges, ramps and grain."""
    y, x = np.mgrid[:height, :width]
    waves = (
        np.sin(x / 9) + np.cos(y / 7) + (x > width / 2) + np.random.default_rng(seed).normal(0, 0.1, (height, width))
    )
    waves = (waves - waves.min()) / max(np.ptp(waves), 1e-9)
    return Photo.from_array((low + waves * (high - low)).astype(np.uint8))


@every_model
def test_same_seed_same_picture_in_any_order(model):
    photo = textured(60, 90)
    guidance = Guidance((Hint(20, 20, "#8a5a44"),))
    session = Session(photo, model, size=SMALL)
    first = session.colorize(guidance, seed=3)
    session.colorize(dials=Dials(vividness=1.0), seed=4)
    assert torch.equal(session.colorize(guidance, seed=3).rgb, first.rgb)
    assert torch.equal(Session(photo, model, size=SMALL).colorize(guidance, seed=3).rgb, first.rgb)


@every_model
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 3000), (3000, 7), (101, 67), (64, 64), (1, 400)])
def test_the_result_has_the_photos_size_and_lightness(model, size):
    photo = textured(*size)
    result = Session(photo, model, size=SMALL).colorize(Guidance((Hint(size[1] // 2, size[0] // 2, "red", 3),)))
    assert result.rgb.dtype == torch.uint8
    assert result.rgb.shape == photo.rgb.shape
    # Half a step of 8 bits in each of R, G and B moves L by at most 0.25 where it is steepest; the rest is the
    # bisection of the gamut.
    assert (lab(result.rgb)[:, :1] - photo.lightness()).abs().max() < 0.35


@every_model
@pytest.mark.parametrize("value", [0, 1, 128, 254, 255])
def test_a_flat_photo_stays_finite_and_keeps_its_lightness(model, value):
    photo = Photo.from_array(np.full((40, 50), value, np.uint8))
    result = Session(photo, model, size=SMALL).colorize(dials=Dials(vividness=1.0))
    assert bool(result.ab.isfinite().all())
    assert (lab(result.rgb)[:, :1] - photo.lightness()).abs().max() < 0.35
    if value in (0, 255):
        assert (result.rgb.int() - value).abs().max() <= 1  # black and white have no color


@every_model
def test_hints_are_honored_to_8_bits(model):
    photo = textured(80, 120, low=100, high=150)
    hints = (Hint(20, 20, "#9a7060", 9), Hint(119, 79, "#5a8070", 4), Hint(0, 79, "#7070a0", 1))
    result = Session(photo, model, size=SMALL).colorize(Guidance(hints))
    for hint in hints:
        left, top, right, bottom = hint.box()
        inside = lab(result.rgb)[0, 1:, max(0, top) : bottom, max(0, left) : right].flatten(1)
        assert inside.shape[1] > 0
        # Half a step of 8 bits in each channel is up to 1 unit of ab at these L.
        assert (inside - torch.tensor(hint.ab)[:, None]).abs().max() < 1.2


@every_model
def test_hints_that_no_screen_can_show_keep_their_hue(model):
    photo = Photo.from_array(np.full((40, 40), 235, np.uint8))  # no saturated blue is this light
    hint = Hint(20, 20, "blue", 5)
    result = Session(photo, model, size=SMALL).colorize(Guidance((hint,)))
    nearest = lab_to_rgb(torch.tensor([float(photo.lightness()[0, 0, 20, 20]), *hint.ab]).view(3, 1, 1)).flatten()
    assert (result.rgb[:, 20, 20].float() - 255 * nearest).abs().max() <= 1


@every_model
def test_a_painted_mask_is_honored_pixel_by_pixel(model):
    photo = textured(60, 80, low=100, high=150)
    strokes = torch.zeros(4, 60, 80, dtype=torch.uint8)
    strokes[:, 10:30, 40:44] = torch.tensor([150, 112, 96, 255], dtype=torch.uint8).view(4, 1, 1)
    result = Session(photo, model, size=SMALL).colorize(Guidance(strokes=strokes))
    want = lab(strokes[:3, 10:11, 40:41])[0, 1:].flatten(1)
    assert (lab(result.rgb)[0, 1:, 10:30, 40:44].flatten(1) - want).abs().max() < 1.2


@every_model
def test_no_hints_are_no_guidance(model):
    session = Session(textured(60, 90), model, size=SMALL)
    plain = session.colorize()
    assert torch.equal(session.colorize(Guidance()).rgb, plain.rgb)
    empty = torch.zeros(4, 60, 90, dtype=torch.uint8)
    assert torch.equal(session.colorize(Guidance(strokes=empty)).rgb, plain.rgb)


@every_model
def test_guidance_that_cannot_be_used_is_refused(model):
    session = Session(textured(60, 90), model, size=SMALL)
    for guidance in (
        Guidance((Hint(float("nan"), 0, "red"),)),
        Guidance((Hint(1, 1, "no color at all"),)),
        Guidance(strokes=torch.zeros(4, 59, 90, dtype=torch.uint8)),
    ):
        with pytest.raises(GuidanceError):
            session.colorize(guidance)


@every_model
def test_it_can_be_cancelled_at_every_step_and_asked_again(model):
    session = Session(textured(60, 90), model, size=SMALL)
    steps = []
    whole = session.colorize(progress=lambda done, of, what: steps.append((done, of, what)))
    assert steps[-1][0] == steps[-1][1]
    for stop in range(len(steps)):
        seen = []
        with pytest.raises(Cancelled):
            session.colorize(progress=lambda *step, seen=seen, stop=stop: seen.append(step) or len(seen) <= stop)
        assert len(seen) == stop + 1
    assert torch.equal(session.colorize().rgb, whole.rgb)


@every_model
def test_it_sees_at_other_sizes_and_says_how_unsure_it_is(model):
    session = Session(textured(60, 90), model, size=SMALL)
    for size in (32, 50, 96):
        other = session.at(size)
        assert other.size == size
        assert other.colorize().rgb.shape == (3, 60, 90)
        unsure = other.uncertainty()
        assert unsure.shape[:2] == (1, 1)
        assert bool(((unsure >= 0) & (unsure <= 1)).all())


@every_model
def test_suggested_colors_are_shares_of_one_whole(model):
    session = Session(textured(60, 90), model, size=SMALL)
    for x, y in ((0, 0), (89, 59), (-10, 1000)):
        found = session.suggest_colors(x, y, k=5)
        assert len(found) <= 5
        if found:
            assert sum(s.share for s in found) == pytest.approx(1, abs=1e-3)
            assert [s.share for s in found] == sorted((s.share for s in found), reverse=True)
            assert all(len(s.color) == 7 and s.name for s in found)


@every_model
def test_it_loads_and_colors_without_a_network(model, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("something wanted to use the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    load_model.cache_clear()
    load_encoder.cache_clear()
    assert Session(textured(30, 40), model, device="cpu", size=SMALL).colorize().rgb.shape == (3, 30, 40)


# the size is the pipeline's business; a minute each
@pytest.mark.parametrize("model", [card.name for card in list_models()])
@pytest.mark.slow
def test_24_megapixels(model):
    photo = Photo.from_array(np.tile(textured(40, 60).rgb.permute(1, 2, 0).numpy(), (100, 100, 1)))
    assert photo.size == (6000, 4000)
    result = Session(photo, model, size=SMALL).colorize(Guidance((Hint(5999, 3999, "red", 1),)))
    assert result.rgb.shape == (3, 4000, 6000)
    corner = lab(result.rgb[:, -40:, -60:])[:, :1] - photo.lightness(slice(-40, None))[..., -60:]
    assert corner.abs().max() < 0.35
