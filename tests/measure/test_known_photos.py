"""Photos whose colors are known."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from toolkit.measure.photos import find_photos, open_truths
from toolkit.photo import Photo, open_photo


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


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
    memory = Photo.from_array(np.full((3, 4, 3), 7, np.uint8), "in-memory")
    ((name, read),) = find_photos([memory])
    assert name == "in-memory"
    assert torch.equal(open_photo(read()).rgb, memory.rgb)
    for nothing in (tmp_path / "none", tmp_path / "album/notes.txt"):
        with pytest.raises(ValueError, match="neither a folder"):
            list(find_photos([nothing]))


def test_truths_have_the_short_side_asked_for_and_what_is_no_truth_is_told():
    color = np.random.default_rng(0).integers(0, 256, (30, 45, 3), np.uint8)
    files = {
        "wide": png(color),
        "broken": b"no photo",
        "gray": png(color[..., 0]),
        "tall": png(color.transpose(1, 0, 2)),
    }
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


def test_a_strip_that_would_fill_the_memory_is_left_out_and_told():
    skipped = []
    rng = np.random.default_rng(0)
    strip, plain = (rng.integers(0, 256, shape, np.uint8) for shape in ((10, 400, 3), (10, 40, 3)))
    (kept,) = open_truths([("strip", lambda: png(strip)), ("plain", lambda: png(plain))], 64, skipped)
    assert kept.size == (256, 64)
    assert skipped == ["strip: is more than 12 times as long as wide; crop it to compare"]
