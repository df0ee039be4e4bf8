"""From tensors to what a screen or a page takes."""

import base64
import io

from PIL import Image
from torch import Tensor


def to_pil(rgb: Tensor) -> Image.Image:
    """uint8 (3, H, W) -> Pillow."""
    return Image.fromarray(rgb.permute(1, 2, 0).contiguous().cpu().numpy())


def data_url(image: Image.Image, quality: int = 92) -> str:
    """A picture as a data URL: PNG where it is transparent, else JPEG of full color resolution, a tenth of the bytes."""
    target = io.BytesIO()
    kind = "PNG" if image.mode == "RGBA" else "JPEG"
    image.save(target, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": quality, "subsampling": 0}))
    return f"data:image/{kind.lower()};base64," + base64.b64encode(target.getvalue()).decode()
