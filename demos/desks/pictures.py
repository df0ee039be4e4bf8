"""Photos and results as pictures for the browser."""

import base64
import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.photo import Photo
from toolkit.show.figures import DOUBT


def to_pil(rgb: Tensor) -> Image.Image:
    """uint8 (3, H, W) -> Pillow."""
    return Image.fromarray(rgb.permute(1, 2, 0).contiguous().numpy())


def before(photo: Photo) -> Image.Image:
    """What the coloring starts from: the photo as it came, or for a photo with color its lightness alone."""
    if photo.tone != "color":
        return to_pil(photo.rgb)
    L = photo.lightness()
    gray = lab_to_rgb(torch.cat([L, torch.zeros_like(L), torch.zeros_like(L)], 1))[0]
    return to_pil(gray.mul(255).round().byte())


def doubt(photo: Photo, uncertainty: Tensor) -> Image.Image:
    """The photo in gray, colored where the model is unsure: `plots.uncertainty_overlay` pixel by pixel, to lie exactly over the photo.

    uncertainty: (1, 1, h, w) in [0, 1].
    """
    shade = F.interpolate(uncertainty, (photo.height, photo.width), mode="bilinear")[0, 0].numpy()
    gray = 48 + 0.81 * np.asarray(to_pil(photo.rgb).convert("L"), dtype=np.float32)[..., None]  # blacks lifted, so that color shows on them
    color = np.asarray(DOUBT(shade))  # (H, W, 4) in 0..1
    mixed = (1 - color[..., 3:]) * gray + color[..., 3:] * color[..., :3] * 255
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def thumbnail(image: Image.Image, size: int) -> str:
    """A small copy (long side `size` px) as a data URL, PNG."""
    image = image.copy()
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    image.save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode()


def data_url(image: Image.Image) -> str:
    """As it is, for the screen only: transparent pictures PNG, others JPEG, a tenth of the bytes, with color at every pixel."""
    target = io.BytesIO()
    kind = "PNG" if image.mode == "RGBA" else "JPEG"
    image.save(target, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 92, "subsampling": 0}))
    return f"data:image/{kind.lower()};base64," + base64.b64encode(target.getvalue()).decode()
