"""Other sizes of a photo."""

from dataclasses import replace

import numpy as np
import torch
from PIL.Image import Resampling
from torch.nn import functional as F

from toolkit.photo import Photo
from toolkit.photo.pictures import to_pil


def shrink(photo: Photo, size: int | tuple[int, int], *, averaged: bool = False) -> Photo:
    """A copy of (h, w), or with a long side of at most `size` px; sharp (bicubic) or, with `averaged`, each pixel the
    mean of the pixels that it replaces.
    """
    if isinstance(size, int):
        scale = min(1.0, size / max(photo.size))
        size = max(1, round(photo.height * scale)), max(1, round(photo.width * scale))
    if size == (photo.height, photo.width):
        return photo
    if averaged:
        boxes = torch.from_numpy(np.array(to_pil(photo.rgb).resize((size[1], size[0]), Resampling.BOX)))
        return replace(photo, rgb=boxes.permute(2, 0, 1))
    small = F.interpolate(photo.rgb[None], size, mode="bicubic", antialias=True, align_corners=False)[0]
    return replace(photo, rgb=small)
