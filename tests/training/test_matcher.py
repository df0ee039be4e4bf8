"""Training of the matcher: pairs are what they claim to be, a run learns where to look and whom to trust, and what it
writes can be used.
"""

import gzip
import json
import math
import random
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from torch.nn import functional as F

from tests.toys.network import Eye
from tests.toys.tars import add, encoded
from toolkit.cli import main
from toolkit.color import rgb_to_lab
from toolkit.models.encoder import CHANNELS
from toolkit.models.matcher import MatcherConfig, read_matcher
from toolkit.models.unet import UNet
from toolkit.training.data import Cache
from toolkit.training.pairs import SHARES, Pair, PairBatch, Pairs, recolor, turn
from toolkit.training.recipes.matcher import MatcherRecipe, huber
from toolkit.training.regions import Regions
from toolkit.training.sights import WINDOW, Sights, Window

COLORS = ((200, 60, 60), (60, 160, 60), (70, 90, 210), (200, 170, 40))  # one for each photo: a view tells whose it is
NAMES = ("fruit/0.png", "fruit/1.png", "sea/2.png", "sea/3.png")
CLASSES = {"1": "sky", "2": "dog", "3": "grass"}


def photo(color):
    """One color, lighter in the middle."""
    y, x = np.mgrid[-1:1:256j, -1:1:320j]
    light = 0.7 + 0.3 * np.exp(-3 * (x**2 + y**2))
    return torch.from_numpy((light * np.array(color)[:, None, None]).astype(np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six photos with what is on them, and a tar of three labelled ones: sky above grass, and a dog."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "photos").mkdir()
    rng = np.random.default_rng(0)
    with gzip.open(folder / "words.jsonl.gz", "wt") as lines:
        for i in range(6):
            shapes = Image.fromarray(rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)).resize(
                (80, 60), Image.Resampling.NEAREST
            )
            shapes.save(folder / "photos" / f"{i}.png")
            lines.write(json.dumps({"name": f"photos/{i}.png", "words": ["thing"]}) + "\n")
    with tarfile.open(folder / "toy.tar", "w") as tar:
        add(tar, "classes.json", json.dumps(CLASSES).encode())
        for i in range(3):
            rgb, labels = np.zeros((96, 96, 3), np.uint8), np.full((96, 96), 3, np.uint8)
            rgb[:] = (60, 120, 50)
            rgb[:40], labels[:40] = (120 + 10 * i, 190, 240), 1
            rgb[50:90, 30:70], labels[50:90, 30:70] = (150, 100 + 10 * i, 60), 2
            add(tar, f"voc2012/{i}.webp", encoded(Image.fromarray(rgb), "WEBP", quality=90))
            add(tar, f"voc2012/{i}.png", encoded(Image.fromarray(labels), "PNG"))
    return folder


@pytest.fixture(scope="module")
def sights(tmp_path_factory):
    torch.manual_seed(0)
    sights = Sights(Cache(tmp_path_factory.mktemp("views"), [photo(color) for color in COLORS]), UNet().eval())
    sights.fill(Eye())
    return sights


@pytest.fixture(scope="module")
def labelled(folder):
    torch.manual_seed(0)
    sights = Sights(Regions(folder / "toy.tar", folder / "regions", 2), UNet().eval())
    sights.fill(Eye())
    return sights


def hue_of(color):
    return F.normalize(rgb_to_lab(torch.tensor(color).view(1, 3, 1, 1) / 255)[0, 1:, 0, 0], dim=0)


def whose(sight):
    """The number of the photo, by its hue."""
    return int((torch.stack([hue_of(color) for color in COLORS]) @ F.normalize(sight.true.mean(0), dim=0)).argmax())


@pytest.mark.slow
def test_a_view_has_everything_in_its_place_and_is_made_once(sights, labelled):
    for some in (sights, labelled):
        for views in range(2):
            sight = some.sight(1, views, random.Random(0))
            assert torch.allclose(50 * sight.light, sight.tokens[:, 0], atol=0.2), "the eye sees lightness"
            assert sight.automatic.shape == sight.true.shape == (len(sight.tokens), 2)
            columns, rows = (int(n) + 1 for n in sight.xy.amax(0))
            assert len(sight.tokens) == rows * columns
            assert max(rows, columns) <= WINDOW
            assert sight.doubt.min() >= 0
            assert sight.doubt.max() <= 1
    small = sorted(sights.views.folder.glob("*.small.safetensors"))
    written = [file.stat().st_mtime_ns for file in small]
    sights.fill(Eye())
    assert len(small) == 2
    assert [file.stat().st_mtime_ns for file in small] == written


def test_labels_lie_where_the_things_are(labelled):
    for view in range(2):
        sight = labelled.sight(0, view, random.Random(1))
        blue, green = (sight.true[sight.labels == value].mean(0) for value in (1, 3))
        assert blue[1] < -15
        assert green[1] > 15
    assert set(labelled.labels(0, 0).unique().tolist()) <= {0, 1, 2, 3}


def test_itself_is_one_photo_and_other_is_two(sights):
    pairs, draw = Pairs(sights, NAMES), random.Random(0)
    for _ in range(12):
        pair = pairs.pair(draw, "itself")
        assert whose(pair.target) == whose(pair.source)
        assert pair.target.tokens.shape != pair.source.tokens.shape or not torch.equal(
            pair.target.tokens, pair.source.tokens
        ), "two views"
        pair = pairs.pair(draw, "other")
        assert whose(pair.target) != whose(pair.source)


def test_same_shares_a_word_and_the_folder(sights):
    words = {"fruit/0.png": {"apple"}, "fruit/1.png": {"apple"}, "sea/2.png": {"apple", "boat"}, "sea/3.png": {"gull"}}
    pairs, draw = Pairs(sights, NAMES, words), random.Random(0)
    for _ in range(12):
        pair = pairs.pair(draw, "same")
        assert {whose(pair.target), whose(pair.source)} == {0, 1}


def test_the_most_alike_of_a_folder_are_preferred(sights):
    everywhere = ["x/" + name[-5:] for name in NAMES]
    words = {name: {"thing", "apple"} if i in (0, 2) else {"thing"} for i, name in enumerate(everywhere)}
    pairs, draw = Pairs(sights, everywhere, words), random.Random(0)
    apples = [whose(pair.source) for pair in (pairs.pair(draw, "same") for _ in range(60)) if whose(pair.target) == 0]
    assert apples.count(2) == len(apples) > 5


def test_turned_turns_truth_and_reference_alike_and_nothing_else(sights):
    assert torch.allclose(
        turn(sights.sight(0, 0, random.Random(0)), 0.0).true, sights.sight(0, 0, random.Random(0)).true, atol=1e-5
    )
    pairs, angles = Pairs(sights, NAMES), []
    for seed in range(6):
        plain, turned = (pairs.pair(random.Random(seed), kind) for kind in ("itself", "turned"))
        by = []
        for before, after in ((plain.target, turned.target), (plain.source, turned.source)):
            assert torch.equal(before.tokens, after.tokens)
            assert torch.equal(before.automatic, after.automatic)
            old, new = (torch.view_as_complex(sight.true.contiguous()) for sight in (before, after))
            assert torch.allclose(old.abs(), new.abs(), atol=1e-3)
            by.append(((new / old) / (new / old).abs()).mean())
        assert by[0].abs() == pytest.approx(1, abs=1e-3), "one angle for the whole photo"
        assert torch.allclose(by[0], by[1], atol=1e-3), "and for both"
        angles.append(float(by[0].angle()))
    assert max(angles) - min(angles) > 1


def test_recolored_changes_the_things_that_both_show_and_nothing_else(sights, labelled):
    pairs, changed_classes = Pairs(sights, NAMES, labelled=labelled), set()
    for seed in range(8):
        plain, new = (pairs.pair(random.Random(seed), kind) for kind in ("class", "recolored"))
        assert plain.classes == new.classes
        changed = []
        for before, after in ((plain.target, new.target), (plain.source, new.source)):
            assert torch.equal(before.tokens, after.tokens)
            assert torch.equal(before.automatic, after.automatic)
            assert set(plain.classes) <= set(before.labels.tolist())
            moved = (before.true != after.true).any(1)
            changed.append(
                {int(value): after.true[before.labels == value].mean(0) for value in before.labels[moved].unique()}
            )
            assert all(moved[before.labels == value].float().mean() > 0.9 for value in changed[-1])
        assert set(changed[0]) == set(changed[1]) <= set(plain.classes)
        assert 1 <= len(changed[0]) <= max(1, len(plain.classes) // 2)
        for value, ab in changed[0].items():
            assert torch.allclose(ab, changed[1][value], atol=0.1), "the same color in both"
            assert ab.norm() > 11
        changed_classes |= set(changed[0])
    assert len(changed_classes) > 1


def test_a_new_color_keeps_half_of_the_differences():
    sight = toy(torch.tensor([1, 1, 2, 2]))
    new = recolor(sight, 2, (30.0, -10.0))
    assert torch.equal(new.true[:2], sight.true[:2])
    assert torch.allclose(new.true[2:].mean(0), torch.tensor([30.0, -10.0]), atol=1e-4)
    assert torch.allclose(new.true[2] - new.true[3], 0.5 * (sight.true[2] - sight.true[3]), atol=1e-4)


def test_kinds_come_as_often_as_they_shall_and_those_without_material_not_at_all(sights, labelled):
    assert set(Pairs(sights, NAMES).kinds) == {"itself", "turned", "other"}
    words = dict.fromkeys(NAMES, frozenset({"thing"}))
    pairs = Pairs(sights, NAMES, words, labelled)
    assert pairs.kinds == SHARES
    batch = next(pairs.batches(100, seed=0))
    kinds = [pair.kind for pair in batch.pairs]
    assert set(kinds) == set(SHARES)
    again = next(pairs.batches(100, seed=0))
    assert kinds == [pair.kind for pair in again.pairs]
    assert all(torch.equal(a.source.true, b.source.true) for a, b in zip(batch.pairs, again.pairs, strict=True))


def toy(things, seed=0):
    """Places of known things: each has its token, and its color. What the tokens have most of says nothing about the
    thing.
    """
    generator, P = torch.Generator().manual_seed(seed), len(things)
    kinds, moods = torch.randn(9 + 8, CHANNELS, generator=torch.Generator().manual_seed(7)).split((9, 8))
    tokens = 0.5 * kinds[things] + torch.randn(P, 8, generator=generator) @ moods
    angle = things * (2 * math.pi / 8)
    true = 40 * torch.stack([angle.cos(), angle.sin()], 1) + torch.randn(P, 2, generator=generator)
    side = int(P**0.5)
    xy = torch.cartesian_prod(torch.arange(float(side)), torch.arange(float(side))).flip(1)
    return Window(tokens, torch.zeros(P, 2), true, torch.ones(P), torch.full((P,), 0.5), things, xy)


def test_a_run_learns_to_find_and_whom_to_trust():
    generator = torch.Generator().manual_seed(1)
    here, there, elsewhere = (
        torch.randint(low, high, (36,), generator=generator) for low, high in ((1, 5), (1, 5), (5, 9))
    )
    # the automatic color is the truth of what corresponds to nothing
    gray = replace(toy(here, 1), true=torch.zeros(36, 2))
    pairs = [
        Pair(toy(here), toy(there, 1), "itself"),
        Pair(toy(here, 2), toy(there, 3), "recolored", (1, 2, 3, 4)),
        Pair(gray, toy(elsewhere, 2), "other"),
    ]
    recipe = MatcherRecipe(
        torch.cat([pair.target.tokens for pair in pairs]), pairs, MatcherConfig(width=32, key=16, judge=16)
    )
    groups = recipe.groups()
    assert sum(len(group["params"]) for group in groups) == len(list(recipe.module.parameters()))
    assert [group.get("times", 1) > 1 for group in groups] == [False, True]
    optimizer = torch.optim.AdamW([{"params": group["params"], "lr": 3e-3 * group.get("times", 1)} for group in groups])
    with torch.inference_mode():
        before, _ = recipe.validate(recipe.module)
    first = None
    for _ in range(40):
        losses = recipe.loss(recipe.module, PairBatch(tuple(pairs)), 0.0)
        first = first or {name: float(value.detach()) for name, value in losses.items()}
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    assert {"loss_color", "loss_matched", "loss_classes"} <= set(losses)
    for name, value in losses.items():
        assert float(value.detach()) < 0.6 * first[name], name
    with torch.inference_mode():
        after, sheet = recipe.validate(recipe.module)
    assert after["val_itself"] < 0.2 < before["val_itself"]
    assert after["val_other_trust"] < 0.3 < 0.7 < after["val_itself_trust"]
    assert sheet.shape[0] == 3
    assert sheet.std() > 0.05


def test_what_the_reference_does_not_show_is_not_meant_to_change():
    target, source = toy(torch.tensor([1] * 8 + [2] * 8)), toy(torch.tensor([1] * 8 + [3] * 8), 1)
    recipe = MatcherRecipe(target.tokens, config=MatcherConfig(width=16, key=8, judge=8))
    optimizer = torch.optim.AdamW(recipe.module.parameters(), lr=1e-2)
    for _ in range(70):
        losses = recipe.loss(recipe.module, PairBatch((Pair(target, source, "recolored", (1,)),)), 0.0)
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    keys = [recipe.module.read(sight.tokens) for sight in (target, source)]
    meant = recipe.module.match(target.as_target(keys[0]), source.as_source(keys[1])).meant.sigmoid()
    assert meant[:8].mean() > 0.7
    assert meant[8:].mean() < 0.4
    assert "loss_strange" not in recipe.loss(recipe.module, PairBatch((Pair(target, target, "class", (1, 2)),)), 0.0)


def test_keys_begin_with_what_the_encoder_finds_alike():
    things, generator = torch.arange(8).repeat(8), torch.Generator().manual_seed(0)
    tokens = torch.randn(8, CHANNELS, generator=generator)[things] + 0.3 * torch.randn(
        64, CHANNELS, generator=generator
    )
    matcher = MatcherRecipe(tokens, config=MatcherConfig(width=32, key=16)).module
    keys = matcher.read(tokens).detach()
    alike = things[:, None] == things
    likeness = keys @ keys.T
    assert likeness[alike].mean() > 0.7
    assert likeness[~alike].mean() < 0.2


def test_huber_is_square_then_linear_and_adds_a_and_b():
    zero = torch.zeros(1, 2)
    assert huber(zero + torch.tensor([10.0, 0.0]), zero).item() == pytest.approx(0.125)  # (10 / 20)² / 2
    assert huber(zero + 60, zero).item() == pytest.approx(5.0)  # twice 60 / 20 - 1/2


@pytest.mark.slow
def test_photos_become_weights_that_load(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    argv = [
        "train",
        "matcher",
        "--data",
        "photos",
        "--regions",
        "toy.tar",
        "--captions",
        "words.jsonl.gz",
        "--device",
        "cpu",
    ]
    assert main([*argv, "--steps", "2", "--out", "run"]) == 0
    assert "measure borrowing" in capsys.readouterr().out
    file = folder / "run" / "checkpoint.safetensors"
    with safe_open(file, "pt") as opened:
        assert opened.metadata()["architecture"] == "matcher"
    matcher = read_matcher(str(file))
    assert torch.isfinite(matcher.read(torch.randn(3, CHANNELS))).all()
    last = json.loads((folder / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert {"step", "loss_color", "val_itself", "val_turned"} <= set(last)
    assert (folder / "run" / "sheet-000002.png").stat().st_size > 1000
    with gzip.open(folder / "others.jsonl.gz", "wt") as lines:
        lines.write(json.dumps({"name": "elsewhere.jpg", "words": ["thing"]}))
    others = [
        "train",
        "matcher",
        "--data",
        "photos",
        "--captions",
        "others.jsonl.gz",
        "--device",
        "cpu",
        "--cache",
        "run/cache",
        "--out",
        "second",
    ]
    for more, said in (([*others, "--steps", "2"], "names"), ([*argv, "--views", "1", "--out", "third"], "--views 2")):
        assert main(more) == 2
        error = capsys.readouterr().err.strip().splitlines()
        assert said in error[-1]
