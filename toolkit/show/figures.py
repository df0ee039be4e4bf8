"""Finished figures for notebooks, app and command line.

    contact_sheet([gray, ours, truth], titles=["gray", "ours", "truth"], columns=3).savefig("sheet.png")

Pictures are Photos, Results or tensors (3, H, W), uint8 or floats in [0, 1]. Every function returns a new matplotlib
Figure, made without pyplot and its global state: safe in a threaded server, nothing to close, and shown by a notebook
as the last line of a cell.
"""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from toolkit.guidance import Guidance
    from toolkit.pipeline import Candidate

INK, QUIET, HAIR = "#2e3440", "#8a9099", "#e7e9ec"  # text; secondary text and reference lines; grids
LINES = ("#3a6ea5", "#c8643c", "#5a8f5a", "#8d6aa8", "#b8963e", "#4d9aa0")
DENSITY = LinearSegmentedColormap.from_list("density", ["#e6eaf0", "#a9b8ce", "#5c78a3", "#2f4a7d", "#141f45"])
# clear to opaque
DOUBT = LinearSegmentedColormap.from_list("doubt", ["#ff7a5900", "#f8546655", "#e0246fb0", "#b3067fe0"])
DPI, NOTEBOOK_DPI = 150, 100
JPEG = {"quality": 70, "optimize": True, "progressive": True}
SHEET, CELL = 1400, 690  # px, width of a sheet of pictures, and of its widest cell: two side by side
OVERLAY = 1000  # px, width of a single picture
GAP, TITLE = 10, 34  # px between pictures; px for a line of text
LETTER = 11  # px, about the width of a letter in a title
TALLEST = 1.25  # height of a cell by its width: a portrait gets narrower instead of pushing the rest off the page
LONGEST = 30_000  # px, height of a sheet; Agg ends at 65,536
Pixels = NDArray[np.uint8]  # (H, W, 3)
Record = Mapping[str, float]  # a line of log.jsonl


class HasPixels(Protocol):
    """A Photo, a Result, or anything else with `rgb`, uint8 (3, H, W)."""

    @property
    def rgb(self) -> Tensor:
        """The pixels."""


Picture = Tensor | HasPixels
Log = str | Path | Sequence[Record]


class Chart(Figure):
    """A Figure measured in pixels, which a notebook shows even where pyplot was never imported."""

    def __init__(self, width: int, height: int) -> None:
        """width, height: pixels at 150 dpi."""
        super().__init__(figsize=((width + 0.01) / DPI, (height + 0.01) / DPI), dpi=DPI, facecolor="white")
        self.pixels = width, height
        FigureCanvasAgg(self)

    def place(self, left: int, top: int, width: int, height: int) -> Axes:
        """Axes over a rectangle of pixels, counted from the top left; their labels are outside of it."""
        W, H = self.pixels
        return self.add_axes((left / W, 1 - (top + height) / H, width / W, height / H))

    def small(self) -> bytes:
        """The file that a notebook keeps: a JPEG of two thirds of the pixels, for a lesson of PNGs would be twenty
        times as heavy.
        """
        target = io.BytesIO()
        self.savefig(target, format="jpeg", dpi=NOTEBOOK_DPI, pil_kwargs=JPEG)
        return target.getvalue()

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        # by this alone: where pyplot was imported, a notebook would keep a large PNG as well
        display(Image(self.small()))


def before_after(photo: Picture, result: Picture, titles: tuple[str, str] = ("before", "after")) -> Figure:
    """A photo and its colored version, side by side. Raises ValueError for anything that is not a picture."""
    return contact_sheet([photo, result], titles, columns=2)


def contact_sheet(images: Sequence[Picture] | Tensor, titles: Sequence[str] = (), columns: int = 4) -> Figure:
    """Pictures row by row in cells of one width, each whole and in its own aspect.

    images: any number, or one tensor (B, 3, H, W). titles: none, one for each column, or one for each picture. All
    pictures are drawn as one image, not in axes of their own: 600 pictures take 2 s of CPU. Raises ValueError.
    """
    pictures = [as_pixels(image) for image in images]
    if not pictures or columns < 1:
        raise ValueError(
            f"A contact sheet needs pictures and columns, not {len(pictures)} and {columns}; give at least one of each."
        )
    columns = min(columns, len(pictures))
    if len(titles) not in (0, columns, len(pictures)):
        raise ValueError(
            f"There are {len(titles)} titles for {len(pictures)} pictures in {columns} columns; give one a column or "
            "one a picture."
        )
    cell = max(
        16, min(CELL, (SHEET - GAP) // columns - GAP, int(LONGEST * columns / len(pictures) / TALLEST) - GAP - TITLE)
    )
    return laid_out([fitted(picture, cell) for picture in pictures], titles, columns, cell)


def candidates_sheet(candidates: "Sequence[Candidate]", columns: int = 3) -> Figure:
    """The proposals of `Session.candidates`, each under its label. Raises ValueError where there are none."""
    return contact_sheet([c.result for c in candidates], [c.label for c in candidates], columns)


def uncertainty_overlay(photo: Picture, uncertainty: Tensor) -> Figure:
    """Where a model is unsure: the photo in gray, with a color over the unsure places.

    uncertainty: (1, 1, h, w) in [0, 1] of any size, from `Session.uncertainty()`. Raises ValueError.
    """
    if uncertainty.dim() != 4 or uncertainty.shape[:2] != (1, 1):
        raise ValueError(
            f"Uncertainty comes as (1, 1, h, w) and this one is {tuple(uncertainty.shape)}; pass what "
            "Session.uncertainty() gives."
        )
    pixels = fitted(as_pixels(photo), OVERLAY)
    height, width = pixels.shape[:2]
    doubt = F.interpolate(uncertainty.detach().float().cpu(), (height, width), mode="bicubic", antialias=True)[
        0, 0
    ].numpy()
    figure = Chart(width + 2 * GAP, height + 2 * GAP + TITLE)
    axes = figure.place(GAP, GAP, width, height)
    axes.set_axis_off()
    gray = np.asarray(Image.fromarray(pixels).convert("L"))
    axes.imshow(gray, cmap="gray", vmin=-60, vmax=255, aspect="auto")  # blacks lifted, so that color shows on them
    layer = axes.imshow(doubt, cmap=DOUBT, vmin=0, vmax=1, aspect="auto")
    key = figure.place(GAP + 60, height + GAP + 20, 150, 12)
    bar = figure.colorbar(layer, cax=key, orientation="horizontal", ticks=[])
    bar.outline.set(edgecolor=HAIR, linewidth=0.6)
    for x, side, word in ((-0.06, "right", "sure"), (1.06, "left", "unsure")):
        key.text(x, 0.5, word, transform=key.transAxes, ha=side, va="center", fontsize=8, color=QUIET)
    return figure


def heat_overlay(photo: Picture, heat: Tensor, guidance: "Guidance | None" = None) -> Tensor:
    """Where a word was found: the photo in gray under its heat, the region's outline in white, hints as dots of their
    color; for a contact sheet.

    heat: (1, 1, h, w) in [0, 1] of any size, as `Sight.find` gives it; the outline is at 0.5. guidance: hints in pixels
    of the photo, with their lassos. Returns uint8 (3, H, W) of at most 1000 px. Raises ValueError.
    """
    if heat.dim() != 4 or heat.shape[:2] != (1, 1):
        raise ValueError(f"A heat map comes as (1, 1, h, w) and this one is {tuple(heat.shape)}; pass Found.heat.")
    whole = as_pixels(photo)
    pixels = fitted(whole, min(OVERLAY, whole.shape[1]))
    height, width = pixels.shape[:2]
    warm = F.interpolate(heat.detach().float().cpu(), (height, width), mode="bilinear", align_corners=False)[
        0, 0
    ].numpy()
    gray = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float32)[..., None]
    tone = DOUBT(warm)
    cover = 0.75 * tone[..., 3:]  # the thing itself shall be seen through it
    mixed = (60 + gray * 0.76) * (1 - cover) + 255 * tone[..., :3] * cover
    image = Image.fromarray(mixed.clip(0, 255).astype(np.uint8))
    draw, scale = ImageDraw.Draw(image), width / whole.shape[1]
    inside = Image.fromarray((warm >= 0.5).astype(np.uint8) * 255)
    border = np.asarray(inside.filter(ImageFilter.MaxFilter(3))) != np.asarray(inside)
    image.paste((255, 255, 255), mask=Image.fromarray(border.astype(np.uint8) * 255))
    for hint in guidance.hints if guidance is not None else ():
        if hint.lasso:
            draw.polygon([((x + 0.5) * scale, (y + 0.5) * scale) for x, y in hint.lasso], outline="#ffd54a")
    for hint in guidance.hints if guidance is not None else ():
        x, y, r = (hint.x + 0.5) * scale, (hint.y + 0.5) * scale, max(3, width // 120)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=hint.color, outline="white")
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def training_curves(log: Log | Mapping[str, Log], smoothing: float = 0.02) -> Figure:
    """Loss, validation PSNR against the gray line, and colorfulness over the steps of a run.

    log: log.jsonl or its folder, its records, or {name: log} to compare runs. smoothing: width of the
    Gaussian mean over the loss, as a share of the run, up to 0.15. Raises ValueError.
    """
    if not 0 <= smoothing <= 0.15:
        raise ValueError(f"Smoothing is {smoothing}; choose a share of the run from 0 to 0.15.")
    runs = {name: _records(one) for name, one in (log.items() if isinstance(log, Mapping) else [("", log)])}
    figure = Chart(1650, 510)
    loss, quality, color = (figure.place(80 + 540 * i, 50, 460, 375) for i in range(3))
    quality.sharex(loss)
    color.sharex(loss)
    for axes, title in (
        (loss, "loss"),
        (quality, "validation PSNR, dB"),
        (color, "colorfulness, share of the truth's"),
    ):
        quiet(axes, title)
        axes.set_xlabel("step", color=QUIET, fontsize=8)
    for i, (name, records) in enumerate(runs.items()):
        line = LINES[i % len(LINES)]
        steps, values = _series(records, "loss")
        loss.plot(steps, values, color=line, alpha=0.22, linewidth=0.8)
        loss.plot(steps, _smooth(values, smoothing), color=line, linewidth=1.6, label=name)
        for axes, key in ((quality, "val_psnr"), (color, "val_colorfulness_ratio")):
            axes.plot(*_series(records, key), color=line, linewidth=1.6, marker="o", markersize=3)
    # the same photos in every run
    gray = [value for records in runs.values() for value in _series(records, "val_gray_psnr")[1]][:1]
    reference_line(color, [1.0], "truth")
    reference_line(quality, gray, "gray picture")
    color.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    color.set_ylim(0, max(1.1, color.get_ylim()[1]))
    if not gray:
        quality.set_yticks([])
        quality.text(0.5, 0.5, "no validation yet", transform=quality.transAxes, ha="center", fontsize=8, color=QUIET)
    if len(runs) > 1:
        loss.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def as_pixels(picture: Picture) -> Pixels:
    """Any picture -> uint8 (H, W, 3)."""
    tensor = picture if isinstance(picture, Tensor) else getattr(picture, "rgb", None)
    if not isinstance(tensor, Tensor):
        raise ValueError(
            f"A picture is a Photo, a Result or a tensor (3, H, W), not {type(picture).__name__}; open files with "
            "open_photo."
        )
    if tensor.dim() == 4 and len(tensor) == 1:
        tensor = tensor[0]
    if tensor.dim() != 3 or tensor.shape[0] not in (1, 3) or not tensor.numel():
        raise ValueError(
            f"A picture is (3, H, W) or (1, H, W) and this one is {tuple(tensor.shape)}; pass pictures one by one."
        )
    if tensor.is_floating_point():
        tensor = tensor.detach().float().nan_to_num().clamp(0, 1).mul(255).round()
    return tensor.expand(3, -1, -1).permute(1, 2, 0).byte().cpu().contiguous().numpy()


def fitted(pixels: Pixels, cell: int) -> Pixels:
    """Resized to be as large as the cell allows, with the same aspect."""
    height, width = pixels.shape[:2]
    scale = min(cell / width, cell * TALLEST / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # the gap: large photos are halved first
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))


def laid_out(pictures: list[Pixels], titles: Sequence[str], columns: int, cell: int) -> Figure:
    """Pictures, each no larger than its cell -> a figure that shows them pixel by pixel."""
    heads = len(titles) == columns  # above the columns, else above each picture
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    tall = [max(len(picture) for picture in row) for row in rows]
    step = TITLE if titles and not heads else 0
    tops = np.cumsum([GAP + (TITLE if heads and titles else step)] + [height + GAP + step for height in tall])
    H, W = int(tops[-1]) - step, GAP + columns * (cell + GAP)
    canvas = np.full((H, W, 3), 255, np.uint8)
    figure = Chart(W, H)
    for i, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        left, top = GAP + i % columns * (cell + GAP), tops[i // columns]
        indent = (cell - width) // 2
        canvas[top : top + height, left + indent : left + indent + width] = picture
        if i < len(titles):
            text = titles[i] if len(titles[i]) <= cell // LETTER else titles[i][: max(1, cell // LETTER - 1)] + "…"
            figure.text(
                (left + cell / 2) / W, 1 - (top - 9) / H, text, ha="center", fontsize=9, color=INK, parse_math=False
            )
    axes = figure.place(0, 0, W, H)
    axes.imshow(canvas, aspect="auto")
    axes.set_axis_off()
    return figure


def quiet(axes: Axes, title: str) -> None:
    """One look for all charts: two thin lines, a faint grid, small gray numbers, a title at the left."""
    axes.set_title(title, loc="left", fontsize=9.5, color=INK, pad=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIR)
    axes.tick_params(colors=QUIET, labelsize=8, length=0)
    axes.grid(color=HAIR, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def reference_line(axes: Axes, levels: Sequence[float], name: str) -> None:
    """A dashed line to compare with, labelled at its right end; nothing if there is no value."""
    for y in levels:
        axes.axhline(y, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        end = axes.get_yaxis_transform()  # x as a share of the axes, y in data
        axes.annotate(
            name, (1, y), xycoords=end, xytext=(0, 3), textcoords="offset points", ha="right", fontsize=8, color=QUIET
        )


def _records(log: Log) -> list[Record]:
    """The records of a log; a last line that is still being written is left out."""
    if not isinstance(log, str | Path):
        records = list(log)
    else:
        path = Path(log) / "log.jsonl" if Path(log).is_dir() else Path(log)
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
            records = [json.loads(line) for line in lines[:-1] if line.strip()]
        except (OSError, ValueError):
            raise ValueError(
                f"{path} is not a readable training log; give the log.jsonl of a run or its folder."
            ) from None
    if not any("loss" in record for record in records):
        raise ValueError("The training log holds no losses yet; wait for the first steps or give another run.")
    return records


def _series(records: Sequence[Record], key: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps and values of the records that hold a key."""
    pairs = [(record["step"], record[key]) for record in records if key in record]
    steps, values = np.array(pairs, float).reshape(-1, 2).T
    return steps, values


def _smooth(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Gaussian mean over neighbors on both sides: unlike a running mean it does not trail behind a falling loss."""
    sigma = share * len(values)
    at = np.arange(-int(3 * sigma), int(3 * sigma) + 1)
    kernel = np.exp(-0.5 * (at / max(sigma, 1e-9)) ** 2)
    weights = np.convolve(np.ones_like(values), kernel, "same")  # less at the ends
    return np.asarray(np.convolve(values, kernel, "same") / weights)
