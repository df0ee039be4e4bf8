"""Places in a picture: the one file that knows how they are counted, and where a place lies in a smaller or larger
copy.

A place is a *pixel* (x, y), whole numbers at the pixels' centers; or a *share* (u, v) of the picture, 0 to 1 from edge
to edge; or a *cell* (row, column) of a grid over the picture. Sizes are (width, height), grids (rows, columns). Tensors
and arrays (..., 2) come back as what they were, pairs as pairs.
"""

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Size = tuple[float, float]
XY = TypeVar("XY", Tensor, NDArray[np.float64], tuple[float, float])


def to_share(pixel: XY, size: Size) -> XY:
    """Pixels of a picture -> shares, from edge to edge.

    >>> to_share((0.0, 0.0), (10, 20))
    (0.05, 0.025)
    """
    return _each(pixel, lambda xy, width_height: (xy + 0.5) / width_height, size)


def from_share(share: XY, size: Size) -> XY:
    """Shares -> pixels of a picture.

    >>> from_share((0.05, 0.5), (10, 20))
    (0.0, 9.5)
    """
    return _each(share, lambda uv, width_height: uv * width_height - 0.5, size)


def rescaled(pixel: XY, old: Size, new: Size) -> XY:
    """Pixels of a picture of size `old` -> the same places as pixels of its copy of size `new`.

    >>> rescaled((0.0, 0.0), (640, 480), (320, 240))  # the first pixel's center lies left of the copy's first center
    (-0.25, -0.25)
    """
    return _each(pixel, lambda xy, factor: (xy + 0.5) * factor - 0.5, (new[0] / old[0], new[1] / old[1]))


def to_cell(pixel: tuple[float, float], size: Size, grid: tuple[int, ...]) -> tuple[int, int]:
    """The cell in which a pixel lies; the nearest one, for a pixel beside the picture."""
    (x, y), (rows, columns) = pixel, grid
    row, column = int((y + 0.5) / size[1] * rows), int((x + 0.5) / size[0] * columns)
    return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def from_cell(cell: tuple[float, float], grid: tuple[int, ...], size: Size) -> tuple[float, float]:
    """The place in the middle of a cell, as a pixel; between two centers where the cell is an even number of pixels
    wide.
    """
    (row, column), (rows, columns) = cell, grid
    return (column + 0.5) / columns * size[0] - 0.5, (row + 0.5) / rows * size[1] - 0.5


def middle_pixel(cell: tuple[int, int], grid: tuple[int, ...], size: Size) -> tuple[int, int]:
    """The whole pixel in which the middle of a cell lies."""
    return int((cell[1] + 0.5) / grid[1] * size[0]), int((cell[0] + 0.5) / grid[0] * size[1])


def cell_shares(rows: int, columns: int) -> Tensor:
    """The shares of the middles of a grid's cells: (rows, columns, 2), float32."""
    import torch

    v, u = torch.meshgrid((torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns, indexing="ij")
    return torch.stack([u, v], -1)


def _each(xy: XY, change: Any, pair: tuple[float, float]) -> XY:
    if isinstance(xy, Tensor):
        return cast(XY, change(xy, xy.new_tensor(pair)))
    changed = change(np.asarray(xy, np.float64), np.asarray(pair, np.float64))
    return cast(XY, tuple(changed.tolist()) if isinstance(xy, tuple) else changed)
