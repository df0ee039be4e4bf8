import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from tests.toys import tars
from toolkit.cli import main
from toolkit.color import hex_to_lab, in_gamut, lab_to_rgb
from toolkit.guidance import Guidance, Hint
from toolkit.measure.labelled import LabelledPhotos
from toolkit.measure.ranking import area_under_curve
from toolkit.measure.regions import heat_picture
from toolkit.measure.studies import Told, measure
from toolkit.measure.studies import words as module
from toolkit.measure.studies.words import COLORS, Setup, compare, wished
from toolkit.text.open_words import add_held_out

CLASSES = {"1": "coat", "2": "wall", "3": "dog", "4": "sky"}
# of the photos below, by class: so that a painter can see what belongs together
GRAYS = {0: 40, 1: 145, 2: 100, 3: 180, 4: 210}


def labels(**boxes):
    """40 x 60 pixel values from boxes NAME=(top, bottom, left, right)."""
    array = np.zeros((40, 60), np.uint8)
    for name, (top, bottom, left, right) in boxes.items():
        array[top:bottom, left:right] = next(int(value) for value, word in CLASSES.items() if word == name)
    return array


SCENES = {
    "a/1": labels(coat=(8, 32, 20, 40), wall=(0, 40, 44, 60)),  # coat 20 %, in the middle; wall 27 %
    "a/2": labels(dog=(0, 40, 0, 40), wall=(0, 4, 50, 60)),  # dog 67 %: too large; wall 1.7 %: too small
    "b/1": labels(sky=(0, 20, 0, 60), dog=(28, 40, 0, 12)),  # sky 50 %, dog 6 %
}


@pytest.fixture
def tar(tmp_path):
    return tar_of(tmp_path / "regions.tar", SCENES)


def tar_of(path, scenes, classes=CLASSES):
    gray = np.vectorize(GRAYS.get)
    return tars.tar_of(
        path,
        {name: (gray(labels).astype(np.uint8)[..., None].repeat(3, 2), labels) for name, labels in scenes.items()},
        classes,
    )


class Localizer:
    """Sees everything that is there, a quarter of the size; is 0.9 sure of what is there and 0.1 of the rest, unless
    told otherwise.
    """

    held_out = ("dog", "sky")

    def __init__(self, sure=None, blind=()):
        self.sure, self.blind, self.added = sure or {}, blind, {}

    def look(self, session):
        self.there = SCENES[session.photo.name.removesuffix(".webp")]
        return self

    def names(self, least=0.5):
        # what else there is has to be asked for
        return [(word, self.find(word).confidence) for word in ("coat", "wall")]

    def find(self, noun):
        value = next(int(value) for value, word in CLASSES.items() if word == noun)
        there = bool((self.there == value).any())
        heat = torch.from_numpy((self.there == value)[2::4, 2::4].astype(np.float32))[None, None]
        present = noun not in self.blind and (there or noun in self.sure)
        return SimpleNamespace(confidence=self.sure.get(noun, 0.9 if there else 0.1), present=present, heat=heat)

    def add_words(self, names, vectors):
        self.added = dict(zip(names, vectors, strict=True))


class Painter:
    """A session whose automatic result is (a, b) = (3, 3), and whose hints color everything of the hint's own gray, and
    a little of the rest.
    """

    spill = 0.0

    def __init__(self, photo, model, *, device="auto"):
        self.photo = photo

    def colorize(self, guidance=None, dials=None):
        L = self.photo.lightness()[0]
        ab = torch.full((2, *L.shape[1:]), 3.0)
        for hint in guidance.hints if guidance else ():
            same = (L[0] - L[0, round(hint.y), round(hint.x)]).abs() < 1
            ab[:, same] = torch.tensor(hint.ab)[:, None]
            ab[0, ~same] += self.spill
        return SimpleNamespace(rgb=(lab_to_rgb(torch.cat([L, ab])) * 255).round().byte())


class Said(list):
    """Sentences, and the localizer that hears them."""

    localizer = Localizer()

    def measure(self, tar, told=None, **setup):
        """All pairs, the mean of all classes, and the classes by name."""
        self.answer = measure("words", [tar], Setup(**setup), told)
        pairs, classes, *lines = self.answer.as_json()["rows"]
        return pairs, classes, {line["name"]: line for line in lines}


@pytest.fixture
def said(monkeypatch):
    """Fakes in place, and the sentences that were compiled."""
    sentences = Said()

    def compiled(prompt, session, *, localizer):
        sentences.append((session.photo.name, prompt))
        hints = []
        for word, color in re.findall(r"the (\w+) is (.+?)(?: and |$)", prompt):
            value = next(int(value) for value, name in CLASSES.items() if name == word)
            if word not in localizer.blind:
                y, x = np.argwhere(localizer.there == value)[0]
                hints.append(Hint(int(x), int(y), color))
        return SimpleNamespace(guidance=Guidance(tuple(hints)))

    monkeypatch.setattr(module, "Session", Painter)
    monkeypatch.setattr(module, "read_localizer", lambda *file: sentences.localizer)
    monkeypatch.setattr(module, "compile_text", compiled)
    return sentences


def test_a_heat_map_is_compared_with_the_region_at_its_own_size():
    mask = np.zeros((40, 60), bool)
    mask[8:16, 32:60] = True
    exact = torch.from_numpy(mask[2::4, 2::4].astype(np.float32))[None, None]
    numbers = compare(exact, mask)
    assert numbers["pointing"] == 1
    assert numbers["centre"] == 0
    assert numbers["iou"] == pytest.approx(1, abs=0.1)
    assert numbers["uniform"] == pytest.approx(mask.mean())
    assert compare(torch.ones(1, 1, 10, 15), mask)["iou"] == pytest.approx(mask.mean())
    assert compare(torch.zeros(1, 1, 10, 15), mask)["iou"] == 0
    last = torch.zeros(1, 1, 10, 15)
    last[..., 3, 14] = 0.4  # row 14, below INSIDE: points well, covers nothing
    assert (compare(last, mask)["pointing"], compare(last, mask)["iou"]) == (1, 0)


def test_area_under_curve_is_that_of_mann_and_whitney():
    rng = np.random.default_rng(0)
    present, absent = rng.normal(1, 1, 40).round(1), rng.normal(0, 1, 300).round(1)  # rounded: with ties
    mean, error = area_under_curve(present, absent)
    assert mean == pytest.approx(mannwhitneyu(present, absent).statistic / (40 * 300), abs=1e-4)
    drawn = [area_under_curve(rng.normal(1, 1, 40), rng.normal(0, 1, 300))[0] for _ in range(300)]
    assert error == pytest.approx(np.std(drawn), rel=0.3)
    assert area_under_curve([0.9, 0.8], [0.1, 0.2])[0] == 1
    assert area_under_curve([0.5], [0.5]) == (0.5, None)
    assert area_under_curve([], [0.5]) is area_under_curve([0.5], []) is None


@pytest.mark.parametrize("color", COLORS)
def test_the_wish_keeps_lightness_and_hue_and_can_be_shown(color):
    L = torch.tensor([[20.0, 50.0, 60.0, 98.0]])
    wish = wished(color, L)
    assert torch.equal(wish[0, :, 0], L[0])
    assert in_gamut(wish).all()
    _, a, b = hex_to_lab(color)
    plain = wished(color, L, plain=True)
    for lab, least in ((wish, math.cos(math.radians(30))), (plain, 0.999)):
        assert torch.cos(torch.atan2(lab[2], lab[1]) - math.atan2(b, a)).min() > least
    assert wish[1:, 1].norm() <= plain[1:, 1].norm() + 1, "a sentence does not ask for more than the name"


def test_every_pair_is_found_and_painted(tar, said):
    pairs, classes, lines = said.measure(tar)
    assert (pairs["photos"], pairs["n"], classes["n"]) == (2, 4, 4)
    assert list(lines) == ["coat", "dog", "sky", "wall"]
    assert [pairs[key] for key in ("pointing", "found", "auc", "auc_all", "alarm")] == [1, 1, 1, 1, 0]
    assert pairs["centre"] == 0.25, "only the coat is in the middle"
    assert pairs["iou"] > 0.9
    assert pairs["uniform"] == pytest.approx(np.mean([480, 640, 1200, 144]) / 2400, abs=1e-4)
    assert pairs["wish"] < 0.25 * pairs["automatic"]
    assert pairs["to_name"] < 0.6, "that is what this painter paints"
    assert pairs["automatic"] > 10
    assert pairs["outside"] == 0
    assert (pairs["swap"], pairs["swaps"]) == (1, 2)
    prompts = [prompt for _, prompt in said]
    asked = [("coat", "red"), ("wall", "yellow"), ("dog", "green"), ("sky", "sky blue")]
    assert {f"the {word} is {color}" for word, color in asked} <= set(prompts)
    assert "the coat is red and the wall is sky blue" in prompts
    assert "the coat is sky blue and the wall is red" in prompts


def test_what_is_not_found_counts_with_the_automatic_picture(tar, said):
    said.localizer = Localizer(blind=("wall",))
    pairs, _, lines = said.measure(tar)
    wall = lines["wall"]
    assert wall["found"] == wall["outside"] == 0
    assert wall["wish"] == wall["automatic"]
    assert pairs["swap"] == 0.5, "coat and wall fail, sky and dog do not"


def test_color_outside_the_region_shows(tar, said, monkeypatch):
    monkeypatch.setattr(Painter, "spill", 4.0)
    assert said.measure(tar)[0]["outside"] == pytest.approx(4, abs=0.5)


def test_names_that_are_not_there_are_those_of_the_source_or_all(tar, said):
    """Source a labels coat, wall and dog, source b sky and dog: in photo a/1 the dog is missing, in photo b/1 nothing
    of its source is.
    """
    said.localizer = Localizer({"dog": 0.95})
    pairs, _, lines = said.measure(tar, no_color=True)
    assert pairs["auc"] == pytest.approx(1 / 8), (
        "the dog of a/1 looks surer than coat, wall and sky, and as sure as the dog of b/1"
    )
    assert pairs["auc_all"] == pytest.approx((3 * 3 + 3.5) / 16, abs=1e-4), (
        "sky is missing in a/1, too, coat and wall in b/1"
    )
    assert pairs["alarm"] == 1, "the one name of its source that a photo lacks, the dog of a/1, is said to be there"
    assert lines["coat"]["auc"] is None
    assert lines["coat"]["auc_all"] == 1
    assert lines["dog"]["auc"] == 0.5


def test_colors_stay_with_their_pairs_and_photos_are_spread(tar, said):
    assert said.measure(tar)[0]["n"] == 4
    before = set(said)
    said.clear()
    pairs, *_ = said.measure(tar, limit=1)
    assert (pairs["photos"], pairs["n"]) == (1, 2)
    assert set(said) <= before
    said.clear()
    pairs, *_ = said.measure(tar, no_color=True)
    assert not said
    assert [pairs[key] for key in ("wish", "outside", "swap", "swaps")] == [None, None, None, 0]


def test_words_held_out_of_training_count_alone(tar, tmp_path, said):
    table = tmp_path / "words.npz"
    np.savez(table, words=["dog", "cat", "sky"], vectors=np.eye(3, 512, dtype=np.float16))
    said.localizer = Localizer()
    _, _, lines = said.measure(tar, held_out=str(table))
    assert said.localizer.added["sky"][2] == 1
    assert list(lines) == ["dog", "sky"]
    assert "the sky is sky blue" in {prompt for _, prompt in said}, "in the color that it has among all"
    assert not [prompt for _, prompt in said if "coat" in prompt or "wall" in prompt]
    assert said.answer.protocol.endswith("map: dog, sky.")


def test_held_out_words_need_a_table_with_all_of_them(tmp_path):
    table = tmp_path / "words.npz"
    for told, save in (
        ("no vector for sky", lambda: np.savez(table, words=["dog"], vectors=np.zeros((1, 512)))),
        ("holds no words", lambda: np.savez(table, names=["dog"])),
        ("holds no words", lambda: np.save(table.open("wb"), np.zeros(3))),
        ("holds no words", lambda: table.write_text("dog")),
    ):
        save()
        with pytest.raises(ValueError, match=told):
            add_held_out(Localizer(), table)
    with pytest.raises(ValueError, match="holds no words"):
        add_held_out(Localizer(), tmp_path / "nosuch.npz")
    every = Localizer()
    every.held_out = ()
    np.savez(table, words=["dog"], vectors=np.zeros((1, 512)))
    with pytest.raises(ValueError, match="left no word out"):
        add_held_out(every, table)


def test_the_answer_is_json_and_a_table_with_its_protocol(tar, said):
    told = []
    said.measure(tar, Told(lambda done, of: told.append((done, of))))
    assert told == [(1, 2), (2, 2)]
    record = json.loads(json.dumps(said.answer.as_json()))
    assert (record["rows"][0]["pointing"], record["rows"][0]["pointing_se"]) == (1, 0)
    header, _, pairs, classes, *_, protocol = said.answer.text().splitlines()
    assert header.split()[:3] == ["n", "found", "false"]
    assert pairs.split()[:7] == ["all", "pairs", "4", "100.0", "±", "0.0", "%"]
    assert classes.startswith("all classes")
    assert "2% to 60%" in protocol
    said.measure(tar, no_color=True)
    assert "to the wish" not in said.answer.text()
    assert "Swap" not in said.answer.text()


def test_heat_maps_are_pictures_of_the_photo_s_size(tar, said):
    told = Told(keep=2)
    said.measure(tar, told, no_color=True)
    assert len(told.pictures) == 2
    assert all(", IoU " in title for ((title, _),) in told.pictures)
    with LabelledPhotos(tar) as photos:
        photo, mask = photos.photo("a/1"), photos.labels("a/1") == 1
    picture = heat_picture(photo, torch.from_numpy(mask[2::4, 2::4].astype(np.float32))[None, None], mask)
    assert (picture.shape, picture.dtype) == ((3, 40, 60), torch.uint8)
    assert picture[0, 20, 30] > picture[2, 20, 30] + 50, "the region is orange"
    assert torch.equal(picture[:, 0, 0], picture[:1, 0, 0].expand(3)), "what is cold stays gray"


def test_tars_without_regions_say_so(tmp_path, said):
    with pytest.raises(ValueError, match="regions of 2% to 60%"):
        said.measure(tar_of(tmp_path / "empty.tar", {"a/1": labels()}))
    for wrong in (tmp_path, tmp_path / "none.tar", __file__, tar_of(tmp_path / "plain.tar", {}, None)):
        with pytest.raises(ValueError, match="give a tar of photos"):
            said.measure(wrong)
    with pytest.raises(ValueError, match="one tar of labelled photos, not on 0"):
        measure("words", [])


def test_the_command_says_what_it_needs(tmp_path, capsys):
    for argv in ([str(tmp_path)], ["none.tar"], ["none.tar", "--json", "no/such/folder.json"]):
        assert main(["evaluate-text", *argv]) == 2
        said = capsys.readouterr()
        assert len(said.err.strip().splitlines()) == 1, said.err
        assert not said.out
    assert main(["evaluate-text", "none.tar", "--weights", "none.safetensors"]) == 1
    assert "none.safetensors" in capsys.readouterr().err
