"""Closed lines in a picture and what lies inside them, and painted strokes as points."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from toolkit.color import rgb_to_lab
from toolkit.photo.places import rescaled

Lasso = tuple[tuple[float, float], ...]  # corners (x, y), pixels of a picture; () for no line
SAMPLES = 4  # per side of a grid cell: a lasso's edge comes in 17 steps, and one much smaller than a cell still shows

NUMBERS = (int, float, np.integer, np.floating)
STROKE_POINTS = 400


def share_inside(lasso: Lasso, size: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """The share of each cell of a grid (h, w) over a picture of size (width, height) inside a closed polygon: (h, w) in
    [0, 1]; no line: ones.
    """
    h, w = grid
    if not lasso:
        return torch.ones(h, w)
    corners = rescaled(torch.tensor(lasso, dtype=torch.float64), size, (w * SAMPLES, h * SAMPLES))
    return filled(corners, range(h * SAMPLES), w * SAMPLES).float().view(h, SAMPLES, w, SAMPLES).mean((1, 3))


def filled(corners: Tensor, rows: range, width: int) -> Tensor:
    """Which pixels of some rows have their centers inside a closed polygon: (len(rows), width) bool; corners (E, 2) in
    pixels, float64.

    The nonzero rule, as a browser's canvas fills: a freehand line that runs past its own start leaves no hole. On each
    row of centers the edges are crossings, +1 downwards and -1 upwards; their running sum from the left is the number
    of turns around each center.
    """
    (x0, y0), (x1, y1) = corners.T, corners.roll(-1, 0).T  # (E,) each
    centers = torch.arange(rows.start, rows.stop, dtype=torch.float64)
    below = centers[:, None] >= corners[:, 1]  # (rows, E)
    row, edge = (below != below.roll(-1, 1)).nonzero(as_tuple=True)
    x = x0[edge] + (centers[row] - y0[edge]) / (y1 - y0)[edge] * (x1 - x0)[edge]
    column = x.ceil().clamp(0, width).long()  # the first center at or right of the crossing
    turns = (
        torch.zeros(len(rows), width + 1)
        .index_put_((row, column), (y1 - y0)[edge].sign().float(), accumulate=True)
        .cumsum(1)
    )
    return turns[:, :-1].abs() > 0.5


def corners_of(lasso: Any) -> NDArray[np.float64] | None:
    """(n, 2), or None for what is no sequence of pairs of finite numbers. All at once, for each hint of a long stroke
    may have a lasso.
    """
    try:
        kinds = {type(number) for corner in lasso for number in corner}
        table = np.array(lasso, dtype=np.float64) if len(lasso) else np.empty((0, 2))
    except (TypeError, ValueError, OverflowError):
        return None
    pairs = table.ndim == 2 and table.shape[1] == 2 and np.isfinite(table).all()
    return table if pairs and all(issubclass(kind, NUMBERS) and kind is not bool for kind in kinds) else None


def as_lasso(corners: NDArray[np.float64]) -> Lasso:
    """Corners (n, 2) as a lasso."""
    return tuple((x, y) for x, y in corners.tolist())


def is_number(value: Any, limit: float = math.inf) -> bool:
    """Whether a number, Python's or NumPy's, is finite and below a limit: NaN is below none, and True is no number."""
    number = isinstance(value, NUMBERS) and not isinstance(value, bool)
    return number and bool(abs(value) < limit)


def stroke_points(strokes: Tensor) -> Iterator[tuple[float, float, float, float]]:
    """One point for each cell of a grid that has paint in it: its painted centre, its mean color; the grid is as fine
    as STROKE_POINTS allows.
    """
    opaque = strokes[3] > 127
    ys, xs = opaque.nonzero(as_tuple=True)
    if len(ys) == 0:
        return
    cell = 8
    while True:
        cells = (ys // cell) * (strokes.shape[2] // cell + 1) + xs // cell
        _, index, count = cells.unique(return_inverse=True, return_counts=True)
        if len(count) <= STROKE_POINTS:
            break
        cell *= 2
    painted = strokes[:3, ys, xs].float() / 255  # (3, N)
    lab = rgb_to_lab(painted[:, :, None])[..., 0]
    table = torch.stack([xs.float(), ys.float(), lab[1], lab[2]], 1)  # (N, 4)
    mean = torch.zeros(len(count), 4).index_add_(0, index, table) / count[:, None]
    yield from map(tuple, mean.tolist())
