"""From a heat map to hints: the parts of a region, its outline, and where to put points.

A field is a plane (h, w) over the whole photo that is above 0 inside a region, below 0 outside and goes smoothly from
one to the other, so that its zero line is an outline finer than its cells. Cells cover the photo from edge to edge; (x,
y) are pixels of the photo, whole numbers at their centres.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.guidance import MAX_CORNERS, Lasso
from toolkit.photo.places import rescaled

Field = NDArray[np.float32]  # (h, w)
Mask = NDArray[np.bool_]  # (h, w)

FINER = 2  # cells of a field for one of a heat map, each way: half the working size, as the model paints
LEAST = 0.0008  # share of the photo below which a part is noise, unless it is all there is
LEAST_OF_LARGEST = 0.03
SMALL_HOLE = 0.02  # share of its part
MOST_PARTS = 16
TOLERANCE = 0.45  # cells that a simplified outline may be off
FEWEST, MOST = 4, 12  # hints for a part
LIGHT = 25.0  # L units that count as much as the size of the part when points are spread


def to_field(heat: Tensor) -> Field:
    """Heat (1, 1, h, w) in [0, 1] -> a field of twice its size, positive from 0.5 on."""
    h, w = heat.shape[-2:]
    up = F.interpolate(heat.float(), (h * FINER, w * FINER), mode="bilinear", align_corners=False)
    return np.asarray(up[0, 0] - 0.5, dtype=np.float32)


def split(field: Field) -> list[Mask]:
    """The connected parts of a region, the largest first; tiny parts are left out, and at most the 16 largest are
    returned.
    """
    from scipy.ndimage import label

    labels, count = label(field > 0, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    least = max(LEAST * field.size, LEAST_OF_LARGEST * sizes.max(initial=0))
    return [
        labels == i + 1
        for rank, i in enumerate(order[:MOST_PARTS])
        if sizes[i] >= least or (rank == 0 and sizes[i] > 0)
    ]


def keep(field: Field, parts: list[Mask]) -> Field:
    """The field with only these of its parts."""
    wanted = np.logical_or.reduce(parts) if parts else np.zeros(field.shape, bool)
    return np.where((field > 0) & ~wanted, -np.abs(field) - 1e-3, field).astype(np.float32)


def clean(field: Field) -> Field:
    """The field without tiny parts and with small holes closed: the outline that a person would draw."""
    from scipy.ndimage import label

    field = keep(field, split(field))
    inside = field > 0
    labels, count = label(~inside)  # four neighbors: a hole is closed by parts that touch at corners
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    small = sizes < SMALL_HOLE * inside.sum()
    small[border] = False
    small[0] = False
    return np.where(small[labels], 0.02, field).astype(np.float32)


def dilated(field: Field, share: float) -> Mask:
    """The region with a margin of `share` of the photo's long side around it."""
    from scipy.ndimage import distance_transform_edt

    if not (field > 0).any():
        return np.zeros(field.shape, bool)
    margin: Mask = distance_transform_edt(field <= 0) <= share * max(field.shape)
    return margin


def coordinates(shape: tuple[int, int]) -> tuple[Field, Field]:
    """y and x of every cell, -1..1 over the photo."""
    y, x = np.meshgrid(*((np.arange(n, dtype=np.float32) + 0.5) * (2 / n) - 1 for n in shape), indexing="ij")
    return y, x


def lassos(field: Field, size: tuple[int, int]) -> list[tuple[Mask, Lasso]]:
    """Every part of a region and its outline in pixels of a photo of size (width, height), with at most 500 corners.

    The outline of a hole is joined to the outer one by a cut there and back, and runs the other way round, so that the
    nonzero rule leaves the hole out.
    """
    return [(part, _lasso(keep(field, [part]), size)) for part in split(field)]


def _lasso(field: Field, size: tuple[int, int]) -> Lasso:
    from contourpy import FillType, contour_generator

    # so that the line closes, beyond the border
    padded = np.pad(np.pad(field, 1, mode="edge"), 1, constant_values=-0.5)
    filled: Any = contour_generator(z=padded, fill_type=FillType.OuterOffset).filled(0, np.inf)
    rings: list[NDArray[np.float64]] = []
    for points, ends in zip(*filled, strict=True):
        rings += [points[a:b] for a, b in pairwise(ends)]  # one outer ring, as the part is connected, then its holes
    main = max(range(len(rings)), key=lambda i: abs(_area(rings[i])))
    rings = [rings[main]] + [ring for i, ring in enumerate(rings) if i != main and abs(_area(ring)) > 4]
    tolerance = TOLERANCE
    corners = _joined([_simplified(ring, tolerance) for ring in rings])
    while len(corners) > MAX_CORNERS:
        tolerance *= 1.4
        rings = rings[:1] + [ring for ring in rings[1:] if abs(_area(ring)) > 8 * tolerance**2]
        corners = _joined([_simplified(ring, tolerance) for ring in rings])
    pixels = rescaled(corners - 2, field.shape[::-1], size).clip(-0.5, np.array(size) - 0.5)
    return tuple((round(x, 2), round(y, 2)) for x, y in pixels.tolist())


def _area(ring: NDArray[np.float64]) -> float:
    """Signed: rings one way round are positive, the other way negative."""
    x, y = ring[:-1].T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _simplified(ring: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """A closed ring, its last point the first, with fewer corners."""
    from skimage.measure import approximate_polygon

    simple: NDArray[np.float64] = approximate_polygon(ring, tolerance)
    return simple if len(simple) > 3 else ring[[0, len(ring) // 3, 2 * len(ring) // 3, -1]]


def _joined(rings: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One closed line around an outer ring and its holes, without the last point."""
    line = rings[0]
    for hole in rings[1:]:
        apart = np.hypot(*(line[:, None] - hole[None]).transpose(2, 0, 1))
        i, j = np.unravel_index(int(apart.argmin()), apart.shape)
        around = np.concatenate([hole[j:-1], hole[: j + 1]])  # from the nearest point all the way round to it
        line = np.concatenate([line[: i + 1], around, line[i:]])
    return line[:-1]


def spots(part: Mask, L: Field) -> list[tuple[int, int]]:
    """Cells (row, column) for hints in a part, 4 to 12: the deepest first, then always the one that is farthest from
    those chosen so far.

    Far in place or in lightness: a dark fold needs a hint as much as a corner does. Cells at the outline are left out,
    because they belong to two things.
    """
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= min(2.5, 0.5 * depth.max()))
    extent = max(int(np.ptp(rows)), int(np.ptp(columns)), 1)
    table = np.stack([rows / extent, columns / extent, L[rows, columns] / LIGHT * 0.5], 1)  # (n, 3)
    count = int(np.clip(round(FEWEST + 24 * np.sqrt(part.mean())), FEWEST, MOST))
    chosen = [int(depth[rows, columns].argmax())]
    nearest = np.full(len(table), np.inf)
    while len(chosen) < min(count, len(table)):
        nearest = np.minimum(nearest, np.linalg.norm(table - table[chosen[-1]], axis=1))
        chosen.append(int(nearest.argmax()))
    return [(int(rows[i]), int(columns[i])) for i in chosen]
