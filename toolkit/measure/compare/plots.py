"""Figures of a comparison."""

import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from toolkit.measure.compare.result import GRAY, Results
from toolkit.show.figures import HAIR, INK, LINES, QUIET, Chart, contact_sheet, quiet, reference_line


def grid(comparison: Results, photos: int | Sequence[int], hints: int | None) -> Figure:
    """See `Comparison.grid`."""
    there = sorted({photo for photo, _, _ in comparison.pictures})
    chosen = there[:photos] if isinstance(photos, int) else list(photos)
    count = max(comparison.setup.hints) if hints is None else hints
    if not chosen:
        raise ValueError("No pictures were kept; compare with keep=8 or more.")
    if count not in comparison.setup.hints or not set(chosen) <= set(there):
        raise ValueError(
            f"There are pictures of photos {_some(there)} with {_some(comparison.setup.hints)} hints; choose among "
            "these."
        )
    blank = torch.full((3, 1, 1), 255, dtype=torch.uint8)  # where a model failed
    columns = [*comparison.models, "truth"]
    pictures = [comparison.picture(photo, model, count) for photo in chosen for model in columns]
    return contact_sheet([blank if picture is None else picture for picture in pictures], columns, len(columns))


def curves(comparison: Results) -> Figure:
    """See `Comparison.curves`: a line a model with a band of one standard error to each side, and the gray picture to
    compare with.
    """
    counts = comparison.setup.hints
    if len(counts) < 2:
        raise ValueError("One number of hints makes no curve; compare with several, such as 0, 10 and 100.")
    table = comparison.table[comparison.table["n"] > 0]
    figure = Chart(1010, 660)
    axes = figure.place(90, 50, 870, 510)
    quiet(axes, "PSNR, dB")
    axes.set_xlabel("hints", color=QUIET, fontsize=8)
    axes.set_xscale("symlog", linthresh=1, linscale=0.5)  # logarithmic, with a place for none
    models = table[table["model"] != GRAY].groupby("model", sort=False)
    for i, (model, line) in enumerate(models):
        color, psnr, error = LINES[i % len(LINES)], line["psnr"], line["psnr_se"].fillna(0)
        axes.fill_between(line["hints"], psnr - error, psnr + error, color=color, alpha=0.15, linewidth=0)
        axes.plot(line["hints"], psnr, color=color, linewidth=1.6, marker="o", markersize=3, label=model)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    reference_line(axes, list(table.loc[table["model"] == GRAY, "psnr"][:1]), "gray picture")
    if len(models):
        axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left")
    return figure


def speed(comparison: Results, hints: int | None) -> Figure:
    """See `Comparison.speed`."""
    count = max(comparison.setup.hints) if hints is None else hints
    rows = [row for row in comparison.table.to_dict("records") if row["hints"] == count and row["n"]]
    if not rows:
        raise ValueError(f"Nothing was measured with {count} hints; choose among {_some(comparison.setup.hints)}.")
    figure = Chart(1010, 660)
    axes = figure.place(90, 50, 870, 510)
    for i, row in enumerate(rows):
        seconds, color = row["looking"] + row["painting"], LINES[i % len(LINES)]
        axes.errorbar(
            seconds,
            row["psnr"],
            None if math.isnan(row["psnr_se"]) else row["psnr_se"],
            color=color,
            marker="o",
            markersize=5,
            linewidth=1,
        )
        axes.annotate(
            row["model"],
            (seconds, row["psnr"]),
            (7, (4, -11)[i % 2]),
            textcoords="offset points",
            fontsize=8,
            color=INK,
            parse_math=False,
        )
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_title("PSNR, dB", loc="left", fontsize=9.5, color=INK, pad=8)
    axes.set_xlabel("seconds a photo, looking and painting", color=QUIET, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIR)
    axes.tick_params(which="both", colors=QUIET, labelsize=8, length=0)
    axes.grid(color=HAIR, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
