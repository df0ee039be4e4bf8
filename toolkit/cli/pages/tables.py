"""What the pages have in common: where things lie, measurements, Markdown tables with their protocols, pictures beside each other."""

import json
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.models.weights import weights_folder

if TYPE_CHECKING:
    from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "demos" / "examples"
GUTTER, PICTURE_HEIGHT = 8, 400  # px
PHOTO: dict[str, Any] = {"quality": 90, "method": 6, "use_sharp_yuv": True}  # pictures as WebP: a sixth of a PNG, and as sharp
DRAWING: dict[str, Any] = {"lossless": True, "method": 6}
NOTHING = "Nothing was measured yet."
Score = dict[str, Any]
Tables = list[tuple[str, str]]  # Markdown, each with the protocol that it was measured by; "" where the table says enough


def measured(kind: str) -> dict[str, Any]:
    """The JSON files weights/measured/KIND*.json by what follows the kind: {"val": ..., "kodak": ...}; empty where nothing was measured."""
    files = sorted((weights_folder() / "measured").glob(f"{kind}*.json"))
    return {file.stem.removeprefix(kind).lstrip("-"): json.loads(file.read_text(encoding="utf-8")) for file in files}


def bench_reports(part: str) -> list[dict[str, Any]]:
    """One part of what `bench` measured, with a model's name; empty where it was not."""
    return [{"model": report["model"]} | report[part] for report in measured("speed").values() if part in report]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables_of(kind: str, header: Sequence[str], row: Callable[[Score], list[str]]) -> Tables:
    """A table of each file of that kind, a row for each score. header: with {name} of the file and {n} of its first score."""
    pages = []
    for name, scores in measured(kind).items():
        titles = [title.format(name=name, n=scores[0]["n"]) for title in header]
        pages.append((table(titles, [row(score) for score in scores]), scores[0]["protocol"]))
    return pages


def below(tables: Tables, protocols: str = "") -> str:
    """Tables below each other, and after those of one protocol the protocol, once; or a link, where an address says that they stand there."""
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

    panels = [p.resize((round(p.width * PICTURE_HEIGHT / p.height), PICTURE_HEIGHT), Image.Resampling.LANCZOS) for p in panels]
    sheet = Image.new("RGB", (sum(p.width + GUTTER for p in panels) - GUTTER, PICTURE_HEIGHT), "white")
    x = 0
    for panel in panels:
        sheet.paste(panel, (x, 0))
        x += panel.width + GUTTER
    file.parent.mkdir(exist_ok=True)
    sheet.save(file, **PHOTO)
