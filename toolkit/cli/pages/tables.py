"""What the pages have in common: where things lie, measurements, Markdown tables with their protocols, pictures beside
each other.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.measure.compare.result import GRAY
from toolkit.measure.speed.tables import cost_table
from toolkit.measure.studies import study
from toolkit.measure.tables import Row, grid, markdown_table
from toolkit.models.weights import weights_folder

if TYPE_CHECKING:
    from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "demos" / "examples"
GUTTER, PICTURE_HEIGHT = 8, 400  # px
# pictures as WebP: a sixth of a PNG, and as sharp
PHOTO: dict[str, Any] = {"quality": 90, "method": 6, "use_sharp_yuv": True}
DRAWING: dict[str, Any] = {"lossless": True, "method": 6}
NOTHING = "Nothing was measured yet."
# Markdown, each with the protocol that it was measured by; "" where the table says enough
Tables = list[tuple[str, str]]


def measured(kind: str) -> dict[str, Any]:
    """The JSON files weights/measured/KIND*.json by what follows the kind: {"val": ..., "kodak": ...}; empty where
    nothing was measured.
    """
    files = sorted((weights_folder() / "measured").glob(f"{kind}*.json"))
    return {file.stem.removeprefix(kind).lstrip("-"): json.loads(file.read_text(encoding="utf-8")) for file in files}


def bench_reports(part: str) -> list[dict[str, Any]]:
    """One part of what `bench` measured, with a model's name; empty where it was not."""
    return [{"model": report["model"]} | report[part] for report in measured("speed").values() if part in report]


def studied(kind: str, name: str, *said: str) -> Tables:
    """A table of each file of that kind, which `measure NAME --json` wrote.

    said: keys of the study's columns, or "KEY: TITLE" for another title, filled with {name} of the file and {n} of its
    first row.
    """
    columns = {column.key: column for column in study(name).columns}
    pages = []
    for file, found in measured(kind).items():
        chosen = []
        for key, _, title in (one.partition(": ") for one in said):
            chosen.append(
                replace(columns[key], title=title.format(name=file, n=found["rows"][0]["n"])) if title else columns[key]
            )
        pages.append((markdown_table(*grid(found["rows"], chosen)), found["protocol"]))
    return pages


def compared(kind: str) -> dict[str, tuple[list[Row], str]]:
    """Rows and protocol of each file of that kind that `compare` wrote: its table, with model and vividness apart, and
    what gray is worth.
    """
    found = {}
    for name, record in measured(kind).items():
        rows = []
        for row in record["table"]:
            model, _, vividness = row["model"].partition("@")
            gray = next(
                (
                    other["psnr"]
                    for other in record["table"]
                    if other["model"] == GRAY and other["hints"] == row["hints"]
                ),
                None,
            )
            rows.append(row | {"model": model, "vividness": float(vividness) if vividness else None, "gray_psnr": gray})
        found[name] = rows, record["protocol"]
    return found


def costs(part: str, more: Callable[[dict[str, Any]], str] | None = None) -> Tables:
    """A table of one part of what `bench` measured, and a sentence more."""
    return [
        (markdown_table(*cost_table(part, report)) + (f"\n\n{more(report)}" if more else ""), "")
        for report in bench_reports(part)
    ]


def below(tables: Tables, protocols: str = "") -> str:
    """Tables below each other, and after those of one protocol the protocol, once; or a link, where an address says
    that they stand there.
    """
    if not tables:
        return NOTHING
    parts = []
    for protocol, same in groupby(tables, key=lambda pair: pair[1]):
        parts += [text for text, _ in same]
        if protocol and not protocols:
            parts.append(protocol)
    if protocols and any(protocol for _, protocol in tables):
        parts.append(f"[How this was measured]({protocols})")
    return "\n\n".join(parts)


def beside(panels: "Sequence[Image.Image]", file: Path) -> None:
    """Write pictures of one height next to each other, as WebP."""
    from PIL import Image

    panels = [
        p.resize((round(p.width * PICTURE_HEIGHT / p.height), PICTURE_HEIGHT), Image.Resampling.LANCZOS) for p in panels
    ]
    sheet = Image.new("RGB", (sum(p.width + GUTTER for p in panels) - GUTTER, PICTURE_HEIGHT), "white")
    x = 0
    for panel in panels:
        sheet.paste(panel, (x, 0))
        x += panel.width + GUTTER
    file.parent.mkdir(exist_ok=True)
    sheet.save(file, **PHOTO)
