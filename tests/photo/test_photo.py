"""toolkit.photo: whatever is thrown at the door gives a right picture or one sentence; what leaves is exact, anonymous
and never half written.
"""

import importlib.util
import io
import os
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, JpegImagePlugin
from torch import Tensor

from tests import EXAMPLES
from tests.toys import nasty
from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.measure import metrics
from toolkit.photo import Photo, PhotoError, color_layer, encode_photo, open_photo, save_layer, save_photo

CASES = nasty.cases()
NOTE = "colorized by model unet; plausible colors, not historical record"


def pixels(photo: Photo) -> np.ndarray:
    return photo.rgb.permute(1, 2, 0).numpy()


def tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def refusal(source: object, **options: object) -> str:
    with pytest.raises(PhotoError) as caught:
        open_photo(source, **options)  # type: ignore[arg-type]
    return sentence(caught.value)


def sentence(error: PhotoError) -> str:
    text = str(error)
    assert text.isprintable()
    assert text.endswith(".")
    assert ": " in text, f"says what is wrong, but not what to do: {text}"
    return text


@pytest.fixture
def picture() -> Tensor:
    return tensor(nasty.reference())


def test_there_are_many_nasty_files() -> None:
    assert len(CASES) >= 45
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.encode("ascii", "backslashreplace").decode())
def test_a_nasty_file_gives_the_right_picture_or_one_sentence(case: nasty.Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if case.picture is None:
            text = refusal(path)
            assert case.says in text
            assert case.name in text
            return
        photo = open_photo(path)
    assert photo.rgb.dtype == torch.uint8
    assert photo.size == (photo.width, photo.height) == case.picture.shape[1::-1]
    assert np.abs(pixels(photo).astype(int) - case.picture).max() <= case.tolerance


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_a_file_with_wrong_bits_opens_or_is_refused(format: str) -> None:
    good = np.frombuffer(nasty.written(nasty.reference(), format), np.uint8)
    random = np.random.default_rng(5)
    for _ in range(40):
        bad = good.copy()
        bad[random.integers(0, min(len(bad), 400), 6)] = random.integers(0, 256, 6)
        try:
            photo = open_photo(bad.tobytes())
        except PhotoError as error:
            sentence(error)
        else:
            assert photo.rgb.shape[0] == 3


def test_every_kind_of_source_gives_the_same_photo(tmp_path: Path) -> None:
    path = tmp_path / "two words.png"
    data = nasty.written(nasty.reference(), "PNG")
    path.write_bytes(data)

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    halfway = io.BytesIO(data)
    halfway.seek(99)
    with open(path, "rb") as file, Image.open(path) as lazy:
        sources = [
            path,
            str(path),
            data,
            bytearray(data),
            halfway,
            Pipe(data),
            file,
            lazy,
            Image.fromarray(nasty.reference()),
        ]
        photos = [open_photo(source) for source in sources]
        assert not file.closed
        assert not halfway.closed
    for photo in photos:
        np.testing.assert_array_equal(pixels(photo), nasty.reference())
    unnamed, named = "The image", "two words.png"
    assert [photo.name for photo in photos] == [named, named, unnamed, unnamed, unnamed, unnamed, named, named, unnamed]
    assert open_photo(data, name="grandma.jpg").name == "grandma.jpg"


def test_a_source_that_is_no_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    closed = io.BytesIO(b"x")
    closed.close()
    assert "download" in refusal("https://example.org/photo.jpg")
    assert "not found" in refusal(tmp_path / "gone.jpg")
    assert "not found" in refusal(b"".join([bytes(tmp_path), b"/\xff\xfe.jpg"]).decode("utf-8", "surrogateescape"))
    assert "folder" in refusal(tmp_path)
    assert "cannot be read" in refusal("zero\0byte.jpg")
    assert "cannot be read" in refusal("long" * 2000 + ".jpg")
    assert "text" in refusal(io.StringIO("words"))
    assert "cannot be read" in refusal(closed)
    assert "NoneType" in refusal(None)
    assert "int" in refusal(7)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read and write anything"
)
def test_missing_permissions_are_told(tmp_path: Path, picture: Tensor) -> None:
    path = save_photo(picture, tmp_path / "secret.png")
    path.chmod(0)
    assert "permissions" in refusal(path)
    tmp_path.chmod(0o500)
    with pytest.raises(PhotoError, match="may not be written to"):
        save_photo(picture, tmp_path / "new.png")


def test_the_pixel_limit_is_the_callers_and_not_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    data = nasty.written(nasty.reference(), "PNG")
    assert open_photo(data, max_pixels=40 * 64).size == (64, 40)
    assert "over the limit" in refusal(data, max_pixels=40 * 64 - 1)
    assert "over the limit" in refusal(Image.fromarray(nasty.reference()), max_pixels=100)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2**20)  # Pillow raises above twice this
    assert open_photo(nasty.written(np.zeros((2500, 1000), np.uint8), "PNG")).size == (1000, 2500)
    assert Image.MAX_IMAGE_PIXELS == 2**20


def test_photos_open_in_many_threads_at_once() -> None:
    data = nasty.written(nasty.reference(), "JPEG")
    filters, limit, sizes = list(warnings.filters), Image.MAX_IMAGE_PIXELS, []
    threads = [threading.Thread(target=lambda: sizes.append(open_photo(data).size)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(64, 40)] * 8
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == (filters, limit)


def test_heic_opens_with_its_plugin_or_says_how_to_get_it() -> None:
    if importlib.util.find_spec("pillow_heif") is None:
        assert "pip install pillow-heif" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99))
    else:
        open_photo(nasty.written(nasty.reference(), "PNG"))  # registers the plugin
        photo = open_photo(
            nasty.written(nasty.stored(nasty.reference(), 6), "HEIF", exif=nasty.exif(6), quality=95, chroma=444)
        )
        assert np.abs(pixels(photo).astype(int) - nasty.reference()).max() <= 8


def test_a_photo_is_made_from_arrays_of_several_kinds() -> None:
    ref = nasty.reference()
    for array in (ref, ref.astype(np.uint16) * 257, ref / 255, (ref / 255).astype(np.float32)):
        np.testing.assert_array_equal(pixels(Photo.from_array(array)), ref)
    np.testing.assert_array_equal(pixels(Photo.from_array(ref[..., 0])), nasty.gray(ref[..., 0]))
    assert Photo.from_array(np.array([[np.nan, np.inf, 0.5]])).rgb[0].tolist() == [[0, 255, 128]]
    ref[:] = 0
    assert pixels(Photo.from_array(ref)).max() == 0
    for bad in (np.zeros(3), np.zeros((3, 4, 4)), np.zeros((0, 3)), np.zeros((2, 2), np.int64), np.zeros((2, 2), bool)):
        with pytest.raises(PhotoError) as caught:
            Photo.from_array(bad)
        sentence(caught.value)


def test_lightness_is_that_of_lab() -> None:
    levels = np.array([[0, 119, 188, 255]], np.uint8)
    expected = [0.0, 50.0344, 76.2461, 100.0]  # CIE 15: 116 Y^(1/3) - 16, Y by the sRGB curve of IEC 61966-2-1
    L = Photo.from_array(levels).lightness()
    assert (L.shape, L.dtype) == ((1, 1, 1, 4), torch.float32)
    np.testing.assert_allclose(L[0, 0, 0], expected, atol=0.005)


def test_lightness_of_some_rows_is_that_part_of_the_whole() -> None:
    photo = Photo.from_array(np.random.default_rng(0).integers(0, 256, (1500, 1000, 3), dtype=np.uint8))
    whole = photo.lightness()
    torch.testing.assert_close(whole, rgb_to_lab(photo.rgb[None].float() / 255)[:, :1], atol=2e-4, rtol=0)
    torch.testing.assert_close(photo.lightness(slice(700, 1200)), whole[:, :, 700:1200])


def test_lightness_of_a_sepia_print_has_no_sepia(picture: Tensor) -> None:
    """A tint put on at equal luminance leaves L as it was."""
    levels = np.tile(np.arange(60, 200, dtype=np.uint8), (20, 1))
    neutral = Photo.from_array(levels)
    lab = rgb_to_lab(neutral.rgb[None].float() / 255)
    lab[:, 1:] += torch.tensor([4.0, 14.0]).view(1, 2, 1, 1)
    sepia = Photo.from_array(lab_to_rgb(lab)[0].permute(1, 2, 0).numpy())
    assert (neutral.tone, sepia.tone) == ("gray", "sepia")
    torch.testing.assert_close(sepia.lightness(), neutral.lightness(), atol=0.3, rtol=0)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_the_tone_of_real_photos_is_recognised(path: Path) -> None:
    expected = "sepia" if path.stem.startswith("historical") else "gray" if path.stem.endswith("gray") else "color"
    photo = open_photo(path)
    assert photo.tone == expected
    if expected == "color":
        faded = faded_print(pixels(photo))
        assert Photo.from_array(faded.mean(-1).astype(np.uint8)).tone == "gray"
        assert open_photo(nasty.written(faded, "JPEG", quality=60)).tone == "sepia"


def faded_print(picture: np.ndarray) -> np.ndarray:
    """What a hundred years make of a photograph: brown shadows, yellow paper, gray blacks, grain, a stain across."""
    random = np.random.default_rng(1)
    light = 0.2 + 0.6 * picture.mean(-1) / 255
    tint = np.stack(
        [np.interp(light, [0, 0.5, 1], curve) for curve in ([0.2, 0.56, 1], [0.14, 0.47, 0.96], [0.08, 0.36, 0.8])], -1
    )
    stain = 1 - 0.05 * np.linspace(-1, 1, picture.shape[1])[None, :, None] * np.array([0.3, 0.6, 1.2])
    return (255 * (tint * stain + random.normal(0, 0.02, tint.shape))).clip(0, 255).astype(np.uint8)


def test_sunset_and_brown_room_are_in_color() -> None:
    y, x = np.mgrid[:200, :300] / 300
    sunset = np.stack([0.25 + y, 0.12 + 0.7 * y**2 + 0.1 * x, 0.35 - 0.3 * y], -1)
    room = np.stack([0.35 + 0.3 * x, 0.25 + 0.2 * x, 0.15 + 0.1 * x], -1)
    room[60:120, 40:110] = 0.15, 0.3, 0.12  # a plant
    room[20:60, 180:260] = 0.7, 0.75, 0.8  # a window
    assert Photo.from_array(sunset.clip(0, 1)).tone == "color"
    assert Photo.from_array(room).tone == "color"


@pytest.mark.parametrize(
    "name, tolerance", [("a.png", 0), ("a.tif", 0), ("a.TIFF", 0), ("a.jpg", 3), ("a.jpeg", 3), ("a.webp", 9)]
)
def test_what_is_saved_opens_again(name: str, tolerance: int, picture: Tensor, tmp_path: Path) -> None:
    path = save_photo(picture, tmp_path / name)
    assert path == tmp_path / name
    assert (open_photo(path).rgb.int() - picture.int()).abs().max() <= tolerance
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_color_is_stored_at_full_size(picture: Tensor, tmp_path: Path) -> None:
    with Image.open(save_photo(picture, tmp_path / "a.jpg")) as image:
        assert JpegImagePlugin.get_sampling(image) == 0  # 4:4:4
    assert torch.equal(open_photo(save_photo(picture, tmp_path / "a.webp", quality=100)).rgb, picture)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_a_note_tells_that_a_model_made_the_colors(suffix: str, picture: Tensor, tmp_path: Path) -> None:
    def notes(path: Path) -> list[object]:
        with Image.open(path) as image:
            if suffix == ".png":
                return [image.info.get("Description"), image.info.get("Software")]
            tags = image.tag_v2 if suffix == ".tif" else image.getexif()
            return [tags.get(0x010E), tags.get(0x0131)]

    assert notes(save_photo(picture, tmp_path / f"noted{suffix}", model="unet")) == [NOTE, "Huepoint"]
    assert notes(save_photo(picture, tmp_path / f"plain{suffix}")) == [None, None]
    assert open_photo(save_photo(picture, tmp_path / f"other{suffix}", model="сеть 2")).size == (64, 40)


def test_place_and_camera_do_not_leave(tmp_path: Path) -> None:
    secret = Image.Exif()
    secret[0x010F] = "SecretCamera"
    secret.get_ifd(0x8825)[1] = "N"
    photo = open_photo(nasty.written(nasty.reference(), "JPEG", exif=secret.tobytes(), comment=b"SecretComment"))
    for suffix in (".png", ".jpg", ".webp", ".tif"):
        path = save_photo(photo.rgb, tmp_path / f"a{suffix}", model="unet")
        assert b"Secret" not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.getexif().get_ifd(0x8825)


def test_the_visible_mark_stays_in_its_corner(tmp_path: Path) -> None:
    plain = torch.full((3, 300, 400), 130, dtype=torch.uint8)
    marked = open_photo(save_photo(plain, tmp_path / "a.png", mark=True)).rgb
    changed = (marked != plain).any(0).nonzero()
    assert len(changed) > 50
    assert changed.min(0).values.tolist() > [270, 0]
    assert changed.min(0).values[1] > 300
    assert torch.equal(open_photo(encode_photo(plain[:, :9, :9], mark=True)).rgb, plain[:, :9, :9])


def test_nothing_is_overwritten_unless_told(picture: Tensor, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_text("precious")
    for save in (save_photo, save_layer):
        with pytest.raises(PhotoError, match="exists already"):
            save(picture, path)
        assert path.read_text() == "precious"
    save_photo(picture, path, overwrite=True)
    assert torch.equal(open_photo(path).rgb, picture)
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_taken_while_writing_is_not_overwritten(
    picture: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, save = tmp_path / "photo.png", Image.Image.save

    def slow_save(image: Image.Image, *args: object, **options: object) -> None:
        save(image, *args, **options)  # type: ignore[arg-type]
        path.write_text("precious")

    monkeypatch.setattr(Image.Image, "save", slow_save)
    with pytest.raises(PhotoError, match="exists already"):
        save_photo(picture, path)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    picture: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    path.write_text("precious")

    def full(image: Image.Image, stream: io.BytesIO, *args: object, **options: object) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(PhotoError, match="No space left") as caught:
        save_photo(picture, path, overwrite=True)
    sentence(caught.value)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_told_in_a_sentence(picture: Tensor, tmp_path: Path) -> None:
    def told(rgb: Tensor, path: Path | str, **options: int) -> str:
        with pytest.raises(PhotoError) as caught:
            save_photo(rgb, path, **options)
        return sentence(caught.value)

    (tmp_path / "folder.png").mkdir()
    assert "does not exist" in told(picture, tmp_path / "no" / "a.png")
    assert "folder" in told(picture, tmp_path / "folder.png")
    assert "could not be written" in told(picture, tmp_path / ("long" * 100 + ".png"))
    for name in ("a.gif", "a", "", "a.png.exe"):
        assert ".png, .jpg" in told(picture, name)
    assert "WEBP" in told(picture.new_zeros(3, 1, 16_384), tmp_path / "a.webp")
    assert "uint8" in told(picture.float(), tmp_path / "a.png")
    assert "uint8" in told(picture.permute(1, 2, 0), tmp_path / "a.png")
    assert "100" in told(picture, tmp_path / "a.jpg", quality=0)
    with pytest.raises(PhotoError, match=r"\.png"):
        save_layer(picture, tmp_path / "layer.jpg")
    with pytest.raises(PhotoError, match="choose png"):
        encode_photo(picture, "bmp")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


def test_names_may_be_odd(picture: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-o.png", "two words.png", "ψηφίο 写真.png", "two\nlines.png"):
        assert torch.equal(open_photo(save_photo(picture, name)).rgb, picture)


@pytest.mark.parametrize("format", ["png", "jpg", "webp", "tiff"])
def test_encoding_gives_the_bytes_of_the_file_every_time(format: str, picture: Tensor, tmp_path: Path) -> None:
    data = encode_photo(picture, format, model="unet", mark=True)
    assert data == encode_photo(picture, format, model="unet", mark=True)
    assert data == save_photo(picture, tmp_path / f"a.{format}", model="unet", mark=True).read_bytes()


def color_blend(below: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """The blend mode "color" of W3C Compositing and Blending Level 1: SetLum(layer, Lum(below)); floats (H, W, 3) in
    0..1.
    """
    weights = np.array([0.3, 0.59, 0.11])
    mixed = layer + ((below - layer) @ weights)[..., None]
    luma, low, high = (mixed @ weights)[..., None], mixed.min(-1, keepdims=True), mixed.max(-1, keepdims=True)
    mixed = np.where(low < 0, luma + (mixed - luma) * luma / np.maximum(luma - low, 1e-9), mixed)
    return np.where(high > 1, luma + (mixed - luma) * (1 - luma) / np.maximum(high - luma, 1e-9), mixed)


@pytest.mark.parametrize("name", ["still-coffee", "building-china", "portrait-grace-hopper"])
def test_the_layer_over_the_gray_photo_is_close_to_the_result(name: str, tmp_path: Path) -> None:
    photo = open_photo(EXAMPLES / f"{name}.jpg")
    result = photo.rgb[:, ::4, ::4]
    L = photo.lightness()[:, :, ::4, ::4] / 100
    luminance = torch.where(L > 0.08, ((L + 0.16) / 1.16) ** 3, L / 9.033)
    gray = np.interp(luminance[0, 0], nasty.linear(np.arange(256, dtype=np.uint8)), np.arange(256) / 255)[
        ..., None
    ].repeat(3, -1)
    layer = pixels(open_photo(save_layer(result, tmp_path / "layer.png", model="unet"))) / 255

    def difference(picture: np.ndarray) -> float:
        return float(
            metrics.ciede2000(
                torch.from_numpy(picture).permute(2, 0, 1)[None].float(), result[None].float() / 255
            ).mean()
        )

    assert difference(color_blend(gray, layer)) < 0.15 * difference(gray)
    assert difference(color_blend(gray, layer)) < 2.5


def test_the_layer_holds_color_alone() -> None:
    levels = tensor(nasty.gray(np.arange(256)[None]))
    assert color_layer(levels).unique().numel() == 1  # of a gray picture nothing remains
    corners = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [9, 0, 30]], dtype=torch.uint8).T[
        :, None
    ]
    layer = color_layer(corners).int()
    torch.testing.assert_close(layer[0] - layer[2], corners.int()[0] - corners.int()[2], atol=1, rtol=0)
    torch.testing.assert_close(layer[1] - layer[2], corners.int()[1] - corners.int()[2], atol=1, rtol=0)
