"""Image files that break programs, made here from nothing: each is a Case of bytes and what must come of them.

The pictures are written by Pillow where it can, else by the few lines of PNG, TIFF and ICC below, so that what is
expected does not come from the library that reads it.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """A file. picture: (H, W, 3) that must come out, to within tolerance of 255 in each value; None: one PhotoError
    that mentions `says`.
    """

    name: str
    data: bytes
    picture: Array | None = None
    tolerance: int = 1
    says: str = ""

    def __str__(self) -> str:
        return self.name


def reference() -> Array:
    """40 x 64, smooth enough for JPEG, alike in no two of its eight orientations."""
    y, x = np.mgrid[:40, :64]
    return np.stack([40 + 3 * x, 60 + 4 * y, 200 - x - 2 * y], -1).astype(np.uint8)


def written(picture: Array | Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, format, **options)  # type: ignore[arg-type]  # each format has its own options
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], depth: int, color: int, pixels: bytes, extra: bytes = b"", level: int = 6) -> bytes:
    """A PNG of rows already packed (without filter bytes); color: 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA."""
    row = len(pixels) // size[1] if size[1] else 0
    rows = b"".join(b"\0" + pixels[i : i + row] for i in range(0, len(pixels), row or 1))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND", b"")


def tiff(array: NDArray, photometric: int, order: str = "<", tags: dict[int, int] | None = None) -> bytes:
    """An uncompressed TIFF of one strip from (H, W) or (H, W, C); photometric: 1
    black is zero, 2 RGB, 5 CMYK, 8 Lab.
    """
    height, width = array.shape[:2]
    samples = array.shape[2] if array.ndim == 3 else 1
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    bits = [array.dtype.itemsize * 8] * samples
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    entries = {
        256: width,
        257: height,
        259: 1,
        262: photometric,
        273: 8,
        277: samples,
        278: height,
        279: len(data),
        339: kind,
        **(tags or {}),
    }
    place = 8 + len(data)
    directory = b""
    for tag in sorted({*entries, 258}):
        if tag == 258 and samples > 2:
            directory += struct.pack(order + "HHII", tag, 3, samples, place)
        elif tag == 258:
            directory += struct.pack(order + "HHI2H", tag, 3, samples, *[*bits, 0][:2])
        else:
            directory += struct.pack(order + "HHII", tag, 4, 1, entries[tag])
    after = struct.pack(order + f"{samples}H", *bits) if samples > 2 else b""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, place + len(after))
    return head + data + after + struct.pack(order + "H", len(entries) + 1) + directory + b"\0\0\0\0"


def icc(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A version 2 color profile of class monitor or printer."""
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"test\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1, 0.8249),
        **tags,
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(
        ">I4sI4s4s4s12s4s",
        128 + len(table) + len(body),
        b"none",
        0x02400000,
        kind,
        space,
        connection,
        bytes(12),
        b"acsp",
    )
    return head + bytes(28) + xyz(0.9642, 1, 0.8249)[8:] + bytes(48) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma(value: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(value * 256))


# Columns: X, Y, Z (D50) of the primaries, after Bruce Lindbloom's tables (brucelindbloom.com, "RGB/XYZ Matrices",
# Bradford-adapted).
SRGB_D50 = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
ADOBE_D50 = np.array(
    [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197], [0.0194811, 0.0608902, 0.7448387]]
)


def linear(rgb: Array) -> NDArray[np.float64]:
    value = rgb / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab_d50(rgb: Array) -> NDArray[np.float64]:
    t = linear(rgb) @ SRGB_D50.T / [0.9642, 1, 0.8249]
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def printer_profile(inks: Array) -> bytes:
    """A CMYK profile by the colors (16, 3) of its corners, cyan counting slowest and black fastest."""
    corners = lab_d50(inks) * [2.55, 1, 1] + [0, 128, 128]
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(np.eye(3, dtype=int) * 65536).ravel())
    table = (
        b"mft1\0\0\0\0"
        + bytes([4, 3, 2, 0])
        + matrix
        + ramp * 4
        + corners.round().astype(np.uint8).tobytes()
        + ramp * 3
    )
    return icc(b"CMYK", b"Lab ", {b"A2B0": table})


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def stored(picture: Array, orientation: int) -> Array:
    """What a camera held in that way stores, by the words of the EXIF standard (table of tag 274): where row 0 and
    column 0 of the file are.
    """
    turns = {
        1: picture,  # row 0 at the top, column 0 at the left
        2: picture[:, ::-1],  # top, right
        3: picture[::-1, ::-1],  # bottom, right
        4: picture[::-1],  # bottom, left
        5: picture.swapaxes(0, 1),  # left, top
        6: picture[:, ::-1].swapaxes(0, 1),  # right, top
        7: picture[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: picture[::-1].swapaxes(0, 1),  # left, bottom
    }
    return np.ascontiguousarray(turns[orientation])


def on_white(picture: Array, alpha: NDArray) -> Array:
    share = alpha[..., None] / 255
    return (picture * share + 255 * (1 - share)).round().astype(np.uint8)


def gray(values: NDArray) -> Array:
    return np.repeat(values[..., None], 3, -1).astype(np.uint8)


def upright() -> Iterator[Case]:
    ref = reference()
    for i in range(1, 9):
        yield Case(
            f"orientation-{i}.jpg", written(stored(ref, i), "JPEG", exif=exif(i), quality=95, subsampling=0), ref, 6
        )
        yield Case(f"orientation-{i}.tif", written(stored(ref, i), "TIFF", tiffinfo={274: i}), ref)
    yield Case("orientation-6.png", written(stored(ref, 6), "PNG", exif=exif(6)), ref)
    yield Case("orientation-8.webp", written(stored(ref, 8), "WEBP", exif=exif(8), lossless=True), ref)
    yield Case(
        "orientation-5.avif", written(stored(ref, 5), "AVIF", exif=exif(5), quality=95, subsampling="4:4:4"), ref, 8
    )
    yield Case("orientation-7-lzw.tif", written(stored(ref, 7), "TIFF", tiffinfo={274: 7}, compression="tiff_lzw"), ref)
    yield Case("orientation-99.jpg", written(ref, "JPEG", exif=exif(99), quality=95, subsampling=0), ref, 6)
    yield Case("orientation-0.png", written(ref, "PNG", exif=exif(0)), ref)
    yield Case(
        "exif-garbage.jpg",
        written(ref, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(range(64)), quality=95, subsampling=0),
        ref,
        6,
    )


def deep() -> Iterator[Case]:
    """More than 8 bits."""
    wide = (np.arange(40 * 64) * 25).reshape(40, 64).astype(np.uint16)
    shown = gray((wide / 257).round())
    yield Case("gray16.png", png((64, 40), 16, 0, wide.astype(">u2").tobytes()), shown)
    yield Case("gray16-little.tif", tiff(wide, 1), shown)
    yield Case("gray16-big.tif", tiff(wide, 1, ">"), shown)
    yield Case("gray16-turned.tif", tiff(stored(wide, 6), 1, tags={274: 6}), shown)
    color = reference().astype(np.uint16) * 257
    yield Case("rgb16.png", png((64, 40), 16, 2, color.astype(">u2").tobytes()), reference())
    yield Case("rgb16-little.tif", tiff(color, 2), reference())
    yield Case("rgb16-big.tif", tiff(color, 2, ">"), reference())
    floats = np.linspace(0, 1, 40 * 64, dtype=np.float32).reshape(40, 64)
    shown = gray((floats * 255).round())
    yield Case("float-0-to-1.tif", tiff(floats, 1), shown)
    yield Case("float-0-to-255.tif", tiff(floats * 255, 1), shown)
    yield Case("float-0-to-65535.tif", tiff(floats * 65_535, 1), shown)
    yield Case("float-microscope.tif", tiff(floats * 40 - 7, 1), shown)
    holes = floats.copy()
    holes[0, :3] = np.nan, np.inf, -np.inf
    holes_shown = shown.copy()
    holes_shown[0, :3] = [[0], [255], [0]]
    yield Case("float-nan-inf.tif", tiff(holes, 1), holes_shown)
    yield Case("float-nothing-but-nan.tif", tiff(np.full((4, 4), np.nan, np.float32), 1), np.zeros((4, 4, 3), np.uint8))
    yield Case(
        "float-huge.tif",
        tiff(np.where(floats > 0.5, 3e38, -3e38).astype(np.float32), 1),
        gray(np.where(floats > 0.5, 255, 0)),
    )
    yield Case("int32.tif", tiff((floats * 65_535).astype(np.int32), 1), shown)
    yield Case("float-color.tif", tiff(np.repeat(floats[..., None], 3, -1), 2), says="floats in color")


def transparent() -> Iterator[Case]:
    ref = reference()
    alpha = np.tile(np.arange(64, dtype=np.uint8) * 4, (40, 1))
    rgba = np.dstack([ref, alpha])
    yield Case("alpha.png", written(rgba, "PNG"), on_white(ref, alpha))
    yield Case("alpha.webp", written(rgba, "WEBP", lossless=True, exact=True), on_white(ref, alpha))
    yield Case("alpha.tif", written(rgba, "TIFF"), on_white(ref, alpha))
    yield Case("nothing-visible.png", written(np.dstack([ref, alpha * 0]), "PNG"), np.full_like(ref, 255))
    yield Case(
        "gray-alpha.png", written(Image.fromarray(rgba[..., [0, 3]], "LA"), "PNG"), on_white(gray(ref[..., 0]), alpha)
    )
    colors = np.array([[255, 0, 0], [0, 128, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    index = np.indices((8, 8)).sum(0).astype(np.uint8) % 4
    extra = chunk(b"PLTE", colors.tobytes()) + chunk(b"tRNS", bytes([255, 0, 51]))
    shown = on_white(colors[index], np.array([255, 0, 51, 255])[index])
    yield Case("palette-transparent.png", png((8, 8), 8, 3, index.tobytes(), extra), shown)
    palette = Image.fromarray(index, "P")
    palette.putpalette(colors.tobytes())
    keyed = on_white(colors[index], np.array([255, 255, 0, 255])[index])
    yield Case("transparent.gif", written(palette, "GIF", transparency=2), keyed)
    values = index * 60
    yield Case(
        "gray-key.png",
        png((8, 8), 8, 0, values.tobytes(), chunk(b"tRNS", struct.pack(">H", 120))),
        gray(np.where(values == 120, 255, values)),
    )
    yield Case(
        "palette-short.png",
        png((8, 8), 8, 3, index.tobytes(), chunk(b"PLTE", colors[:3].tobytes())),
        gray(index * 0) + _padded(colors[:3])[index],
    )
    yield Case("one-bit.png", png((16, 4), 1, 0, bytes([0x0F, 0xFF] * 4)), gray(np.tile([0] * 4 + [255] * 12, (4, 1))))


def _padded(colors: Array) -> Array:
    return np.vstack([colors, np.zeros((1, 3), np.uint8)])


def colored() -> Iterator[Case]:
    """Other color spaces, and profiles good and bad."""
    ref = reference()
    inks = np.dstack([255 - ref, np.full(ref.shape[:2], 64, np.uint8)])  # cyan, magenta, yellow, black
    shown = (ref.astype(float) * (255 - 64) / 255).round().astype(np.uint8)
    yield Case(
        "cmyk-adobe-inverted.jpg", written(Image.fromarray(inks, "CMYK"), "JPEG", quality=95, subsampling=0), shown, 8
    )
    yield Case("cmyk.tif", tiff(inks, 5), shown, 2)
    order = np.indices((16, 6))[0]
    # inks no printer has: only the profile can tell
    odd = np.array([[40, 200, 60], [240, 150, 50], [140, 90, 230], [40, 40, 40]]) / 255
    corners = (
        255 * np.stack([np.prod(odd[[i >> 3 & 1, i >> 2 & 1, i >> 1 & 1, i & 1] > np.zeros(4)], 0) for i in range(16)])
    ).astype(np.uint8)
    patches = np.stack([order >> 3 & 1, order >> 2 & 1, order >> 1 & 1, order & 1], -1).astype(np.uint8) * 255
    profile = printer_profile(corners)
    yield Case(
        "cmyk-profile.tif", written(Image.fromarray(patches, "CMYK"), "TIFF", icc_profile=profile), corners[order], 8
    )  # Lab in 8 bits, and the black point of the inks
    big = patches.repeat(16, 0).repeat(4, 1)
    yield Case(
        "cmyk-profile.jpg",
        written(Image.fromarray(big, "CMYK"), "JPEG", quality=98, icc_profile=profile),
        corners[order].repeat(16, 0).repeat(4, 1),
        10,
    )
    primaries = {name: xyz(*ADOBE_D50[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(563 / 256))
    adobe = icc(b"RGB ", b"XYZ ", {**primaries, **curves})
    soft = ref // 2 + 64  # in saturated color a rounding step of one space is several of another
    inside = (linear(soft) @ SRGB_D50.T @ np.linalg.inv(ADOBE_D50).T).clip(0, 1)
    encoded = (255 * inside ** (256 / 563)).round().astype(np.uint8)
    yield Case("adobe-rgb.png", written(encoded, "PNG", icc_profile=adobe), soft, 2)
    yield Case(
        "adobe-rgb-alpha.png",
        written(np.dstack([encoded, encoded[..., :1] * 0 + 128]), "PNG", icc_profile=adobe),
        on_white(soft, soft[..., 0] * 0 + 128),
        2,
    )
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (40, 1))
    steps = np.arange(256, dtype=np.uint8)
    yield Case(
        "gray-profile.png",
        written(ramp, "PNG", icc_profile=icc(b"GRAY", b"XYZ ", {b"kTRC": gamma(1.5)})),
        gray(_sampled(ramp, 1.5, steps)),
        2,
    )
    shown = gray(_sampled(ramp, 563 / 256, steps))
    yield Case("gray-with-rgb-profile.jpg", written(ramp, "JPEG", quality=98, icc_profile=adobe), shown, 3)
    yield Case("profile-garbage.png", written(ref, "PNG", icc_profile=b"not a profile at all" * 20), ref)
    yield Case("profile-cut.png", written(ref, "PNG", icc_profile=adobe[:200]), ref)
    yield Case("profile-of-a-printer.png", written(ref, "PNG", icc_profile=profile), ref)
    lab = lab_d50(soft) * [2.55, 1, 1]
    yield Case("lab.tif", tiff(lab.round().astype(np.int16).astype(np.uint8), 8), soft, 3)


def _sampled(values: Array, exponent: float, steps: Array) -> NDArray:
    """sRGB for values of another gamma."""
    return np.interp((values / 255) ** exponent, linear(steps), steps).round()


def moving() -> Iterator[Case]:
    """The first of many frames."""
    ref = reference()
    first, second = Image.fromarray(ref), Image.fromarray(255 - ref)
    shown = np.asarray(first.quantize(64).convert("RGB"))
    yield Case(
        "animated.gif",
        written(first.quantize(64), "GIF", save_all=True, append_images=[second.quantize(64)], duration=99, loop=0),
        shown,
    )
    yield Case("animated.webp", written(first, "WEBP", save_all=True, append_images=[second], lossless=True), ref)
    yield Case("animated.png", written(first, "PNG", save_all=True, append_images=[second]), ref)
    yield Case("pages.tif", written(first, "TIFF", save_all=True, append_images=[second.resize((9, 9))]), ref)
    yield Case(
        "two-lenses.jpg",
        written(first, "MPO", save_all=True, append_images=[second], quality=95, subsampling=0),
        ref,
        6,
    )


def sized() -> Iterator[Case]:
    ref = reference()
    yield Case("1x1.png", written(ref[:1, :1], "PNG"), ref[:1, :1])
    yield Case("1x1.gif", written(Image.fromarray(ref[:1, :1]).convert("P"), "GIF"), ref[:1, :1], 26)
    tall = np.tile(reference()[:, :7], (75, 1, 1))
    yield Case("7x3000.png", written(tall, "PNG"), tall)
    yield Case("3000x7.bmp", written(tall.swapaxes(0, 1).copy(), "BMP"), tall.swapaxes(0, 1))
    yield Case("png inside.jpg", written(ref, "PNG"), ref)
    yield Case("no suffix", written(ref, "PNG"), ref)
    yield Case("-o --help.png", written(ref, "PNG"), ref)
    yield Case("Großmutter 写真 الجدة 👵.webp", written(ref, "WEBP", lossless=True), ref)
    yield Case("two\nlines.png", written(ref, "PNG"), ref)
    yield Case("more-at-the-end.jpg", written(ref, "JPEG", quality=95, subsampling=0) + b"<html>" * 999, ref, 6)
    yield Case("progressive.jpg", written(ref, "JPEG", quality=95, subsampling=0, progressive=True), ref, 6)


def cut() -> Iterator[Case]:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    options: dict[str, dict[str, object]] = {"TIFF": {"compression": "tiff_lzw"}, "JPEG": {"progressive": True}}
    for format in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"):
        data = written(noise, format, **options.get(format, {}))
        yield Case(f"half.{format.lower()}", data[: len(data) // 2], says="damaged")
        yield Case(f"start.{format.lower()}", data[:24], says="damaged")
    yield Case("half-plain.tif", tiff(noise, 2)[:-6000], says="damaged")
    yield Case("checksum.png", written(noise, "PNG").replace(b"IHDR\0\0\0\x40", b"IHDR\0\0\0\x41"), says="damaged")
    yield Case("no-width.png", png((0, 4), 8, 0, b""), says="no-width.png")
    yield Case("no-width.jpg", written(noise, "JPEG").replace(b"\x08\0\x40\0\x40", b"\x08\0\x40\0\0"), says="damaged")
    yield Case("zeros.jpg", bytes(5000), says="not an image")
    yield Case("noise.png", np.random.default_rng(1).bytes(5000), says="not an image")


def bombs() -> Iterator[Case]:
    """Small files that say, truly or not, that they are enormous."""
    yield Case("bomb-header.png", png((60_000, 60_000), 8, 2, b"", b""), says="3600 megapixels")
    yield Case("bomb.png", png((12_000, 12_000), 1, 0, bytes(1500 * 12_000), level=1), says="144 megapixels")
    tiny = np.zeros((16, 16, 3), np.uint8)
    gif = written(Image.new("P", (16, 16)), "GIF")
    yield Case("bomb.gif", gif[:6] + b"\xff\xff\xff\xff" + gif[10:], says="megapixels")
    jpeg = written(tiny, "JPEG")
    yield Case("bomb.jpg", jpeg.replace(b"\x08\0\x10\0\x10\x03", b"\x08\xff\xdc\xff\xdc\x03"), says="megapixels")
    bmp = written(tiny, "BMP")
    yield Case("bomb.bmp", bmp[:18] + struct.pack("<ii", 30_000, 30_000) + bmp[26:], says="900 megapixels")
    yield Case("bomb.tif", tiff(tiny, 2, tags={256: 50_000, 257: 50_000}), says="2500 megapixels")
    tile = tiff(tiny[..., 0], 1, tags={259: 8, 322: 2**20, 323: 2**20, 324: 8, 325: 256}).replace(
        struct.pack("<H", 273), b"\0\x81", 1
    )
    yield Case("bomb-tile.tif", tile, says="damaged")
    webp = written(tiny, "WEBP", save_all=True, append_images=[Image.fromarray(tiny + 9)])
    canvas = webp.index(b"VP8X") + 12
    yield Case(
        "bomb.webp", webp[:canvas] + struct.pack("<I", 16_382)[:3] * 2 + webp[canvas + 6 :], says="268 megapixels"
    )
    blank = zlib.compress(bytes(2**23))
    text = chunk(b"zTXt", b"Comment\0\0" + blank)
    yield Case("bomb-text.png", png((8, 8), 8, 0, bytes(64), text), says="damaged")
    scans = written(np.zeros((512, 512), np.uint8), "JPEG", progressive=True)
    last = scans[scans.rindex(b"\xff\xda") : -2]
    yield Case("bomb-scans.jpg", scans[:-2] + last * 2000 + b"\xff\xd9", says="scans")


def strangers() -> Iterator[Case]:
    yield Case("empty.jpg", b"", says="empty")
    yield Case("note.jpg", b"Dear Jane,\nthe photo comes later.\n", says="text file")
    yield Case("names.png", "Großmutter, Straße\n".encode() * 400, says="text file")
    yield Case("notepad.jpg", "\ufeffDear Jane".encode("utf-16-le"), says="text file")
    yield Case("BMW.bmp", b"BMW 02, catalog of 1971", says="text file")
    yield Case("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>", says="web page")
    yield Case("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', says="SVG")
    yield Case("drawing.png", b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg width="9"/>', says="SVG")
    yield Case("album.jpg", b"PK\x03\x04" + bytes(99), says="zip")
    yield Case("scan.jpg", b"%PDF-1.7\n" + bytes(99), says="PDF")
    yield Case("layers.psd", b"8BPS\0\1" + bytes(99), says="Photoshop")
    yield Case("new.jxl", b"\xff\x0a" + bytes(99), says="JPEG XL")
    yield Case("clip.mp4", b"\0\0\0\x18ftypisom" + bytes(99), says="video")
    yield Case("clip.avi", b"RIFF\0\0\1\0AVI LIST" + bytes(99), says="video")
    yield Case("sensor.raf", b"FUJIFILMCCD-RAW 0201" + bytes(99), says="raw")
    yield Case("sensor.dng", tiff(reference(), 2, tags={50706: 4}), says="raw")
    yield Case("thumbnail-first.nef", tiff(reference(), 2, tags={254: 1}), says="raw")
    yield Case(
        "pointer.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", says="git lfs pull"
    )
    yield Case("old.pcx", written(reference(), "PCX"), says="not an image")


def cases() -> list[Case]:
    """All of them; names are unlike."""
    groups = (upright, deep, transparent, colored, moving, sized, cut, bombs, strangers)
    return [case for group in groups for case in group()]
