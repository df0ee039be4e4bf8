"""From an image file to pixels: which files are accepted, and how each becomes upright 8-bit sRGB.

The format is checked against a list of accepted ones and the size against a limit before any pixel is decoded. Pixels
are then converted in strips of rows: a 24-megapixel photo needs about 110 MB beside its 72 MB of RGB (as WebP 320 MB,
because its decoder keeps frames). `toolkit.photo` is the public side.
"""

import importlib
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

Source = str | Path | bytes | BinaryIO | Image.Image

_STRIP = 2**20  # pixels worked on at a time: some tens of MB as floats, and few enough strips to cost no time
_MOST_BYTES = 2**30  # read from a stream that cannot seek
_MOST_SCANS = 64  # a progressive JPEG has about 10; each further one makes the decoder walk over all pixels again
_READERS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")

# EXIF orientation -> (row step, column step, transpose) that lead from the upright picture to the stored one.
_ORIENTATIONS = {1: (1, 1, False), 2: (1, -1, False), 3: (-1, -1, False), 4: (-1, 1, False),
                 5: (1, 1, True), 6: (1, -1, True), 7: (-1, -1, True), 8: (-1, 1, True)}  # fmt: skip

_GRAY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")

_RAW = ("a camera raw file", "develop it to JPEG or TIFF first")
_STRANGERS: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"%PDF", ("a PDF document", "export its page as PNG first")),
    (b"PK\x03\x04", ("a zip archive or office document", "unpack it and open the photo inside")),
    (b"Rar!", ("an archive", "unpack it and open the photo inside")),
    (b"7z\xbc\xaf", ("an archive", "unpack it and open the photo inside")),
    (b"\x1f\x8b", ("an archive", "unpack it and open the photo inside")),
    (b"8BPS", ("a Photoshop document", "export it as PNG or TIFF first")),
    (b"\xff\x0a", ("a JPEG XL image", "save it as JPEG or PNG first")),
    (b"\0\0\0\x0cJXL ", ("a JPEG XL image", "save it as JPEG or PNG first")),
    (b"\0\0\0\x0cjP  ", ("a JPEG 2000 image", "save it as JPEG or PNG first")),
    (b"\xff\x4f\xff\x51", ("a JPEG 2000 image", "save it as JPEG or PNG first")),
    (b"\x1aE\xdf\xa3", ("a video", "save one of its frames as PNG first")),
    (b"II*\0\x10\0\0\0CR", _RAW),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"IIU\0", _RAW),
    (b"IIRO", _RAW),
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"version https://git-lfs", ("a Git LFS pointer, not the photo itself", "fetch it with `git lfs pull`")),
)
_SIGNATURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class PhotoError(ValueError):
    """An image file cannot be opened or written. The message is one sentence for the person who chose it: what is
    wrong, and what to do.
    """


def decode(source: Source, name: str, max_pixels: int) -> NDArray[np.uint8]:
    """Upright sRGB, uint8 (3, H, W), of an image. Raises only PhotoError."""
    if isinstance(source, Image.Image):
        with _one_sentence(name):
            return _pixels(source, name, max_pixels)
    with _stream(source, name) as stream:
        head = stream.read(4096)
        stream.seek(0)
        stranger = _stranger(head)
        if stranger is not None:
            raise PhotoError(f"{name} is {stranger[0]}: {stranger[1]}.")
        with _one_sentence(name, head):
            with _pillow_without_its_limit():
                image = Image.open(stream, formats=_readers())
            with image:
                _check_kind(image, name, stream)
                return _pixels(image, name, max_pixels)


@contextmanager
def _one_sentence(name: str, head: bytes | None = None) -> Iterator[None]:
    """Whatever a decoder raises on damaged bytes (nearly every kind, from struct.error to SyntaxError) as one
    PhotoError.
    """
    try:
        yield
    except PhotoError:
        raise
    except MemoryError as error:
        raise PhotoError(f"{name} needs more memory than there is: make it smaller.") from error
    except Exception as error:
        if head is not None and not head.startswith(_SIGNATURES) and head[4:8] != b"ftyp":
            reason = "is not an image that is read here: choose a JPEG, PNG, WebP or TIFF"
        elif isinstance(error, UnidentifiedImageError) and head is not None and head[:2] in (b"II", b"MM"):
            reason = (
                "is a damaged TIFF or one of a rare kind (such as floats in color): save it as PNG or as a TIFF "
                "of 8 or 16 bits"
            )
        else:
            reason = "is damaged or was cut short: copy or download it again"
        raise PhotoError(f"{name} {reason}.") from error


@contextmanager
def _stream(source: Any, name: str) -> Iterator[BinaryIO]:
    """The source as a seekable binary stream at its start; only what was opened here is closed."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield _filled(io.BytesIO(source), name)
    elif hasattr(source, "read"):
        yield _filled(_seekable(source, name), name)
    elif isinstance(source, str | Path):
        with _open_file(source, name) as stream:
            yield _filled(stream, name)
    else:
        raise PhotoError(
            f"A photo is opened from a path, bytes, a binary file or a Pillow image, not {type(source).__name__}: pass "
            "one of these."
        )


def _open_file(path: str | Path, name: str) -> BinaryIO:
    if str(path).startswith(("http://", "https://")):
        raise PhotoError(
            f"{name} is a web address, and nothing is fetched from the network: download the photo and open the file."
        )
    shown = printable(str(path))[:200]
    try:
        if Path(path).exists() and not Path(path).is_file():  # reading from a device or a pipe might never end
            raise PhotoError(f"{name} is not a file but a folder or a device: choose a photo inside it.")
        return open(path, "rb")
    except FileNotFoundError as error:
        raise PhotoError(f"{name} was not found: check the path {shown}.") from error
    except PermissionError as error:
        raise PhotoError(f"{name} may not be read by this user: change its permissions.") from error
    except PhotoError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise PhotoError(f"{name} cannot be read: check the path {shown}.") from error


def _seekable(source: Any, name: str) -> BinaryIO:
    try:
        if source.seekable():
            source.seek(0)
            data = source.read(0)
        else:
            data = source.read(_MOST_BYTES + 1)
            source = io.BytesIO(data)
    except Exception as error:  # whatever a stranger's file object raises: closed, not readable, a network that is gone
        raise PhotoError(
            f"{name} cannot be read from the given file object: open it for reading in binary mode."
        ) from error
    if not isinstance(data, bytes):
        raise PhotoError(f"{name} was opened as text: open it in binary mode, 'rb'.")
    if len(data) > _MOST_BYTES:
        raise PhotoError(f"{name} is longer than {_MOST_BYTES >> 20} MiB: pass a smaller photo.")
    return source


def _filled(stream: BinaryIO, name: str) -> BinaryIO:
    if not stream.read(1):
        raise PhotoError(f"{name} is empty: copy or download it again.")
    stream.seek(0)
    return stream


def _stranger(head: bytes) -> tuple[str, str] | None:
    """(what it is, what to do) for a file that is certainly no photo for us, judged by its first bytes."""
    for magic, answer in _STRANGERS:
        if head.startswith(magic):
            return answer
    if head[4:8] == b"ftyp" and head[8:11] not in (b"avi",):
        if head[8:11] == b"crx":
            return _RAW
        if head[8:12] not in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"):
            return "a video", "save one of its frames as PNG first"
        if "HEIF" not in _readers() and b"avif" not in head[12:64]:
            return (
                "a HEIC photo, which needs a plugin",
                "install it with `pip install pillow-heif`, or save the photo as JPEG",
            )
    if head.startswith(b"RIFF") and head[8:12] != b"WEBP":
        return "a video or sound", "save one of its frames as PNG first"
    return _text(head)


def _text(head: bytes) -> tuple[str, str] | None:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = head[: len(head) // 2 * 2].decode(encoding).lstrip().lower()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 5:  # a character cut in two by the end of the head is still text
            return None
        text = head[: error.start].decode(encoding, "ignore").lstrip().lower()
    if "\0" in text:
        return None
    if "<svg" in text:
        return "an SVG drawing, not a photo", "export it as PNG first"
    if text.startswith("<"):
        return "a web page, not a photo", "save the photo itself instead of the page around it"
    return "a text file, not a photo", "choose a JPEG, PNG, WebP or TIFF"


@cache
def _readers() -> tuple[str, ...]:
    """Pillow's names of the formats that are let in; HEIC only where its plugin is installed."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return _READERS
    return (*_READERS, "HEIF")


_opening = threading.Lock()


@contextmanager
def _pillow_without_its_limit() -> Iterator[None]:
    """Pillow's size limit and warnings are switched off while it reads a header, since max_pixels is checked right
    after, from that header.

    Both are global in Pillow and Python, hence the lock.
    """
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _check_kind(image: Image.Image, name: str, stream: BinaryIO) -> None:
    """Refuse what Pillow opens but would show wrongly (the thumbnail of a raw file), or would take minutes over (a JPEG
    of a thousand scans).
    """
    tags = getattr(image, "tag_v2", {})
    # DNGVersion; NewSubfileType: this first picture is a reduced copy of another
    if 50706 in tags or tags.get(254, 0) == 1:
        raise PhotoError(f"{name} is {_RAW[0]}: {_RAW[1]}.")
    if image.info.get("progressive"):
        place = stream.tell()
        stream.seek(0)
        scans = sum(chunk.count(b"\xff\xda") for chunk in iter(lambda: stream.read(2**20), b""))
        stream.seek(place)
        if scans > _MOST_SCANS:
            raise PhotoError(
                f"{name} is a JPEG of {scans} scans, which would take minutes to decode: save it again with another "
                "program."
            )


def _pixels(image: Image.Image, name: str, max_pixels: int) -> NDArray[np.uint8]:
    width, height = image.size
    if width * height > max_pixels:
        size = f"{width} x {height} pixels ({width * height / 1e6:.0f} megapixels)"
        raise PhotoError(f"{name} has {size}, over the limit of {max_pixels / 1e6:g}: make it smaller.")
    if 0 in image.size:
        raise PhotoError(f"{name} has no pixels: choose another photo.")
    image.load()
    width, height = image.size
    row_step, column_step, transpose = _ORIENTATIONS[_orientation(image)]
    rgb = np.empty((3, width, height) if transpose else (3, height, width), np.uint8)
    stored = rgb[:, ::row_step, ::column_step]  # a view: what is written where a pixel was stored lands upright
    if transpose:
        stored = stored.transpose(0, 2, 1)
    black, white = _range(image)
    profile = _profile(image)
    for rows in strips(height, width):
        strip = image.crop((0, rows.start, width, rows.stop))
        if image.mode[0] in "IF":  # I;16 and its byte orders, I, F
            strip = Image.fromarray(to_8_bit(np.asarray(strip), black, white))
        stored[:, rows] = np.asarray(_opaque_srgb(strip, profile)).transpose(2, 0, 1)
    return rgb


def _orientation(image: Image.Image) -> int:
    """1 to 8. Read after loading: Pillow turns a TIFF upright by itself, then forgets its tag."""
    try:
        orientation = image.getexif().get(0x0112)
    except Exception:  # garbage in the EXIF block is no reason to refuse the photo
        return 1
    return orientation if isinstance(orientation, int) and orientation in _ORIENTATIONS else 1


def _range(image: Image.Image) -> tuple[float, float]:
    """The values that become black and white in a picture of 16-bit, 32-bit or float numbers."""
    if image.mode not in ("I", "F"):
        return 0, 65_535
    low, high = np.inf, -np.inf
    for rows in strips(image.height, image.width):
        values = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
        values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    # What a file's floats mean is written nowhere. Sharpening overshoots a little; a picture that fills less than a
    # tenth of a range is of another.
    for darkest, white in ((0.0, 1.0), (25.5, 255.0), (6553.5, 65_535.0))[image.mode == "I" :]:
        if low >= -0.1 * high and darkest <= high <= 1.1 * white:
            return 0, white
    return (low, high) if low < high else (0, max(high, 1) if np.isfinite(high) else 1)


def to_8_bit(values: NDArray[Any], black: float, white: float) -> NDArray[np.uint8]:
    """Numbers of any kind -> 0..255; `black` becomes 0, `white` 255, NaN black, infinity white."""
    levels = (values.astype(np.float64) - black) * (255 / (white - black))
    return np.nan_to_num(levels, nan=0, posinf=255, neginf=0).clip(0, 255).round().astype(np.uint8)


def _profile(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """From the picture's embedded profile to sRGB; None where there is none to speak of: absent, broken, for other
    pixels, or sRGB itself.
    """
    if image.mode == "LAB":
        return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    if not image.info.get("icc_profile"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}[profile.profile.xcolor_space]
        if (mode == "CMYK") != (image.mode == "CMYK") or (mode == "L" and image.mode not in _GRAY_MODES):
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
        return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, KeyError, OSError, TypeError, ValueError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a profile is sRGB under any of its names: then values stay as they are instead of moving by rounding."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(len(levels), -1, 3)
    probe = Image.fromarray(grid).convert(mode)
    moved = np.asarray(transform.apply(probe)).astype(int) - np.asarray(probe.convert("RGB"))
    return bool(np.abs(moved).max() <= 2)


def _opaque_srgb(strip: Image.Image, profile: ImageCms.ImageCmsTransform | None) -> Image.Image:
    """RGB of a strip in any 8-bit mode: its profile applied, transparency laid on white."""
    alpha = None
    if strip.mode in ("La", "RGBa"):  # alpha multiplied in
        strip = strip.convert("LA" if strip.mode == "La" else "RGBA")
    if strip.has_transparency_data:
        strip = strip.convert("RGBA")
        alpha = strip.getchannel("A")
    if profile is not None:
        strip = profile.apply(strip.convert(profile.input_mode))
    strip = strip.convert("RGB")
    return strip if alpha is None else Image.composite(strip, Image.new("RGB", strip.size, "white"), alpha)


def strips(height: int, width: int) -> Iterator[slice]:
    """Slices of rows that cover a picture, each of about a megapixel."""
    rows = max(1, _STRIP // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def printable(name: str) -> str:
    """The name on one line, in characters that every terminal can print: file names may contain line breaks and bytes
    that are not text.
    """
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
