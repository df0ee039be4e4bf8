"""Photos: open_photo reads them; save_photo, encode_photo and save_layer write them.

Reading: any supported file becomes a Photo: upright, 8-bit sRGB, transparent pixels on white, only the first frame of
several. Every failure is one PhotoError, whose message can be shown to a person. (`toolkit.photo.decoding` does the
work.)

Writing: PNG, JPEG, WebP or TIFF without GPS or camera data. The file is written under another name and then moved into
place; an existing file is only replaced with `overwrite=True`.
"""

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from toolkit.color import SPACES, lab_to_rgb, rgb_to_lab
from toolkit.photo.decoding import PhotoError, Source, decode, printable, strips, to_8_bit

__all__ = [
    "SUFFIXES",
    "Photo",
    "PhotoError",
    "Tone",
    "color_layer",
    "encode_photo",
    "open_photo",
    "save_layer",
    "save_photo",
]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif")
Tone = Literal["color", "gray", "sepia"]

_WRITERS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # what the format or its library can hold
_SOFTWARE = "Huepoint"

# In Lab units, measured on photos shrunk to 256 px, 600 in color and 250 each printed in gray and in faded, stained
# sepia. See _tone.
_GRAY_CHROMA = 4.0  # JPEG of noisy gray reaches 1.9; color photos begin at 10
_SEPIA_REST = 8.0  # sepia: 98 % below 7.7; color: 99 % above 9
_TINT_REST = 5.0  # blue, green or violet tints: toning is rarer there, and snow, fog and water in color more frequent


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright picture in sRGB.

    rgb: uint8 (3, H, W). name: the file's name without its folder, for messages. tone: "color"; "gray" for a
    black-and-white picture without a visible tint; "sepia" for one with any single tint, also if it is faded or
    stained.
    """

    rgb: Tensor
    name: str
    tone: Tone

    @property
    def height(self) -> int:
        """In pixels."""
        return self.rgb.shape[1]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.rgb.shape[2]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), as Pillow has it."""
        return self.width, self.height

    def lightness(self, rows: slice = slice(None)) -> Tensor:
        """Lab L of the chosen rows: float32 (1, 1, h, W), 0..100.

        L depends on the luminance alone, so it has no trace of the tint of a sepia or yellowed print. The same as
        rgb_to_lab to within 1e-4, but six times as fast by a table of the 256 levels; this matters because everything
        else is done at a small size.
        """
        rgb = self.rgb[:, rows]
        L = torch.empty(1, 1, *rgb.shape[1:])
        red, green, blue = _luminance_of_levels()
        for strip in strips(*rgb.shape[1:]):
            r, g, b = rgb[:, strip].int()
            Y = red[r] + green[g] + blue[b]
            # CIE 15:2004, eq. 8.3 and 8.6
            L[0, 0, strip] = torch.where(Y > 216 / 24_389, 116 * Y ** (1 / 3) - 16, Y * (24_389 / 27))
        return L

    def floats(self) -> Tensor:
        """As colors are reckoned with: sRGB in [0, 1], float32 (1, 3, H, W)."""
        return self.rgb[None].float() / 255

    def lab(self) -> Tensor:
        """As Lab, float32 (1, 3, H, W)."""
        return rgb_to_lab(self.floats())

    def gray(self) -> Tensor:
        """What coloring starts from: its lightness alone, as sRGB, uint8 (3, H, W)."""
        gray = torch.empty_like(self.rgb)
        for rows in strips(*self.rgb.shape[1:]):
            # a = b = 0
            gray[:, rows] = lab_to_rgb(F.pad(self.lightness(rows), (0, 0, 0, 0, 0, 2)))[0].mul(255).round().byte()
        return gray

    @classmethod
    def from_array(cls, array: NDArray[Any], name: str = "photo") -> "Photo":
        """A photo from pixels (H, W) or (H, W, 3): uint8, uint16 over its whole range, or floats 0..1 (NaN counts as
        black).

        Raises PhotoError for any other.
        """
        if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)) or 0 in array.shape:
            raise PhotoError(
                f"A photo is an array of shape (H, W) or (H, W, 3) with at least one pixel, not {array.shape}: "
                "rearrange it."
            )
        if array.dtype == np.uint16 or array.dtype.kind == "f":
            array = to_8_bit(array, 0, 65_535 if array.dtype == np.uint16 else 1)
        if array.dtype != np.uint8:
            raise PhotoError(f"A photo is made of uint8, uint16 or float 0..1, not {array.dtype}: convert it.")
        planes = array.transpose(2, 0, 1) if array.ndim == 3 else np.broadcast_to(array, (3, *array.shape))
        rgb = torch.from_numpy(planes.copy())  # (H, W, 3) or (H, W) -> (3, H, W)
        return cls(rgb, name, _tone(rgb))


def open_photo(source: Source, *, max_pixels: int = 25_000_000, name: str | None = None) -> Photo:
    """Open a photo from a path, the bytes of a file, a binary file object or a Pillow image.

    Formats: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, and HEIC where pillow-heif is installed; the content decides, not
    the suffix. 16-bit and float gray is scaled to 8 bits (16-bit color is cut to 8 bits by Pillow; float color is not
    read). The range of floats is taken to be 0..1, 0..255 or 0..65535, whichever fits, else from the darkest to the
    brightest. Colors are converted to sRGB by the embedded profile, unless it is broken; CMYK without a profile by a
    plain formula.

    max_pixels: larger pictures are rejected after reading the header, before decoding. name: what to call the photo;
    the file's name if None. Raises only PhotoError, for anything that cannot be opened.
    """
    name = printable(name or _name_of(source))
    rgb = torch.from_numpy(decode(source, name, max_pixels))
    return Photo(rgb, name, _tone(rgb))


def save_photo(
    rgb: Tensor,
    path: str | Path,
    *,
    model: str | None = None,
    mark: bool = False,
    quality: int = 95,
    overwrite: bool = False,
) -> Path:
    """Write rgb, uint8 (3, H, W), as PNG, JPEG, WebP or TIFF (by the suffix) and return the path.

    model: the model that colored it; a note that the colors are plausible, not a historical record, is then written
    into the file. mark: draw a small "AI color" into the lower right corner (left out where it would fill more than
    half the width). quality: of JPEG (always 4:4:4, because color at half size is blurred at edges) and of WebP (4:2:0,
    as the format prescribes; 100 is lossless). Raises PhotoError if the file exists (unless overwrite), the folder is
    missing, or the place cannot be written.
    """
    path = Path(path)
    format = _WRITERS.get(path.suffix.lower())
    if format is None:
        raise PhotoError(
            f"{printable(path.name) or 'A name'} has no ending that can be written: end it with {', '.join(_WRITERS)}."
        )
    with _written_whole(path, overwrite) as stream:
        _encode(rgb, stream, format, model=model, mark=mark, quality=quality)
    return path


def encode_photo(
    rgb: Tensor, format: str = "png", *, model: str | None = None, mark: bool = False, quality: int = 95
) -> bytes:
    """The bytes save_photo would write, format being "png", "jpg", "webp" or "tiff"."""
    writer = _WRITERS.get(f".{format.lower()}")
    if writer is None:
        raise PhotoError(f"Photos are not written as {format!r}: choose png, jpg, webp or tiff.")
    stream = io.BytesIO()
    _encode(rgb, stream, writer, model=model, mark=mark, quality=quality)
    return stream.getvalue()


def color_layer(rgb: Tensor) -> Tensor:
    """The color of a result alone, uint8 (3, H, W) -> uint8 (3, H, W), for an editor's "Color" blend mode.

    That mode (W3C Compositing and Blending Level 1, "color"; Photoshop and CSS do the same) takes the luma Y = 0.3 R +
    0.59 G + 0.11 B from the photo below, and R - Y, G - Y and B - Y from the layer. A pixel here is thus its three
    differences around middle gray, with the luma moved only as far as they need to fit into 0..255: nothing is clipped,
    and nothing of the photo's lightness is in the file.

    Lab colors at one fixed L would lose what lies outside sRGB at that L, and their differences are wrong at any other.
    Mean CIEDE2000 to the result over 50 photos: 1.2 for these at L = 60, 0.6 for the layer here (0.6 for the result
    itself as a layer: it is the step from L to luma). In GIMP's "LCh Color", which keeps L: 0.8.
    """
    layer = torch.empty_like(rgb)
    weights = torch.tensor([0.30, 0.59, 0.11]).view(3, 1, 1)
    for strip in strips(*rgb.shape[1:]):
        part = rgb[:, strip].float() / 255
        difference = part - (weights * part).sum(0)
        luma = torch.maximum(torch.minimum(torch.tensor(128 / 255), 1 - difference.amax(0)), -difference.amin(0))
        layer[:, strip] = ((difference + luma) * 255).round().clamp(0, 255).byte()
    return layer


def save_layer(rgb: Tensor, path: str | Path, *, model: str | None = None, overwrite: bool = False) -> Path:
    """Write the color_layer of a result, uint8 (3, H, W), as PNG, to lay over the black-and-white photo with the blend
    mode "Color".
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise PhotoError(
            f"A color layer is a PNG, which {printable(path.name) or 'this name'} does not end with: choose a name "
            "ending with .png."
        )
    with _written_whole(path, overwrite) as stream:
        _encode(color_layer(_checked(rgb)), stream, "PNG", model=model)
    return path


def _name_of(source: Source) -> str:
    path = (
        source if isinstance(source, str | Path) else getattr(source, "filename", None) or getattr(source, "name", None)
    )
    return (Path(path).name or str(path)) if isinstance(path, str | Path) and str(path) else "The image"


@cache
def _luminance_of_levels() -> Tensor:
    """What each of the levels 0..255 of each channel adds to Y, (3, 256)."""
    levels = (torch.arange(256) / 255).expand(1, 3, 1, 256)
    # of kornia's rgb_to_xyz; L must not differ between here and there
    weights = torch.tensor([0.212671, 0.715160, 0.072169])
    to_linear = SPACES["linear"][0]
    return to_linear(levels)[0, :, 0] * weights[:, None]


def _tone(rgb: Tensor) -> Tone:
    """What the colors of rgb, uint8 (3, H, W), are like.

    A black-and-white picture in one tint, however the tint runs from shadows to lights, has one (a, b) for each L. What
    is left beside that curve is grain and stains in a print, and the whole point in a color photo.
    """
    step = -(-max(rgb.shape[1:]) // 1024)
    small = rgb[None, :, ::step, ::step].float() / 255
    shrink = -(-max(small.shape[2:]) // 256)
    # averages out grain and JPEG's color noise
    small = F.avg_pool2d(small, (min(shrink, small.shape[2]), min(shrink, small.shape[3])))
    L, *ab = rgb_to_lab(small)[0].flatten(1).numpy()
    if np.quantile(np.hypot(*ab), 0.99) <= _GRAY_CHROMA:
        return "gray"
    bins = (L / 100 * 16).astype(int).clip(0, 15)
    filled = np.unique(bins)
    rest = [c - np.interp(L, (filled + 0.5) * 100 / 16, [np.median(c[bins == i]) for i in filled]) for c in ab]
    hue = np.degrees(np.arctan2(ab[1].mean(), ab[0].mean()))
    limit = _SEPIA_REST if 10 <= hue <= 115 else _TINT_REST
    return "sepia" if np.quantile(np.hypot(*rest), 0.98) <= limit else "color"


@contextmanager
def _written_whole(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A stream beside path that takes its name when all is written: no half file is ever seen, and no file is lost
    unless overwrite.
    """
    name = printable(path.name)
    taken = f"{name} exists already: choose another name, or allow overwriting."
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if path.is_dir():
            raise PhotoError(f"{name} is a folder: choose a file name.")
        if not overwrite and os.path.lexists(path):
            raise PhotoError(taken)
        with open(beside, "xb") as stream:
            yield stream
        if overwrite:
            beside.replace(path)
        else:
            _take_free_name(beside, path)
    except FileExistsError as error:
        raise PhotoError(taken) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PhotoError(f"The folder {printable(str(path.parent))} does not exist: create it first.") from error
    except PermissionError as error:
        raise PhotoError(f"The folder {printable(str(path.parent))} may not be written to: choose another.") from error
    except OSError as error:
        raise PhotoError(
            f"{name} could not be written ({error.strerror or error}): choose another place or name."
        ) from error
    finally:
        with suppress(OSError):  # gone where all went well; where it cannot be removed, the error above says more
            beside.unlink()


def _take_free_name(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)  # unlike a rename, fails if the name was taken in the meantime
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from error
        beside.replace(path)


def _checked(rgb: Tensor) -> Tensor:
    if rgb.dtype != torch.uint8 or rgb.ndim != 3 or rgb.shape[0] != 3 or 0 in rgb.shape:
        raise PhotoError(
            f"A picture to write is a uint8 tensor (3, H, W), not {rgb.dtype} {tuple(rgb.shape)}: convert it."
        )
    return rgb.cpu()


def _encode(
    rgb: Tensor, stream: BinaryIO, format: str, *, model: str | None, mark: bool = False, quality: int = 95
) -> None:
    rgb = _checked(rgb)
    height, width = rgb.shape[1:]
    if max(height, width) > _LONGEST_SIDE.get(format, max(height, width)):
        raise PhotoError(
            f"{format} holds at most {_LONGEST_SIDE[format]} pixels a side, not {max(height, width)}: choose PNG or "
            "TIFF."
        )
    if not 1 <= quality <= 100:
        raise PhotoError(f"quality goes from 1 to 100, not {quality}: 95 is a good one.")
    image = Image.new("RGB", (width, height))
    for rows in strips(height, width):
        image.paste(Image.fromarray(rgb[:, rows].permute(1, 2, 0).numpy()), (0, rows.start))  # (3, h, W) -> (h, W, 3)
    if mark:
        _draw_mark(image)
    image.save(stream, format, **_options(format, quality, model))


def _options(format: str, quality: int, model: str | None) -> dict[str, Any]:
    """What Pillow needs to know to write the format, with the note of the model in the place the format has for it."""
    note = (
        {}
        if model is None
        else {0x010E: f"colorized by model {model}; plausible colors, not historical record", 0x0131: _SOFTWARE}
    )
    if format == "PNG":
        text = PngInfo()
        text.add(b"sRGB", b"\0")  # says which RGB this is
        for tag, value in zip(("Description", "Software"), note.values(), strict=False):
            text.add_text(tag, value)
        # half the time of 6, the default; files between 7 % smaller and 2 % larger
        return {"pnginfo": text, "compress_level": 3}
    if format == "TIFF":
        # 317: predictor, differences of neighbors
        return {"tiffinfo": {**note, 317: 2}, "compression": "tiff_adobe_deflate"}
    exif = Image.Exif()
    exif.update(note)
    if format == "JPEG":
        return {"quality": quality, "subsampling": 0, "exif": exif}
    return {"quality": quality, "lossless": quality == 100, "exif": exif}


def _draw_mark(image: Image.Image) -> None:
    text, size = "AI color", max(10, min(image.size) // 45)
    font = ImageFont.load_default(size)
    left, top, right, bottom = ImageDraw.Draw(image).textbbox((0, 0), text, font=font, stroke_width=1)
    width, height = int(right - left) + size, int(bottom - top) + size
    if width > image.width // 2 or height > image.height // 2:
        return
    box = (image.width - width, image.height - height, image.width, image.height)
    corner = image.crop(box)
    marked = corner.copy()
    ImageDraw.Draw(marked).text(
        (size / 2 - left, size / 2 - top), text, "white", font, stroke_width=1, stroke_fill="black"
    )
    image.paste(Image.blend(corner, marked, 0.7), box)
