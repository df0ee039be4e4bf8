import io
import json
import tarfile
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from toolkit.measure.evaluate import Setup, evaluate, find_photos, format_table, open_truths, score_table

from tests import EXAMPLES
from toolkit.measure import evaluate as module
from toolkit.measure.metrics import colorfulness, gray_psnr
from toolkit.models.base import Dials
from toolkit.photo import Photo

IN_COLOR = ("portrait-astronaut", "animals-two-dogs", "still-coffee", "landscape-mountains")


def colored(height=40, width=60, seed=0):
    return Photo.from_array(np.random.default_rng(seed).integers(30, 220, (height, width, 3), np.uint8))


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


class Pretender:
    """A session whose colors are the truth, or where told off by as many steps as its working size differs from 256."""

    off = False

    def __init__(self, photo, model, *, device="auto", size=256):
        self.photo, self.size = photo, size

    def encode(self):
        return None

    def at(self, size):
        return Pretender(self.photo, "", size=size)

    def colorize(self, *, dials, seed):
        rgb = self.photo.rgb.clone()
        if self.off:
            rgb[0] += self.size - 256
        self.rgb = rgb
        return self


@pytest.fixture
def pretender(monkeypatch):
    monkeypatch.setattr(module, "Session", Pretender)
    monkeypatch.setattr(Pretender, "off", False)
    return Pretender


def test_the_truth_scores_full_marks_and_gray_scores_what_gray_is_worth(pretender):
    photos = [colored(seed=1), colored(30, 50, seed=2)]
    (gray, best), _ = evaluate(photos, Setup())
    assert (gray.model, gray.vividness, gray.n, best.n) == ("gray", None, 2, 2)
    assert best.psnr == pytest.approx(100)
    assert best.ciede2000 == pytest.approx(0)
    assert best.colorfulness_ratio == pytest.approx(1)
    expected = [float(gray_psnr(p.rgb[None].float() / 255)) for p in photos]  # the same without 8 bits
    assert gray.psnr == best.gray_psnr == pytest.approx(np.mean(expected), abs=0.01)
    assert gray.psnr_se == pytest.approx(np.std(expected, ddof=1) / np.sqrt(2), abs=0.01)
    assert gray.colorfulness_ratio < 0.02


def test_colorfulness_is_a_ratio_of_means(pretender, monkeypatch):
    monkeypatch.setattr(Pretender, "off", True)
    photos = [colored(seed=1), colored(30, 50, seed=2)]
    results = [Pretender(p, "", size=300).colorize(dials=Dials(vividness=0), seed=0).rgb for p in photos]
    monkeypatch.setattr(module, "Session", lambda *a, **k: Pretender(a[0], "", size=300))
    (_, score), _ = evaluate(photos, Setup())
    means = [np.mean([float(colorfulness(r[None].float() / 255)) for r in pictures]) for pictures in (results, [p.rgb for p in photos])]
    assert score.colorfulness_ratio == pytest.approx(means[0] / means[1], abs=1e-3)


def test_colors_that_change_with_the_size_are_told(pretender, monkeypatch):
    steady = evaluate([colored()], Setup(sizes=(250, 256, 262)))[0][1]
    monkeypatch.setattr(Pretender, "off", True)
    fickle = evaluate([colored()], Setup(sizes=(250, 256, 262)))[0][1]
    assert steady.size_change == 0
    assert fickle.size_change > 1
    assert evaluate([colored()], Setup(sizes=(250,)))[0][1].size_change is None


def test_pictures_for_the_sheet_are_gray_then_models_then_truth(pretender):
    photos = [colored(seed=s) for s in range(3)]
    done = []
    scores, rows = evaluate(photos, Setup(vividness=(0.0, 1.0)), keep=2, progress=done.append)
    assert [(s.model, s.vividness) for s in scores] == [("gray", None), ("unet", 0.0), ("unet", 1.0)]
    assert done == [1, 2, 3]
    assert [len(row) for row in rows] == [4, 4]
    for photo, row in zip(photos, rows, strict=False):
        assert torch.equal(row[-1], photo.rgb)
        assert int((row[0].amax(0).int() - row[0].amin(0).int()).max()) <= 1


def test_no_photo_is_an_error():
    with pytest.raises(ValueError, match="no photo in color"):
        evaluate([], Setup())


def test_scores_are_json_and_a_table_with_their_protocol(pretender):
    scores, _ = evaluate([colored()], Setup(size=99))
    assert json.loads(json.dumps([asdict(s) for s in scores]))[1]["model"] == "unet"
    text = score_table(scores)
    assert "short side of 99 px" in text.splitlines()[-1]
    assert "lpips" not in text  # nobody measured it
    assert len([line for line in text.splitlines() if line.startswith(("gray", "unet"))]) == 2


def test_table_aligns():
    lines = format_table(["name", "n"], [["a", 7], ["long name", 1234.5]]).splitlines()
    assert [line.rstrip() for line in lines] == ["name             n", "------------------", "a                7", "long name  1234.50"]


def test_photos_are_found_in_folders_tars_and_as_files(tmp_path):
    picture = png(np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "album" / "deep").mkdir(parents=True)
    for name in ("album/b.png", "album/A.PNG", "album/deep/c.png"):
        (tmp_path / name).write_bytes(picture)
    (tmp_path / "album/notes.txt").write_text("no photo")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(tmp_path / "album/deep/c.png", "x/c.png")
        tar.add(tmp_path / "album/notes.txt", "x/notes.txt")
    found = list(find_photos([tmp_path / "album", tmp_path / "album/b.png"]))
    assert [name for name, _ in found] == ["A.PNG", "b.png", "deep/c.png", "b.png"]
    assert all(read() == picture for _, read in found)
    assert [(name, read()) for name, read in find_photos([tmp_path / "photos.tar"])] == [("x/c.png", picture)]
    for nothing in (tmp_path / "none", tmp_path / "album/notes.txt"):
        with pytest.raises(ValueError, match="neither a folder"):
            list(find_photos([nothing]))


def test_truths_have_the_short_side_asked_for_and_what_is_no_truth_is_told():
    color = np.random.default_rng(0).integers(0, 256, (30, 45, 3), np.uint8)
    files = {"wide": png(color), "broken": b"no photo", "gray": png(color[..., 0]), "tall": png(color.transpose(1, 0, 2))}
    sources = [(name, lambda data=data: data) for name, data in files.items()]
    skipped: list[str] = []
    photos = list(open_truths(sources, 20, skipped))
    assert [(p.name, p.size) for p in photos] == [("wide", (30, 20)), ("tall", (20, 30))]
    assert [line.split(":")[0] for line in skipped] == ["broken", "gray"]


def test_a_sepia_photo_keeps_its_truth():
    ramp = np.linspace(20, 200, 64)[None, :, None].repeat(64, 0)
    sepia = (ramp * np.array([1.2, 1.0, 0.75])).clip(0, 255).astype(np.uint8)
    (truth,) = open_truths([("wood", lambda: png(sepia))], 64, [])
    assert truth.tone == "color"
    assert np.array_equal(truth.rgb.permute(1, 2, 0).numpy(), sepia)


def test_a_real_model_is_measured_through_the_public_pipeline():
    (gray, score), _ = evaluate([colored(64, 64)], Setup(lpips=True, sizes=(32, 64)))
    assert score.seconds > 0 == gray.seconds
    assert all(np.isfinite([score.psnr, score.ciede2000, score.lpips, score.size_change]))
    again = evaluate([colored(64, 64)], Setup())[0][1]
    assert (again.psnr, again.colorfulness_ratio) == (score.psnr, score.colorfulness_ratio)


@pytest.mark.slow
def test_the_shipped_weights_beat_gray_on_the_examples():
    sources = [(name, (EXAMPLES / f"{name}.jpg").read_bytes) for name in IN_COLOR]
    skipped: list[str] = []
    scores, _ = evaluate(open_truths(sources, 256, skipped), Setup(vividness=(0.5,)))
    assert not skipped
    assert scores[1].n == len(IN_COLOR)
    assert scores[1].psnr > scores[0].psnr


def test_a_strip_that_would_fill_the_memory_is_left_out_and_told():
    skipped = []
    rng = np.random.default_rng(0)
    strip, plain = (rng.integers(0, 256, shape, np.uint8) for shape in ((10, 400, 3), (10, 40, 3)))
    (kept,) = open_truths([("strip", lambda: png(strip)), ("plain", lambda: png(plain))], 64, skipped)
    assert kept.size == (256, 64)
    assert skipped == ["strip: is more than 12 times as long as wide; crop it to compare"]
