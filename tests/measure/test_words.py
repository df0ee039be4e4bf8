import io
import json
import math
import re
import tarfile
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import mannwhitneyu
from toolkit.measure.studies.word_scores import area_under_curve, text_table

from toolkit.cli import main
from toolkit.color import hex_to_lab, in_gamut, lab_to_rgb
from toolkit.guidance import Guidance, Hint
from toolkit.measure.labelled import LabelledPhotos
from toolkit.measure.studies import words as module
from toolkit.measure.studies.words import COLORS, TextSetup, add_held_out, compare, evaluate_text, heat_picture, wished

CLASSES = {"1": "coat", "2": "wall", "3": "dog", "4": "sky"}
GRAYS = {0: 40, 1: 145, 2: 100, 3: 180, 4: 210}  # of the photos below, by class: so that a painter can see what belongs together


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
    files = {} if classes is None else {"classes.json": json.dumps(classes).encode()}
    for name, array in scenes.items():
        photo = np.vectorize(GRAYS.get)(array).astype(np.uint8)[..., None].repeat(3, 2)
        for suffix, picture, kind in ((".webp", photo, {"format": "WEBP", "lossless": True}), (".png", array, {"format": "PNG"})):
            stream = io.BytesIO()
            Image.fromarray(picture).save(stream, **kind)
            files[name + suffix] = stream.getvalue()
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


class Localizer:
    """Sees everything that is there, a quarter of the size; is 0.9 sure of what is there and 0.1 of the rest, unless told otherwise."""

    held_out = ("dog", "sky")

    def __init__(self, sure=None, blind=()):
        self.sure, self.blind, self.added = sure or {}, blind, {}

    def look(self, session):
        self.there = SCENES[session.photo.name.removesuffix(".webp")]
        return self

    def names(self, least=0.5):
        return [(word, self.find(word).confidence) for word in ("coat", "wall")]  # what else there is has to be asked for

    def find(self, noun):
        value = next(int(value) for value, word in CLASSES.items() if word == noun)
        there = bool((self.there == value).any())
        heat = torch.from_numpy((self.there == value)[2::4, 2::4].astype(np.float32))[None, None]
        present = noun not in self.blind and (there or noun in self.sure)
        return SimpleNamespace(confidence=self.sure.get(noun, 0.9 if there else 0.1), present=present, heat=heat)

    def add_words(self, names, vectors):
        self.added = dict(zip(names, vectors, strict=True))


class Painter:
    """A session whose automatic result is (a, b) = (3, 3), and whose hints color everything of the hint's own gray, and a little of the rest."""

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


@pytest.fixture
def said(monkeypatch):
    """Fakes in place, and the sentences that were compiled."""
    sentences = []

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
    mean = area_under_curve(present, absent)
    assert mean.mean == pytest.approx(mannwhitneyu(present, absent).statistic / (40 * 300), abs=1e-4)
    drawn = [area_under_curve(rng.normal(1, 1, 40), rng.normal(0, 1, 300)).mean for _ in range(300)]
    assert mean.se == pytest.approx(np.std(drawn), rel=0.3)
    assert area_under_curve([0.9, 0.8], [0.1, 0.2]).mean == 1
    assert area_under_curve([0.5], [0.5]).mean == 0.5
    assert area_under_curve([0.5], [0.5]).se is None
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
    score, pictures = evaluate_text(tar, Localizer(), TextSetup())
    assert (score.photos, score.pairs.n, score.classes.n, pictures) == (2, 4, 4, [])
    assert [line.name for line in score.by_class] == ["coat", "dog", "sky", "wall"]
    assert (score.pairs.pointing.mean, score.pairs.found.mean, score.pairs.auc.mean, score.pairs.auc_all.mean) == (1, 1, 1, 1)
    assert score.pairs.alarm.mean == 0
    assert score.pairs.centre.mean == 0.25, "only the coat is in the middle"
    assert score.pairs.iou.mean > 0.9
    assert score.pairs.uniform.mean == pytest.approx(np.mean([480, 640, 1200, 144]) / 2400, abs=1e-4)
    assert score.pairs.wish.mean < 0.25 * score.pairs.automatic.mean
    assert score.pairs.to_name.mean < 0.6, "that is what this painter paints"
    assert score.pairs.automatic.mean > 10
    assert score.pairs.outside.mean == 0
    assert (score.swap.mean, score.swaps) == (1, 2)
    prompts = [prompt for _, prompt in said]
    asked = [("coat", "red"), ("wall", "yellow"), ("dog", "green"), ("sky", "sky blue")]
    assert {f"the {word} is {color}" for word, color in asked} <= set(prompts)
    assert "the coat is red and the wall is sky blue" in prompts
    assert "the coat is sky blue and the wall is red" in prompts


def test_what_is_not_found_counts_with_the_automatic_picture(tar, said):
    score, _ = evaluate_text(tar, Localizer(blind=("wall",)), TextSetup())
    wall = next(line for line in score.by_class if line.name == "wall")
    assert wall.found.mean == 0
    assert wall.wish == wall.automatic
    assert wall.outside.mean == 0
    assert score.swap.mean == 0.5, "coat and wall fail, sky and dog do not"


def test_color_outside_the_region_shows(tar, said, monkeypatch):
    monkeypatch.setattr(Painter, "spill", 4.0)
    score, _ = evaluate_text(tar, Localizer(), TextSetup())
    assert score.pairs.outside.mean == pytest.approx(4, abs=0.5)


def test_names_that_are_not_there_are_those_of_the_source_or_all(tar, said):
    """Source a labels coat, wall and dog, source b sky and dog: in photo a/1 the dog is missing, in photo b/1 nothing of its source is."""
    score, _ = evaluate_text(tar, Localizer({"dog": 0.95}), TextSetup(color=False))
    assert score.pairs.auc.mean == pytest.approx(1 / 8), "the dog of a/1 looks surer than coat, wall and sky, and as sure as the dog of b/1"
    assert score.pairs.auc_all.mean == pytest.approx((3 * 3 + 3.5) / 16, abs=1e-4), "sky is missing in a/1, too, coat and wall in b/1"
    assert score.pairs.alarm.mean == 1, "the one name of its source that a photo lacks, the dog of a/1, is said to be there"
    by_name = {line.name: line for line in score.by_class}
    assert by_name["coat"].auc is None
    assert by_name["coat"].auc_all.mean == 1
    assert by_name["dog"].auc.mean == 0.5


def test_colors_stay_with_their_pairs_and_photos_are_spread(tar, said):
    whole, _ = evaluate_text(tar, Localizer(), TextSetup())
    before = set(said)
    said.clear()
    score, _ = evaluate_text(tar, Localizer(), TextSetup(limit=1))
    assert (score.photos, score.pairs.n, whole.pairs.n) == (1, 2, 4)
    assert set(said) <= before
    said.clear()
    score, _ = evaluate_text(tar, Localizer(), TextSetup(color=False))
    assert not said
    assert (score.pairs.wish, score.pairs.outside, score.swap, score.swaps) == (None, None, None, 0)


def test_words_held_out_of_training_count_alone(tar, tmp_path, said):
    table = tmp_path / "words.npz"
    np.savez(table, words=["dog", "cat", "sky"], vectors=np.eye(3, 512, dtype=np.float16))
    localizer = Localizer()
    words = add_held_out(localizer, table)
    assert words == {"dog", "sky"}
    assert localizer.added["sky"][2] == 1
    score, _ = evaluate_text(tar, localizer, TextSetup(words=words))
    assert [line.name for line in score.by_class] == ["dog", "sky"]
    assert score.held_out == ("dog", "sky")
    assert "the sky is sky blue" in {prompt for _, prompt in said}, "in the color that it has among all"
    assert not [prompt for _, prompt in said if "coat" in prompt or "wall" in prompt]
    assert score.protocol.endswith("map: dog, sky.")


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


def test_the_score_is_json_and_a_table_with_its_protocol(tar, said):
    told = []
    score, _ = evaluate_text(tar, Localizer(), TextSetup(), progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
    record = json.loads(json.dumps(asdict(score)))
    assert record["pairs"]["pointing"] == {"mean": 1, "se": 0}
    text = text_table(score)
    header, _, pairs, classes, *rest = text.splitlines()
    assert header.split()[:3] == ["n", "found", "%"]
    assert pairs.split()[:4] == ["all", "pairs", "4", "100.0±0.0"]
    assert classes.startswith("all classes")
    assert rest[-2] == "Colors swapped with the words in 100% of 2 sentences about two things."
    assert "2% to 60%" in rest[-1]
    plain = text_table(evaluate_text(tar, Localizer(), TextSetup(color=False))[0])
    assert "to wish" not in plain
    assert "Swap" not in plain


def test_heat_maps_are_pictures_of_the_photo_s_size(tar, said):
    _, pictures = evaluate_text(tar, Localizer(), TextSetup(color=False), keep=2)
    assert [title for title, _ in pictures] == ["coat 0.90, IoU 1.00", "sky 0.90, IoU 1.00"] or len(pictures) == 2
    with LabelledPhotos(tar) as photos:
        photo, mask = photos.photo("a/1"), photos.labels("a/1") == 1
    picture = heat_picture(photo, torch.from_numpy(mask[2::4, 2::4].astype(np.float32))[None, None], mask)
    assert (picture.shape, picture.dtype) == ((3, 40, 60), torch.uint8)
    assert picture[0, 20, 30] > picture[2, 20, 30] + 50, "the region is orange"
    assert torch.equal(picture[:, 0, 0], picture[:1, 0, 0].expand(3)), "what is cold stays gray"


def test_tars_without_regions_say_so(tmp_path, said):
    with pytest.raises(ValueError, match="no region of 2% to 60%"):
        evaluate_text(tar_of(tmp_path / "empty.tar", {"a/1": labels()}), Localizer(), TextSetup())
    with pytest.raises(ValueError, match="no region"):
        evaluate_text(tar_of(tmp_path / "regions.tar", SCENES), Localizer(), TextSetup(words=frozenset({"cat"})))
    for wrong in (tmp_path, tmp_path / "none.tar", __file__, tar_of(tmp_path / "plain.tar", {}, None)):
        with pytest.raises(ValueError, match="give a tar of photos"):
            evaluate_text(wrong, Localizer(), TextSetup())


def test_the_command_says_what_it_needs(tmp_path, capsys):
    for argv in ([str(tmp_path)], ["none.tar"], ["none.tar", "--json", "no/such/folder.json"]):
        assert main(["evaluate-text", *argv]) == 2
        said = capsys.readouterr()
        assert len(said.err.strip().splitlines()) == 1, said.err
        assert not said.out
    assert main(["evaluate-text", "none.tar", "--weights", "none.safetensors"]) == 1
    assert "none.safetensors" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate-text", "--help"])
    assert "python -m toolkit evaluate-text regions-val.tar" in capsys.readouterr().out
