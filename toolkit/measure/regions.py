"""Labelled regions of photos: a thing, where else there is one like it, and everything else.

for region in open_regions("regions-val.tar", skipped := []):
    region.photo, region.label, region.inside
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.measure.labelled import LabelledPhotos
from toolkit.photo import Photo

Mask = NDArray[np.bool_]  # (H, W)
# share of the photo: a region has to be seen, and there has to be something outside of it
SMALLEST, LARGEST = 0.03, 0.5
INSIDE = 0.5  # of a heat map: from here on a place belongs to the region
TOLERANCE = 1.5  # px that the lasso may differ from the region's outline


@dataclass(frozen=True, eq=False)
class Region:
    """A photo, and the parts of it that a point in one labelled region should and should not color."""

    photo: Photo
    label: str
    inside: Mask  # the region: connected, of one class
    alike: Mask  # other places of its class: a point may or may not mean these, so they count apart
    outside: Mask  # everything of other classes and without a class

    def heart(self) -> tuple[int, int]:
        """The pixel (x, y) farthest from everything that is not the region, the photo's border included."""
        from scipy.ndimage import distance_transform_edt

        depth = distance_transform_edt(np.pad(self.inside, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        return int(x), int(y)

    def lasso(self) -> tuple[tuple[float, float], ...]:
        """The region's outer outline as a person might draw it, corners (x, y) in pixels."""
        from skimage.measure import approximate_polygon, find_contours

        outline = max(find_contours(np.pad(self.inside, 1).astype(float), 0.5), key=len) - 1
        # the last corner is the first
        return tuple((float(x), float(y)) for y, x in approximate_polygon(outline, TOLERANCE)[:-1])


def open_regions(source: str | Path, skipped: list[str], limit: int | None = None) -> Iterator[Region]:
    """The regions of a tar of photos NAME.webp with labels NAME.png (0: unlabelled) and classes.json, one a photo, in
    the tar's order.

    limit: this many photos, evenly spread, as such tars are sorted by where their photos come from. Photos without a
    region of a fitting size are told in `skipped`. Raises ValueError for a file that is no such tar.
    """
    with LabelledPhotos(source) as labelled:
        classes = {str(value): label for value, label in labelled.classes.items()}
        n = min(limit or len(labelled.names), len(labelled.names))
        for name in (labelled.names[i * len(labelled.names) // n] for i in range(n)):
            photo = labelled.photo(name)
            region = find_region(photo, labelled.labels(name), classes)
            if region is None:
                skipped.append(f"{photo.name}: has no region of {SMALLEST:.0%} to {LARGEST:.0%} of the photo")
            else:
                yield region


def find_region(photo: Photo, labels: NDArray[np.uint8], classes: dict[str, str]) -> Region | None:
    """The largest connected part of one class that is neither too small nor too large; None where there is none.

    labels: (H, W) of the photo's size, 0 where nothing is said; classes: name by number. Raises ValueError for labels
    of another size.
    """
    from scipy.ndimage import label

    if labels.shape != (photo.height, photo.width):
        raise ValueError(
            f"The labels of {photo.name} are {labels.shape[::-1]} and the photo is {photo.size}; save them at one size."
        )
    best, found = 0, None
    for value in np.unique(labels[labels > 0]):
        same = labels == value
        parts, _ = label(same)
        sizes = np.bincount(parts.ravel())[1:]
        for part in np.flatnonzero(
            (sizes > best) & (sizes >= SMALLEST * labels.size) & (sizes <= LARGEST * labels.size)
        ):
            if sizes[part] > best:
                inside = parts == part + 1
                best = int(sizes[part])
                found = Region(photo, classes.get(str(value), str(value)), inside, same & ~inside, ~same)
    return found


def heat_picture(photo: Photo, heat: Tensor, mask: Mask) -> Tensor:
    """The photo in gray, uint8 (3, H, W): orange by the heat (1, 1, h, w), with a step at the threshold, and the true
    region's outline in blue.
    """
    larger = F.interpolate(heat, mask.shape, mode="bilinear", align_corners=False)[0].clamp(0, 1)  # (1, H, W)
    share = 0.35 * larger + 0.3 * (larger >= INSIDE)
    picture = photo.gray() / 255 * (1 - share) + torch.tensor([1.0, 0.45, 0.1]).view(3, 1, 1) * share
    region = torch.from_numpy(mask)[None, None].float()
    edge = (F.max_pool2d(region, 3, 1, 1) > region)[0, 0]
    picture[:, edge] = torch.tensor([[0.1], [0.7], [1.0]])
    return (picture * 255).round().byte()
