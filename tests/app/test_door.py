"""The door: what a page may name, and what it may not."""

from pathlib import Path
from typing import Any

import pytest

from demos.desks.samples import sample_at, samples
from demos.gate import door
from toolkit.photo import PhotoError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's upload folder, with one file in it, and a private one beside it."""
    (tmp_path / "private.png").write_bytes(b"secret")
    uploads = tmp_path / "uploads"
    (uploads / "hash").mkdir(parents=True)
    (uploads / "hash" / "photo.png").write_bytes(b"photo")
    (uploads / "link.png").symlink_to(tmp_path / "private.png")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(uploads))
    return uploads


def test_an_upload_is_let_in_with_or_without_what_gradio_adds(folder: Path) -> None:
    path = folder / "hash" / "photo.png"
    for value in ({"path": str(path)}, {"path": str(path), "meta": {"_type": "gradio.FileData"}}):
        assert door.uploaded(value).read_bytes() == b"photo"


def test_a_link_to_the_upload_folder_is_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder.parent / "other"
    other.symlink_to(folder)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(other))
    assert door.uploaded({"path": str(other / "hash" / "photo.png")}).read_bytes() == b"photo"


@pytest.mark.parametrize(
    "path",
    ["../private.png", "hash/../../private.png", "link.png", "hash", "hash/none.png", ".", "/etc/passwd",
     "/nowhere/at/all", "http://127.0.0.1/x.png",
     "~/.ssh/id_rsa", "a\0b", "", 5, None, ["x"]],
)  # fmt: skip
@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_whatever_else_is_named_gets_the_same_words(folder: Path, path: Any, meta: dict[str, Any]) -> None:
    value = {
        "path": str(folder / path) if isinstance(path, str) and "/" not in path[:1] and "http" not in path else path
    } | meta
    with pytest.raises(PhotoError) as refused:
        door.uploaded(value)
    assert str(refused.value) == door.NO_PHOTO
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("value", [None, {}, [], "path", 5])
def test_what_is_no_file_gets_the_same_words(folder: Path, value: Any) -> None:
    with pytest.raises(PhotoError, match=door.NO_PHOTO):
        door.uploaded(value)
    assert door.all_uploaded(value) == []


def test_of_a_list_only_the_uploads_are_taken(folder: Path) -> None:
    paths = [folder / "hash" / "photo.png", folder.parent / "private.png", folder / "link.png"]
    assert door.all_uploaded([{"path": str(path)} for path in paths]) == [paths[0].resolve()]


@pytest.mark.parametrize("name", ["unet", "vit-hint"])
def test_a_name_on_the_list_is_taken(name: str) -> None:
    assert door.one_of(name, ("unet", "vit-hint")) == name


@pytest.mark.parametrize("name", ["/srv/weights.safetensors", "UNET", "", None, 5, ["unet"], {"unet": 1}])
def test_any_other_name_is_refused_in_words_that_do_not_repeat_it(name: Any) -> None:
    with pytest.raises(ValueError, match="cannot be read; reload it") as refused:
        door.one_of(name, ("unet", "vit-hint"))
    assert "safetensors" not in str(refused.value)
    with pytest.raises(ValueError, match="cannot be read"):
        door.some_of([name], ("unet",))


@pytest.mark.parametrize("value", ["x", [1], True, float("nan"), float("inf"), 1.01, -0.01, {}])
def test_a_dial_is_a_number_in_its_range(value: Any) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        door.number(value, 0, 1)
    assert door.number(1, 0, 1) == 1.0


def test_an_emptied_dial_is_told_as_such() -> None:
    with pytest.raises(ValueError, match="dial is empty"):
        door.number(None, 0, 1)


@pytest.mark.parametrize("place", [-1, 99, 1.5, "0", None, True])
def test_only_examples_that_are_there_can_be_chosen(place: Any) -> None:
    assert sample_at(0) is samples()[0]
    with pytest.raises(ValueError, match="cannot be read"):
        sample_at(place)
