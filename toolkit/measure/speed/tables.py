"""What the parts of `bench` say, as tables for a terminal and for pages."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from toolkit.measure.tables import Column, Row, grid


class Cost(NamedTuple):
    """A table of one part of the report."""

    rows: str  # key of its rows
    title: str  # of the first column, filled with what the part says
    columns: Sequence[Column]


def _milliseconds(row: Row) -> str:
    return f"{1000 * row['seconds']:.0f}"


MS = Column("seconds", "ms", show=_milliseconds)
SIZE = "{width} × {height} px"
COSTS = {
    "clicks": Cost("clicks", SIZE, (Column("way", ""), MS, Column("times_a_click", "times a click with 10 hints", 1))),
    "text": Cost("text", SIZE, (Column("way", ""), MS, Column("times_an_encoding", "times a CLIP encoding", 1))),
    "reference": Cost(
        "reference", SIZE + ", {points} points", (Column("step", ""), MS, Column("times_looking", "times looking", 2))
    ),
    "classical": Cost(
        "methods",
        "{hints} hints, {photos} photos of {megapixels:g} megapixel",
        (
            Column("method", ""),
            Column("seconds", "seconds", 2),
            Column("times_faster", "times as fast", 1),
            Column("psnr", "PSNR, dB", 2),
            Column("gain", "above levin2004", 2, sign=True),
            Column("least_gain", "on the worst photo", 2, sign=True),
        ),
    ),
}
GROWTH = (
    Column("megapixels", "megapixels", show=lambda row: f"{row['megapixels']:g}"),
    Column("seconds", "seconds", 1),
    Column("memory_mb", "MB above the idle process", show=lambda row: f"{row['memory_mb']:,}"),
)


def cost_table(part: str, report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and cells of a part of the report."""
    cost = COSTS[part]
    (_, *titles), cells = grid(report[cost.rows], cost.columns)
    return [cost.title.format(**report), *titles], cells
