"""Charts for the notebook on diffusion.

curves({"PSNR, dB": {"euler": ([1, 2, 4], [20.1, 22.3, 22.9])}}, "evaluations", logarithmic=True)

A line of one name has the same color in all panels.
"""

import io
from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from PIL import Image
from torch import Tensor

from toolkit.color import lab_to_rgb
from toolkit.show.figures import (
    HAIR,
    INK,
    LINES,
    NOTEBOOK_DPI,
    QUIET,
    SHEET,
    Chart,
    Picture,
    as_pixels,
    fitted,
    laid_out,
    quiet,
    reference_line,
)

Series = tuple[Sequence[float], Sequence[float]]  # x and y
HUES = 36  # bins of ten degrees
BAR = 60.0  # L of a bar


class LineChart(Chart):
    """A Chart of few colors, which a notebook keeps as a PNG with a palette: a quarter of a JPEG, and sharp."""

    def small(self) -> bytes:
        """The file that a notebook keeps."""
        drawn, target = io.BytesIO(), io.BytesIO()
        self.savefig(drawn, format="png", dpi=NOTEBOOK_DPI)
        Image.open(drawn).convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE).save(
            target, format="png", optimize=True
        )
        return target.getvalue()


def small_sheet(
    images: Sequence[Picture] | Tensor, titles: Sequence[str] = (), columns: int = 8, cell: int = 140
) -> Figure:
    """A contact sheet with cells of `cell` px, however few they are, so that a notebook with many sheets stays small.
    Raises ValueError.
    """
    pictures = [as_pixels(image) for image in images]
    if not pictures or len(titles) not in (0, columns, len(pictures)):
        raise ValueError(
            f"There are {len(titles)} titles for {len(pictures)} pictures in {columns} columns; give one a column or "
            "one a picture."
        )
    return laid_out([fitted(picture, cell) for picture in pictures], titles, columns, cell)


def curves(
    panels: Mapping[str, Mapping[str, Series]],
    x: str,
    *,
    levels: Mapping[str, tuple[str, float]] | None = None,
    logarithmic: bool = False,
) -> LineChart:
    """Panels side by side; lines with the same name have the same color.

    panels: {title: {name: (x, y)}}. x: name of the axis below. levels: {title: (name, y)}, a dashed line to compare
    with. logarithmic: x by powers of two. Raises ValueError where there is nothing to draw.
    """
    if not panels or not all(panels.values()):
        raise ValueError("There is nothing to draw; give at least one panel, and each at least one line.")
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    width = min(560, (SHEET - 20) // len(panels) - 80)
    figure = LineChart(20 + len(panels) * (width + 80), 450)
    for i, (title, lines) in enumerate(panels.items()):
        axes = figure.place(70 + i * (width + 80), 50, width, 310)
        quiet(axes, title)
        axes.set_xlabel(x, color=QUIET, fontsize=8)
        if logarithmic:
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter("{x:g}")
        for name, (along, up) in lines.items():
            marker = "o" if len(along) <= 20 else ""
            axes.plot(
                along,
                up,
                color=LINES[names.index(name) % len(LINES)],
                linewidth=1.6,
                marker=marker,
                markersize=3,
                label=name,
            )
        if levels and title in levels:
            reference_line(axes, [levels[title][1]], levels[title][0])
        if i == 0 and len(names) > 1:
            axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def hue_histogram(colors: Mapping[str, Tensor]) -> LineChart:
    """How often each hue occurs, one panel for each set of colors; a bar has the mean color of what it counts, so that
    dull colors look dull.

    colors: {title: ab (N, 2)}, Lab units. The hue is atan2(b, a) in degrees: 0 pink, 90 yellow, 180 green, 270 blue.
    Raises ValueError.
    """
    for title, ab in colors.items():
        if ab.dim() != 2 or ab.shape[1] != 2 or not len(ab):
            raise ValueError(f"Colors come as ab (N, 2) and {title!r} is {tuple(ab.shape)}; pass one color a row.")
    if not colors:
        raise ValueError("There are no colors to count; give at least one set.")
    width = min(560, (SHEET - 20) // len(colors) - 80)
    figure = LineChart(20 + len(colors) * (width + 80), 380)
    for i, (title, ab) in enumerate(colors.items()):
        axes = figure.place(70 + i * (width + 80), 50, width, 240)
        quiet(axes, title)
        ab = ab.float().cpu()
        which = (torch.atan2(ab[:, 1], ab[:, 0]).rad2deg() % 360 / 360 * HUES).long() % HUES
        counts = torch.bincount(which, minlength=HUES)
        mean = torch.zeros(HUES, 2).index_add(0, which, ab) / counts.clamp(min=1).unsqueeze(1)
        rgb = lab_to_rgb(torch.cat([torch.full((HUES, 1), BAR), mean], 1).T[..., None])[..., 0].T  # (HUES, 3)
        step = 360 / HUES
        axes.bar(
            [(k + 0.5) * step for k in range(HUES)],
            (counts / len(ab)).tolist(),
            step,
            color=rgb.tolist(),
            edgecolor=HAIR,
            linewidth=0.4,
        )
        axes.set_xlim(0, 360)
        axes.set_xticks(range(0, 361, 90))
        axes.set_xlabel("hue, degrees", color=QUIET, fontsize=8)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure
