"""Photos that are known, and how to look at pictures."""

import base64
import io

import numpy as np
from PIL import Image
from torch import Tensor

from toolkit.color import rgb_to_lab
from toolkit.photo import Photo


def waves(width: int = 300, height: int = 200) -> Image.Image:
    """Gray, soft, without edges."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray((120 + 60 * np.sin(x / 31) + 40 * np.cos(y / 23)).astype(np.uint8))


def green_and_orange(width: int = 300, height: int = 200) -> Image.Image:
    """The same light in color: green on the left, orange on the right."""
    gray = np.asarray(waves(width, height)).astype(int)
    both = np.stack([gray // 2, gray, gray // 2], -1), np.stack([gray, gray * 3 // 4, gray // 2], -1)
    return Image.fromarray(np.where(np.arange(width)[None, :, None] < width // 2, *both).astype(np.uint8))


def colorful(seed: int, size: tuple[int, int] = (300, 260)) -> Image.Image:
    """Six times six colors that run into each other."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize(size)


def opened(url: str) -> Image.Image:
    """The picture in a data: address."""
    assert url.startswith("data:image/")
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def floats(rgb: Tensor) -> Tensor:
    """(1, 3, H, W) in 0..1 of a picture, uint8 (3, H, W)."""
    return rgb[None].float() / 255


def lab(rgb: Tensor) -> Tensor:
    """(1, 3, H, W) of a picture, uint8 (3, H, W)."""
    return rgb_to_lab(floats(rgb))


def at(rgb: Tensor, x: float, y: float) -> list[int]:
    """r, g, b at a place (0..1) of a picture, uint8 (3, H, W)."""
    return rgb[:, int(y * rgb.shape[1]), int(x * rgb.shape[2])].tolist()


def ab_at(rgb: Tensor, x: float, y: float) -> list[float]:
    """a, b there."""
    return lab(rgb)[0, 1:, int(y * rgb.shape[1]), int(x * rgb.shape[2])].tolist()


def photo_of(image: Image.Image, name: str = "scene.png") -> Photo:
    return Photo.from_array(np.asarray(image), name)
