import json

import numpy as np
import pytest
import torch

from tests.toys import tars
from toolkit.guidance import Hint
from toolkit.measure.regions import find_region, open_regions
from toolkit.measure.studies import measure
from toolkit.measure.studies import obedience as module
from toolkit.measure.studies.obedience import Setup, far_color
from toolkit.photo import Photo

CLASSES = {"1": "coat", "2": "wall"}


def labelled():
    """A 60 x 40 photo: a coat of 20 x 20, another coat of 4 x 20, the rest without a class; L is 60 throughout, so that
    most colors exist.
    """
    labels = np.zeros((40, 60), np.uint8)
    labels[10:30, 5:25] = 1
    labels[10:30, 50:54] = 1
    return Photo.from_array(np.full((40, 60, 3), 145, np.uint8), "coat.webp"), labels


def tar_of(path, photos, classes=CLASSES):
    return tars.tar_of(
        path, {name: (photo.rgb.permute(1, 2, 0).numpy(), labels) for name, (photo, labels) in photos.items()}, classes
    )


class Painter:
    """A session that moves the ab of whole areas by known shares of the way: 0.8 in the first coat, 0.5 in the second,
    0.1 elsewhere.
    """

    def __init__(self, photo, model, *, device="auto"):
        self.photo = photo

    def colorize(self, guidance=None, dials=None):
        ab = torch.zeros(1, 2, 40, 60) + 3.0
        for hint in guidance.hints if guidance else ():
            share = torch.full((40, 60), 0.0 if hint.lasso else 0.1)
            share[10:30, 50:54] = 0.0 if hint.lasso else 0.5
            share[10:30, 5:25] = 1.0 if hint.lasso else 0.8
            ab = ab + share * (torch.tensor(hint.ab) - 3).view(1, 2, 1, 1)
        self.ab = ab
        self.rgb = (module.lab_to_rgb(torch.cat([self.photo.lightness(), ab], 1))[0] * 255).round().byte()
        return self


@pytest.fixture
def painter(monkeypatch):
    monkeypatch.setattr(module, "Session", Painter)


def test_the_largest_part_of_a_class_is_the_region_and_the_others_are_alike():
    photo, labels = labelled()
    region = find_region(photo, labels, CLASSES)
    assert region.label == "coat"
    assert (region.inside.sum(), region.alike.sum(), region.outside.sum()) == (400, 80, 40 * 60 - 480)
    assert not (region.inside & region.alike).any()
    x, y = region.heart()
    assert abs(x - 14.5) <= 1
    assert abs(y - 19.5) <= 1


def test_regions_too_small_or_too_large_do_not_count():
    photo, labels = labelled()
    labels[labels == 0] = 2  # 80 % of the photo
    assert find_region(photo, labels, CLASSES).label == "coat"
    labels[10:30, 5:25] = 2
    labels[10:29, 50:54] = 2
    assert find_region(photo, labels, CLASSES) is None
    assert find_region(photo, np.zeros_like(labels), CLASSES) is None
    with pytest.raises(ValueError, match="one size"):
        find_region(photo, labels[1:], CLASSES)


def test_the_heart_of_a_region_at_the_border_is_away_from_the_border():
    photo, labels = labelled()
    labels[:] = 0
    labels[20:, :20] = 1
    x, y = find_region(photo, labels, CLASSES).heart()
    assert 8 <= x <= 11
    assert 28 <= y <= 31


def test_the_lasso_is_the_outline():
    region = find_region(*labelled(), CLASSES)
    lasso = region.lasso()
    assert 3 <= len(lasso) <= 8
    x, y = np.array(lasso).T
    assert (x.min(), x.max(), y.min(), y.max()) == pytest.approx((4.5, 24.5, 9.5, 29.5), abs=0.5)


def test_the_color_is_far_from_the_mean_and_exists_there():
    mean = torch.tensor([5.0, 12.0])
    colors = {far_color(mean, 60.0, np.random.default_rng(seed)) for seed in range(5)}
    assert len(colors) == 5
    assert far_color(mean, 60.0, np.random.default_rng(0)) in colors
    for color in colors:
        assert 30 <= float((torch.tensor(Hint(0, 0, color).ab) - mean).norm()) < 36
    assert far_color(torch.zeros(2), 0.5, np.random.default_rng(0)) is None  # black has no room


@pytest.fixture
def obey(tmp_path):
    """Measures unet on photos with labels."""
    return lambda *photos: measure(
        "obedience", [tar_of(tmp_path / "r.tar", {f"a/{i}": one for i, one in enumerate(photos)})], Setup(("unet",))
    )


def test_shares_are_those_of_the_way(painter, obey):
    free, free_seen, tied, tied_seen = obey(labelled(), labelled()).rows
    assert [(row["lasso"], row["measured_on"], row["n"]) for row in (free, free_seen, tied, tied_seen)] == [
        (lasso, view, 2) for lasso in (False, True) for view in ("model", "picture")
    ]
    there = ("inside", "alike", "outside", "n_alike", "impossible")
    assert [free[key] for key in there] == pytest.approx([0.8, 0.5, 0.1, 2, 0], abs=1e-3)
    assert [tied[key] for key in there[:3]] == pytest.approx([1, 0, 0], abs=1e-3)
    assert [free_seen[key] for key in ("inside", "outside")] == pytest.approx([0.8, 0.1], abs=0.03)
    assert free["inside_se"] == pytest.approx(0, abs=1e-4)
    assert obey(labelled()).rows[0]["inside_se"] is None


def test_photos_without_a_color_far_enough_are_counted_and_look_alikes_may_be_missing(painter, obey):
    photo, labels = labelled()
    labels[:, 50:54] = 0
    black = Photo.from_array(np.zeros((40, 60, 3), np.uint8))
    first, *_ = obey((black, labels), (photo, labels)).as_json()["rows"]
    assert [first[key] for key in ("n", "impossible", "alike", "n_alike")] == [1, 1, None, 0]
    with pytest.raises(ValueError, match="nothing here to measure obedience on; give a tar of photos with larger"):
        obey((black, labels))


def test_regions_come_from_a_tar(tmp_path):
    photo, labels = labelled()
    photos = {f"{name}/1": (photo, labels) for name in "abcd"} | {"e/1": (photo, np.zeros_like(labels))}
    tar = tar_of(tmp_path / "regions.tar", photos)
    skipped = []
    regions = list(open_regions(tar, skipped))
    assert [r.photo.name for r in regions] == ["a/1.webp", "b/1.webp", "c/1.webp", "d/1.webp"]
    assert [line.split(":")[0] for line in skipped] == ["e/1.webp"]
    assert torch.equal(regions[0].photo.rgb, photo.rgb)
    assert np.array_equal(regions[0].inside | regions[0].alike, labels == 1)
    assert [r.photo.name[0] for r in open_regions(tar, [], limit=2)] == ["a", "c"]
    for wrong in (tmp_path, tar_of(tmp_path / "plain.tar", {}, None), __file__):
        with pytest.raises(ValueError, match="give a tar of photos"):
            list(open_regions(wrong, []))


def test_the_answer_is_json_and_a_table_with_its_protocol(painter, obey):
    answer = obey(labelled(), labelled())
    found = json.loads(json.dumps(answer.as_json()))
    assert found["study"] == "obedience"
    assert found["setup"]["models"] == ["unet"]
    assert found["rows"][0]["inside"] == pytest.approx(0.8, abs=1e-3)
    header, _, *rows, protocol = answer.text().splitlines()
    assert "everywhere else" in header
    assert [row.split()[:3] for row in rows] == [
        ["unet", lasso, view] for lasso in ("no", "yes") for view in ("model", "picture")
    ]
    assert "80.0 ± 0.0 %" in rows[0]
    assert "largest connected part" in protocol
    assert protocol == found["protocol"]


def test_a_real_model_moves_the_region_more_than_the_rest(obey):
    rng = np.random.default_rng(0)
    photo, labels = labelled()
    array = photo.rgb.permute(1, 2, 0).numpy().copy()
    array[labels == 1] = 100
    free, _, tied, _ = obey(
        (Photo.from_array((array + rng.normal(0, 3, array.shape)).clip(0, 255).astype(np.uint8)), labels)
    ).rows
    assert tied["inside"] > 0.5
    assert tied["outside"] < tied["inside"]
    assert free["inside"] > 0.2
