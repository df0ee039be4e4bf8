"""What evaluate_text.py measured: means with their standard errors, by class, over pairs and over classes, and the table of them."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.measure.evaluate import format_table

MEASURES = ("found", "alarm", "pointing", "centre", "iou", "uniform", "auc", "auc_all", "wish", "automatic", "to_name", "outside")
SHARES = ("found %", "false %", "pointing %", "centre %")
HEADER = ("", "n", *SHARES, "IoU", "uniform", "presence AUC", "all names", "to wish", "automatic", "to name", "outside")


@dataclass(frozen=True)
class Mean:
    """Of some numbers; se: the mean's standard error, None of a single number."""

    mean: float
    se: float | None = None


@dataclass(frozen=True)
class Line:
    """One class, or all pairs, or all classes. Shares and areas are 0..1."""

    name: str
    n: int  # pairs, or for all classes their number
    found: Mean | None  # share that the localizer says is present
    alarm: Mean | None  # share of the names that are not there, of those the source labels, that it says are present
    pointing: Mean | None
    centre: Mean | None  # pointing of the photo's centre
    iou: Mean | None
    uniform: Mean | None  # IoU of the whole photo
    auc: Mean | None  # presence against names that the source labels; None where there are none
    auc_all: Mean | None  # against all names
    wish: Mean | None  # CIEDE2000; None without coloring, as what follows
    automatic: Mean | None  # CIEDE2000 of the picture without a sentence to the same wish
    to_name: Mean | None  # CIEDE2000 to the color's name however light the place
    outside: Mean | None  # ab units


@dataclass(frozen=True)
class TextScore:
    """Everything measured on one tar."""

    model: str
    photos: int
    pairs: Line
    classes: Line  # means over classes
    by_class: tuple[Line, ...]  # most frequent first
    swap: Mean | None  # share that succeeds; None without coloring or where no photo has two such classes
    swaps: int
    held_out: tuple[str, ...] | None  # the only words measured; None: all
    protocol: str


def area_under_curve(present: Sequence[float], absent: Sequence[float]) -> Mean | None:
    """Chance that one of the present is surer than one of the absent (ties count half), with the standard error of DeLong et al. 1988.

    None where one of the two is empty.
    """
    if not len(present) or not len(absent):
        return None
    above = _share_below(present, absent)
    below = 1 - _share_below(absent, present)
    error = math.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)) if min(len(above), len(below)) > 1 else None
    return Mean(round(float(above.mean()), 4), None if error is None else round(error, 4))


def _share_below(values: Sequence[float], others: Sequence[float]) -> NDArray[np.float64]:
    """For each value the share of the others that are smaller, equal ones counting half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / (2 * len(ordered))


def line_of(name: str, records: Sequence[Mapping[str, float]]) -> Line:
    """The means of what the records hold; what none of them holds is None."""
    return Line(name, len(records), **{key: mean_of([record[key] for record in records if key in record]) for key in MEASURES})


def mean_of(values: Sequence[float]) -> Mean | None:
    """None of no values."""
    if not values:
        return None
    return Mean(round(statistics.fmean(values), 4), round(statistics.stdev(values) / math.sqrt(len(values)), 4) if len(values) > 1 else None)


def text_table(score: TextScore) -> str:
    """A line for all pairs, for all classes and for each class, the swap test, and the protocol below."""
    rows = [_row(line) for line in (score.pairs, score.classes, *score.by_class)]
    used = [i for i in range(len(HEADER)) if i < 2 or any(row[i] != "-" for row in rows)]
    table = format_table([HEADER[i] for i in used], [[row[i] for i in used] for row in rows])
    swap = [] if score.swap is None else [f"Colors swapped with the words in {score.swap.mean:.0%} of {score.swaps} sentences about two things."]
    return "\n".join([table, *swap, score.protocol])


def _row(line: Line) -> list[str | int]:
    def cell(mean: Mean | None, unit: float, digits: int) -> str:
        if mean is None:
            return "-"
        return f"{unit * mean.mean:.{digits}f}" + ("" if mean.se is None else f"±{unit * mean.se:.{digits}f}")

    shares = [cell(mean, 100, 1) for mean in (line.found, line.alarm, line.pointing, line.centre)]
    others = [cell(mean, 1, 3) for mean in (line.iou, line.uniform, line.auc, line.auc_all)]
    colors = [cell(mean, 1, 2) for mean in (line.wish, line.automatic, line.to_name, line.outside)]
    return [line.name, line.n, *shares, *others, *colors]
