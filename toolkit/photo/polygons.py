"""Closed lines in a picture, and what lies inside them."""

import torch
from torch import Tensor

from toolkit.photo.places import rescaled

Lasso = tuple[tuple[float, float], ...]  # corners (x, y), pixels of a picture; () for no line
SAMPLES = 4  # per side of a grid cell: a lasso's edge comes in 17 steps, and one much smaller than a cell still shows


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
