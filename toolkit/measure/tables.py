"""From the numbers of single photos to means, and from rows to a table: for a
terminal, for a page and for JSON alike.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
DIGITS = 4  # of numbers in JSON


@dataclass(frozen=True)
class Column:
    """What a table says about each row, as text or rounded. An empty cell: nothing was measured."""

    key: str  # of the row, and in JSON
    title: str
    digits: int | None = None  # behind the point; None: a word or a whole number
    unit: str = ""  # written after the number; with % the number is a share
    sign: bool = False  # + before what is above 0
    error: bool = False  # with the standard error, which the row has as KEY_se
    baseline: str = ""  # key of the number to beat
    called: str = ""  # what has that number
    about: str = ""  # the title where there is room
    show: Callable[[Row], str] | None = None  # says the whole cell instead; `hidden`: it is for JSON only

    def cell(self, row: Row) -> str:
        """The text of one row."""
        if self.show is not None:
            return self.show(row)
        value = row.get(self.key)
        if value is None or self.digits is None:
            return "" if value is None else str(value)
        error = row.get(f"{self.key}_se") if self.error else None
        signed = "+" if self.sign and value >= 0 else ""
        return f"{signed}{self.number(value)}{'' if error is None else f' ± {self.number(error)}'}{self.unit}"

    def number(self, value: float) -> str:
        """Rounded, in the column's unit."""
        return f"{value * (100 if self.unit.strip() == '%' else 1):.{self.digits}f}"


def hidden(row: Row) -> str:
    """Nothing."""
    return ""


def summary(
    records: Iterable[Row], by: Sequence[str], more: "Callable[[pd.DataFrame], Row] | None" = None
) -> list[Row]:
    """A row for each combination of `by`, in the order of first appearance: for each number KEY its mean, KEY_se the
    standard error, KEY_n how many.

    n: how many records. Numbers that a record lacks do not count. more: what of a group's records is no mean of theirs.
    """
    import pandas as pd  # slow to import, and tables without numbers do not need it

    groups: dict[tuple[Any, ...], list[Row]] = {}
    for record in records:
        groups.setdefault(tuple(record[key] for key in by), []).append(record)
    rows = []
    for key, found in groups.items():
        frame = pd.DataFrame(found)
        numbers = frame.drop(columns=list(by)).select_dtypes("number")
        row = dict(zip(by, key, strict=True)) | {"n": len(frame)}
        for name, of in numbers.agg(["mean", "sem", "count"]).items():
            row |= {str(name): plain(of["mean"]), f"{name}_se": plain(of["sem"]), f"{name}_n": int(of["count"])}
        rows.append(row | (more(frame) if more else {}))
    return rows


def ratio(above: "pd.Series[float]", below: "pd.Series[float]", least: float = 1e-3) -> float:
    """Of two means."""
    return float(above.mean()) / max(float(below.mean()), least)


def plain(value: float) -> float | None:
    """A number as Python has it; None for one that is not there."""
    return None if math.isnan(value) else float(value)


def as_json(rows: Iterable[Row], by: Sequence[str], columns: Sequence[Column]) -> list[Row]:
    """What JSON says of the rows: `by`, n, and of each column the number and its standard error."""
    keys = [*by, "n", *(key for c in columns for key in ((c.key, f"{c.key}_se") if c.error else (c.key,)))]
    return [{key: _rounded(row.get(key)) for key in dict.fromkeys(keys)} for row in rows]


def _rounded(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value


def grid(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[list[str], list[list[str]]]:
    """Titles and cells."""
    return [column.title for column in columns], [[column.cell(row) for column in columns] for row in rows]


def filled(rows: Sequence[Row], columns: Sequence[Column]) -> list[Column]:
    """The columns that say something of any row."""
    return [column for column in columns if any(column.cell(row) for row in rows)]


def text_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns for a terminal: floats with up to three digits behind the point, numbers to the right."""
    cells = [list(header)] + [[_text(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    numbers = [
        all(cell[:1] in "+-0123456789" for cell in column) and any(column) for column in zip(*cells[1:], strict=True)
    ] or [False] * len(header)
    lines = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return (f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}") if isinstance(value, float) else str(value)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: bool = False) -> str:
    """The same as Markdown. numbers: all columns but the first stand to the right."""
    lines = [header, ["---"] + ["---:" if numbers else "---"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
