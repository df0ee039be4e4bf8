"""Figures of what `toolkit.measure.studies.sampling` measured."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolkit.show.figures import HAIR, INK, LINES, QUIET, Chart

if TYPE_CHECKING:
    from toolkit.measure.studies.sampling import SampleScore


def plot_ranks(scores: "Sequence[SampleScore]") -> Chart:
    """Rank histograms: how often so many of the K samples lie below the truth, bars for each model that draws; dashed, a calibrated model's.

    High ends: the samples are too much alike. A slope: the model leans to one side. Raises ValueError where no model drew.
    """
    drawn = [(f"{score.model}, {score.vividness:g}", score.spread.ranks) for score in scores if score.spread and score.vividness is not None]
    if not drawn:
        raise ValueError("None of these scores is of a model that draws; give those of evaluate_samples.")
    figure = Chart(1010, 560)
    axes = figure.place(90, 50, 870, 420)
    width = 0.8 / len(drawn)
    for i, (name, shares) in enumerate(drawn):
        left = (i - (len(drawn) - 1) / 2) * width
        axes.bar([rank + left for rank in range(len(shares))], shares, width, color=LINES[i % len(LINES)], label=name)
    axes.axhline(1 / len(drawn[0][1]), color=INK, linewidth=1, linestyle=(0, (4, 3)), label="calibrated")
    axes.set_title("share of the true a and b", loc="left", fontsize=9.5, color=INK, pad=8)
    axes.set_xlabel("samples below the truth", color=QUIET, fontsize=8)
    axes.set_xticks(range(len(drawn[0][1])))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIR)
    axes.tick_params(colors=QUIET, labelsize=8, length=0)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure
