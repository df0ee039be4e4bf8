"""Photos and results as pictures for the browser."""

import base64
import io

import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from toolkit.photo import Photo
from toolkit.photo.pictures import to_pil
from toolkit.show.figures import DOUBT


def before(photo: Photo) -> Image.Image:
    """What the coloring starts from: the photo as it came, or for a photo with color its lightness alone."""
    return to_pil(photo.gray() if photo.tone == "color" else photo.rgb)


def doubt(photo: Photo, uncertainty: Tensor) -> Image.Image:
    """The photo in gray, colored where the model is unsure: `plots.uncertainty_overlay` pixel by pixel, to lie exactly
    over the photo.

    uncertainty: (1, 1, h, w) in [0, 1].
    """
    shade = F.interpolate(uncertainty, (photo.height, photo.width), mode="bilinear")[0, 0].numpy()
    # blacks lifted, so that color shows on them
    gray = 48 + 0.81 * np.asarray(to_pil(photo.rgb).convert("L"), dtype=np.float32)[..., None]
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
