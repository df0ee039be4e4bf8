"""A comparison in text: for a terminal, as Markdown, as JSON. Here numbers are rounded."""

import json
import math
from dataclasses import asdict
from typing import Any

from toolkit.measure.compare.measures import COLORFUL, METRICS, SETS
from toolkit.measure.compare.result import Results
from toolkit.measure.tables import markdown_table, text_table

ARROWS = {1: " ↑", -1: " ↓", 0: ""}


def cells(comparison: Results) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table as people read it: a mean and its standard error in one cell, columns that say
    nothing left out.
    """
    columns: dict[str, list[str]] = {"model": [], "hints": [], "n": [], "failed": []}
    for row in comparison.table.to_dict("records"):
        found = {name: str(row[name]) for name in columns if name in ("model", "hints", "n", "failed")}
        for name in comparison.setup.metrics:
            about = (METRICS | SETS)[name]
            if name in COLORFUL:
                found[f"{about.title} / truth"] = _cell(row, f"{name}_ratio", 2)
                found[f"{about.title} − truth"] = _cell(row, f"{name}_difference", about.digits)
            else:
                found[about.title + (f", {about.unit}" if about.unit else "") + ARROWS[about.better]] = _cell(
                    row, name, about.digits
                )
        found |= {
            "looking, s": _cell(row, "looking", 3),
            "painting, s": _cell(row, "painting", 3),
            "memory, MB": _cell(row, "peak_mb", 0),
        }
        for name, value in found.items():
            columns.setdefault(name, []).append(value)
    if not comparison.setup.hinted:
        del columns["hints"]
    if set(columns["failed"]) <= {"0"}:
        del columns["failed"]
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def _cell(row: dict[str, Any], name: str, digits: int) -> str:
    value, error = row[name], row.get(f"{name}_se", math.nan)
    if math.isnan(value):
        return "-"
    return f"{value:.{digits}f}" + ("" if math.isnan(error) else f" ± {error:.{digits}f}")


def photos(comparison: Results) -> str:
    """How many it is about."""
    return f"{comparison.tried()} photo{'' if comparison.tried() == 1 else 's'}"


def text(comparison: Results) -> str:
    """See `Comparison.text`."""
    said = comparison.sentences()
    parts = [photos(comparison), text_table(*cells(comparison)), *said, *comparison.notes(), comparison.protocol]
    return "\n".join(parts)


def markdown(comparison: Results) -> str:
    """See `Comparison.to_markdown`."""
    header, rows = cells(comparison)
    table = markdown_table(
        [_plain(cell) for cell in header], [[_plain(cell) for cell in row] for row in rows], numbers=True
    )
    said = "\n".join(f"- {_plain(line)}" for line in [*comparison.sentences(), *comparison.notes()])
    return f"{photos(comparison)}.\n\n{table}\n\n{said}\n\n{_plain(comparison.protocol)}\n"


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    for sign in "\\`*_{}[]<>#|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def as_json(comparison: Results, records: bool) -> str:
    """See `Comparison.to_json`."""
    better = [name for name in comparison.setup.metrics if name in METRICS and METRICS[name].better]
    whole = {
        "protocol": comparison.protocol,
        "setup": asdict(comparison.setup),
        "models": comparison.models,
        "photos": comparison.tried(),
        "partial": comparison.partial,
        "table": comparison.table.to_dict("records"),
        "versus": [row for name in better for row in comparison.versus(metric=name).to_dict("records")],
        **({"records": [asdict(record) for record in comparison.records]} if records else {}),
        "notes": comparison.notes(),
    }
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    """JSON knows no nan."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
