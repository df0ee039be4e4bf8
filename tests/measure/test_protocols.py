import numpy as np
import pytest
import torch

import toolkit
from tests.toys.photos import floats
from toolkit.color import rgb_to_lab
from toolkit.measure import contestants
from toolkit.measure.compare import CompareSetup
from toolkit.measure.metrics import psnr
from toolkit.measure.photos import find_photos
from toolkit.measure.protocols import PROTOCOLS, Patch, hints_for, open_squares, reveal
from toolkit.photo import Photo


def square(side=224, seed=0):
    """Smooth colors with a little noise."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(60, 200, (1, 3, 5, 5)))
    smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic", align_corners=False)[0]
    return Photo.from_array(
        (smooth.numpy().transpose(1, 2, 0) + rng.normal(0, 2, (side, side, 3))).clip(0, 255).astype(np.uint8)
    )


class Parrot:
    """A session that paints gray with the true color in the hints, and keeps the books."""

    looked, painted = 0, []

    def __init__(self, photo, model, *, device="auto"):
        self.photo = photo

    def encode(self):
        Parrot.looked += 1

    def colorize(self, guidance, dials, *, seed):
        Parrot.painted.append((len(guidance), dials.vividness))
        self.rgb = contestants.in_color(
            self.photo, guidance.stamp(torch.zeros(1, 2, self.photo.height, self.photo.width))
        )
        return self


@pytest.fixture
def parrot(monkeypatch):
    monkeypatch.setattr(contestants, "Session", Parrot)
    monkeypatch.setattr(Parrot, "looked", 0)
    monkeypatch.setattr(Parrot, "painted", [])
    return Parrot


@pytest.mark.parametrize("name", PROTOCOLS)
def test_places_come_by_lot_from_seed_and_photo_and_fewer_are_the_first_of_more(name):
    photo = square(PROTOCOLS[name].side)
    many = hints_for(photo, 0, name, 40, 1234)
    assert len(many) == 40
    assert many == hints_for(photo, 0, name, 40, 1234)
    assert many[:3] == hints_for(photo, 0, name, 3, 1234)
    places = {
        tuple(hint.box() for hint in hints_for(photo, index, name, 40, seed))
        for index, seed in ((0, 1234), (1, 1234), (0, 1))
    }
    assert len(places) == 3


def test_icolorit_lays_pairs_of_pixels_on_their_grid_all_over_and_none_twice():
    patches = PROTOCOLS["icolorit"].draw(np.random.default_rng(0), 224, 2000)
    assert len(set(patches)) == 2000
    assert {patch.size for patch in patches} == {2}
    left, top, _ = np.array(patches).T
    for at in (left, top):
        assert (at % 2 == 0).all()
        assert (at.min(), at.max()) == (0, 222)
        assert at.mean() == pytest.approx(111, abs=5)
        assert at.std() == pytest.approx(224 / 12**0.5, abs=3)  # of a uniform distribution


def test_siggraph17_gathers_patches_of_all_sizes_around_the_middle_and_none_leaves_the_photo():
    left, top, size = np.array(PROTOCOLS["siggraph17"].draw(np.random.default_rng(0), 256, 5000)).T
    assert np.bincount(size, minlength=10)[1:] == pytest.approx(5000 / 9, rel=0.15)
    for at in (left, top):
        assert at.min() == 0
        assert (at + size).max() == 256
        middle = at + size / 2
        assert middle.mean() == pytest.approx(128, abs=3)
        # within one standard deviation of a Gaussian
        assert np.mean(np.abs(middle - 128) < 64) == pytest.approx(0.683, abs=0.02)


def test_a_hint_covers_its_patch_in_the_mean_color():
    lab = rgb_to_lab(floats(square(32).rgb))[0]
    for patch in (Patch(0, 0, 1), Patch(3, 5, 2), Patch(4, 6, 2), Patch(10, 20, 9), Patch(30, 30, 2), Patch(25, 24, 8)):
        hint = reveal(lab, patch)
        left, top, size = patch
        assert hint.box() == (left, top, left + size, top + size)
        assert hint.x == pytest.approx(left + (size - 1) / 2, abs=0.02)
        truth = lab[1:, top : top + size, left : left + size].mean((1, 2))
        assert hint.ab == pytest.approx(truth.tolist(), abs=0.7)


def rows(models, photos, **setup):
    """The comparison's table by model and number of hints."""
    result = toolkit.compare(models, photos, setup=CompareSetup(metrics=("psnr", "colorfulness"), **setup))
    return {(row["model"], row["hints"]): row for row in result.table.to_dict("records")}


def test_scores_are_the_psnr_of_what_was_painted(parrot):
    photos = [square(seed=s) for s in range(2)]
    found = rows(["unet", "unet@1"], photos, hints=(0, 7))
    assert list(found) == [(model, n) for model in ("gray", "unet", "unet@1") for n in (0, 7)]
    assert {row["n"] for row in found.values()} == {2}
    assert Parrot.painted == [(0, 0.0), (7, 0.0), (0, 1.0), (7, 1.0)] * 2
    grays = [floats(contestants.in_color(p, torch.zeros(1, 2, 224, 224))) for p in photos]
    expected = [float(psnr(gray, floats(p.rgb))) for gray, p in zip(grays, photos, strict=True)]
    assert (
        found["gray", 0]["psnr"]
        == found["gray", 7]["psnr"]
        == found["unet", 0]["psnr"]
        == pytest.approx(np.mean(expected), abs=1e-3)
    )
    assert found["gray", 0]["psnr_se"] == pytest.approx(np.std(expected, ddof=1) / 2**0.5, abs=1e-3)
    assert found["unet", 7]["psnr"] > found["unet", 0]["psnr"]
    assert found["gray", 0]["colorfulness_ratio"] < 0.02 < found["unet", 7]["colorfulness_ratio"]


def test_squared_error_is_floored_at_1e_5(parrot, monkeypatch):
    monkeypatch.setattr(Parrot, "colorize", lambda self, guidance, dials, *, seed: self.photo)
    assert rows(["unet"], [square()], hints=(0, 1))["unet", 0]["psnr"] == 50


def test_levin_is_gray_without_hints_and_better_the_more_it_gets():
    halves = np.full((224, 224, 3), (200, 60, 40), np.uint8)
    halves[:, 112:] = (20, 90, 60)
    found = rows(["levin2004"], [Photo.from_array(halves)], hints=(0, 1, 20))
    assert found["levin2004", 0]["psnr"] == found["gray", 0]["psnr"]
    assert found["levin2004", 20]["psnr"] > 40 > found["levin2004", 1]["psnr"]


def test_a_real_model_goes_through_the_public_pipeline():
    found = rows(["unet"], [square()], hints=(0, 20))
    assert found["unet", 20]["psnr"] > found["unet", 0]["psnr"]


def test_squares_are_cut_from_the_middle(tmp_path):
    from PIL import Image

    wide = np.zeros((300, 500, 3), np.uint8)
    wide[:, 100:400] = (200, 60, 20)
    wide[140:160, 100:400] = (20, 60, 200)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    (tmp_path / "broken.png").write_text("no photo")
    skipped = []
    (photo,) = open_squares(find_photos([tmp_path]), "icolorit", skipped)
    assert photo.size == (224, 224)
    assert int(photo.rgb[0, :, 2:-2].float().mean(0).min()) > 150  # nothing of the black sides
    assert [line.split(":")[0] for line in skipped] == ["broken.png"]
