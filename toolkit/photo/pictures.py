"""From tensors to what a screen or a page takes."""

import base64
import io

from PIL import Image
from torch import Tensor


def to_pil(rgb: Tensor) -> Image.Image:
    """uint8 (3, H, W) -> Pillow."""
    return Image.fromarray(rgb.permute(1, 2, 0).contiguous().cpu().numpy())


def jpeg(image: Image.Image, quality: int = 92) -> bytes:
    """A picture as JPEG of full color resolution: color is what one looks at."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality, subsampling=0)
    return target.getvalue()


def data_url(image: Image.Image) -> str:
    """A picture as a data URL: PNG where it is transparent, else JPEG, a tenth of the bytes."""
    if image.mode != "RGBA":
        return "data:image/jpeg;base64," + base64.b64encode(jpeg(image)).decode()
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode()
