"""Figures of the ab plane: how often colors occur, and which of them exist."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import in_gamut, lab_to_rgb, rgb_to_lab
from toolkit.show.figures import DENSITY, INK, QUIET, Chart, quiet

if TYPE_CHECKING:
    from toolkit.color import AbBins

REACH = 115  # ab units that a chart of the ab plane shows on each side of gray: all of sRGB


def ab_histogram(ab: Tensor, title: str = "") -> Figure:
    """How often each color occurs: share of pixels by a and b, logarithmic, inside the outline of all sRGB colors.

    ab: (B, 2, H, W) or (2, H, W), Lab units. Raises ValueError.
    """
    if ab.dim() not in (3, 4) or ab.shape[-3] != 2 or not ab.numel():
        raise ValueError(
            f"Colors come as ab (B, 2, H, W) and these are {tuple(ab.shape)}; pass the last two channels of Lab."
        )
    a, b = ab.float().cpu().movedim(-3, 0).flatten(1).numpy()
    edges = np.arange(-REACH - 1, REACH + 2, 2.0)  # bins two units wide, gray in the middle of one
    counts = np.histogram2d(b, a, bins=[edges, edges])[0] / a.size
    figure, axes = _ab_plane(title, 885)
    mesh = axes.pcolormesh(
        edges, edges, np.ma.masked_equal(counts, 0), cmap=DENSITY, norm=LogNorm(1e-6, 1e-1), rasterized=True
    )
    bar = figure.colorbar(mesh, cax=figure.place(765, 50, 20, 630))
    bar.set_label("share of pixels in a bin of 2 x 2", color=QUIET, fontsize=8)
    bar.ax.tick_params(which="both", colors=QUIET, labelsize=8, length=0)
    bar.outline.set(visible=False)
    return figure


def gamut_slice(L: float, bins: "AbBins | None" = None) -> Figure:
    """All colors that sRGB can show at one lightness L, at their place in the ab plane; with the bins of a model, if
    given.

    Raises ValueError for an L outside [0, 100].
    """
    if not 0 <= L <= 100:
        raise ValueError(f"L is {L}; choose a lightness from 0 (black) to 100 (white).")
    axis = torch.linspace(-REACH, REACH, 4 * REACH + 1)  # half a unit a pixel
    b, a = torch.meshgrid(axis, axis, indexing="ij")
    lab = torch.stack([torch.full_like(a, L), a, b])  # (3, n, n)
    inside = in_gamut(lab).float()  # (1, n, n)
    # one pixel more, in the color of the edge, for a smooth outline
    near = F.max_pool2d(inside, 3, stride=1, padding=1)[0] > 0
    painted = torch.zeros(*near.shape, 4)
    painted[..., :3][near] = lab_to_rgb(lab[:, near][..., None])[..., 0].T  # (3, N, 1) -> (N, 3)
    painted[..., 3] = F.avg_pool2d(inside, 3, stride=1, padding=1)[0]
    figure, axes = _ab_plane(f"L = {L:g}", 755)
    axes.imshow(
        painted.numpy(), extent=(-REACH, REACH, -REACH, REACH), origin="lower", interpolation="bilinear", zorder=1
    )
    if bins is not None:
        at = bins.in_gamut_at(L).cpu()
        for chosen, color in ((at, INK), (~at, "#c9cdd3")):
            a_of_bins, b_of_bins = bins.centers.cpu()[chosen].T.numpy()
            axes.scatter(a_of_bins, b_of_bins, s=5, color=color, linewidths=0, zorder=4)
    return figure


def gamut_outline(n: int = 60) -> tuple[Tensor, Tensor]:
    """The border of all sRGB colors in the ab plane: ab (6n, 2), Lab units, and the colors there, rgb (6n, 3).

    In the ab plane, the gamut ends at the six edges of the RGB cube from red over yellow, green, cyan, blue and magenta
    back to red.
    """
    corners = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]], dtype=torch.float32)
    share = torch.arange(n)[:, None] / n
    rgb = torch.cat([a + (b - a) * share for a, b in zip(corners, corners.roll(-1, 0), strict=True)])  # (6n, 3)
    return rgb_to_lab(rgb.T[..., None])[1:, :, 0].T, rgb


def _ab_plane(title: str, width: int) -> tuple[Chart, Axes]:
    """Axes a and b to one scale, with the outline of all sRGB colors in those colors."""
    figure = Chart(width, 765)
    axes = figure.place(105, 50, 630, 630)
    quiet(axes, title)
    axes.set(
        xlim=(-REACH, REACH),
        ylim=(-REACH, REACH),
        aspect="equal",
        xticks=range(-100, 101, 50),
        yticks=range(-100, 101, 50),
    )
    axes.set_xlabel("a     green to red", color=QUIET, fontsize=8)
    axes.set_ylabel("b     blue to yellow", color=QUIET, fontsize=8)
    outline, rgb = gamut_outline()
    pieces = torch.stack([outline, outline.roll(-1, 0)], 1).numpy()  # (6n, 2 ends, 2)
    axes.add_collection(LineCollection(list(pieces), colors=rgb.numpy(), linewidths=2, capstyle="round", zorder=3))
    return figure, axes
