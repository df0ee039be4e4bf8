"""Training of the localizer: what goes in from labels and captions, that a run learns where a thing is, and that what
it writes can be used.
"""

import gzip
import json
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from tests.toys.tars import add, encoded
from toolkit.cli import main
from toolkit.models.encoder import load_encoder
from toolkit.text.localizer import WordHead, read_localizer
from toolkit.training.captions import choose_words, collect_words
from toolkit.training.recipes.localizer import LocalizerRecipe, calibrate
from toolkit.training.regions import CaptionBatch, RegionBatch, Regions, Words, close_look

CLASSES = {"1": "sky", "2": "dog", "3": "grass"}

pytestmark = pytest.mark.slow  # prepares regions with the real encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tar of six photos: sky above grass, and on the odd ones a dog of noise."""
    folder = tmp_path_factory.mktemp("labelled")
    rng = np.random.default_rng(0)
    with tarfile.open(folder / "toy.tar", "w") as tar:
        add(tar, "classes.json", json.dumps(CLASSES).encode())
        for i in range(6):
            rgb, labels = np.zeros((64, 96, 3), np.uint8), np.full((64, 96), 3, np.uint8)
            rgb[:] = (60, 120, 50)
            rgb[:30], labels[:30] = (150, 190, 240), 1
            if i % 2:
                rgb[34:58, 20:60], labels[34:58, 20:60] = rng.integers(0, 255, (24, 40, 3)), 2
            add(tar, f"voc2012/{i}.webp", encoded(Image.fromarray(rgb), "WEBP", quality=90))
            add(tar, f"voc2012/{i}.png", encoded(Image.fromarray(labels), "PNG"))
    words = np.array(["dog", "horse"])
    np.savez(folder / "clip.npz", words=words, vectors=rng.normal(size=(2, 512)).astype(np.float16))
    (folder / "photos").mkdir()
    lines = []
    for i in range(16):
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(folder / "photos" / f"{i}.png")
        lines.append(
            json.dumps({"name": f"photos/{i}.png", "captions": ["two puppies chase a horse"], "words": ["Dog"]})
        )
    with gzip.open(folder / "captions.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    return folder


def test_captions_become_nouns_with_what_they_are(folder):
    counts, said = collect_words(folder / "captions.jsonl.gz", {"dog"})
    assert counts["dog"] == 16
    assert counts["horse"] == 16
    assert all({"dog", "horse"} <= words for words in said.values())
    with pytest.raises(ValueError, match="cannot be read"):
        collect_words(folder / "clip.npz", set())


def test_words_are_the_classes_and_what_is_said_often(folder):
    regions = Regions(folder / "toy.tar", folder / "cache", 1)
    counts, _ = collect_words(folder / "captions.jsonl.gz", set(CLASSES.values()))
    words = choose_words(regions, counts, folder / "clip.npz")
    assert words.names[:3] == ("sky", "dog", "grass")
    assert "horse" in words.names
    assert words.clip[1].norm() == pytest.approx(1, abs=1e-3)
    assert not words.clip[0].any()
    assert words.taught().all()


def words_of(names):
    generator = torch.Generator().manual_seed(0)
    return Words(tuple(names), torch.nn.functional.normalize(torch.randn(len(names), 512, generator=generator), dim=1))


def test_batches_hold_what_the_source_can_say(folder):
    regions = Regions(folder / "toy.tar", folder / "cache2", 3)
    regions.fill(load_encoder())
    words = words_of(["sky", "dog", "grass", "horse"])
    for i in range(6):
        assert regions.view(0, i)["L"].shape == (384, 576), "the whole photo"
        h, w = regions.view(2, i)["L"].shape
        assert 256 <= min(h, w) <= 304
        assert w < 1.45 * h, "a close look is no longer as wide as the photo"
    batch = next(regions.batches(4, 0, words))
    assert batch.tokens.shape == (4, 1152, 16, 16)
    assert batch.labels.shape == (4, 64, 64)
    assert batch.sayable.tolist() == [[True, True, True, False]] * 4
    assert batch.known.all(), "in this source a 0 means none of its names"
    assert set(batch.labels.unique().tolist()) <= {0, 1, 2, 4}


def test_a_close_look_shows_the_thing_it_looks_at():
    labels = torch.zeros(1, 1, 200, 300)
    labels[..., 40:60, 100:120], labels[..., 60:160, 90:140] = 7, 9
    rgb = torch.rand(1, 3, 200, 300)
    for seed in range(20):
        near, marks = close_look(rgb, labels, {7}, torch.Generator().manual_seed(seed))
        assert near.shape[-2:] == marks.shape[-2:]
        assert marks.any()
        assert marks.numel() < 0.6 * labels.numel()
    assert close_look(rgb, torch.zeros_like(labels), {7}, torch.Generator().manual_seed(0))[0] is rgb


def test_the_loss_falls_where_places_look_like_their_words():
    words = words_of(["sky", "dog"])
    recipe = LocalizerRecipe(words)
    labels = torch.zeros(2, 64, 64, dtype=torch.long)
    labels[:, 32:] = 1
    tokens = torch.randn(1152, 2, generator=torch.Generator().manual_seed(1))[:, (labels[0, ::4, ::4])].expand(
        2, -1, -1, -1
    )
    batch = RegionBatch(
        torch.full((2, 1, 256, 256), 50.0),
        tokens,
        labels,
        torch.ones(2, 64, 64),
        torch.ones(2, 2, dtype=torch.bool),
        ({}, {}),
        CaptionBatch(tokens, torch.ones(2, 2)),
    )
    optimizer = torch.optim.AdamW(recipe.module.parameters(), lr=2e-3)
    first = None
    for _ in range(12):
        losses = recipe.loss(recipe.module, batch, 0.0)
        assert all(torch.isfinite(value) for value in losses.values())
        first = first or {name: float(value.detach()) for name, value in losses.items()}
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    for name in ("loss_coarse", "loss_among", "loss_point", "loss_dice", "loss_captions"):
        assert float(losses[name].detach()) < 0.8 * first[name], name


def test_calibration_puts_the_border_where_it_overlaps_best(folder):
    regions = Regions(folder / "toy.tar", folder / "cache2", 2)
    regions.fill(load_encoder())
    words = words_of(list(CLASSES.values()))
    torch.manual_seed(0)
    head = WordHead(3).eval()
    torch.nn.init.zeros_(head.common)  # a fresh head expects nothing anywhere
    found = calibrate(head, words, regions, range(6))
    assert found["regions"] >= 12
    assert 0 < found["iou"] <= 1
    assert torch.isfinite(head.presence).all()
    assert set((head.shift * 4).tolist()) <= set(range(-12, 13))


def test_a_tar_becomes_weights_that_find_words(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    argv = [
        "train",
        "localizer",
        "--data",
        "toy.tar",
        "--captioned",
        "photos",
        "--captions",
        "captions.jsonl.gz",
        "--clip",
        "clip.npz",
        "--hold-out",
        "1",
        "--views",
        "1",
        "--minutes",
        "0.02",
        "--device",
        "cpu",
        "--out",
        "run",
    ]
    assert main(argv) == 0
    assert "measure words" in capsys.readouterr().out
    localizer = read_localizer(str(folder / "run" / "localizer.safetensors"))
    assert localizer.words[:3] == ("sky", "dog", "grass")
    assert "horse" in localizer.words
    assert localizer.held_out == (), "only dog and horse have vectors, and counting begins with the third"


def test_captions_of_other_photos_are_refused(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    with gzip.open("others.jsonl.gz", "wt") as file:
        file.write(json.dumps({"name": "elsewhere.jpg", "words": ["dog"]}))
    argv = [
        "train",
        "localizer",
        "--data",
        "toy.tar",
        "--captioned",
        "photos",
        "--captions",
        "others.jsonl.gz",
        "--cache",
        "run/cache",
    ]
    assert main([*argv, "--views", "1", "--minutes", "0.02", "--device", "cpu", "--out", "third"]) == 2
    assert "names" in capsys.readouterr().err


@pytest.mark.parametrize("data", [["toy.tar", "toy.tar"], ["clip.npz"]])
def test_what_is_no_tar_with_labels_is_refused(folder, monkeypatch, capsys, data):
    monkeypatch.chdir(folder)
    assert main(["train", "localizer", "--data", *data, "--device", "cpu", "--out", "other"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
