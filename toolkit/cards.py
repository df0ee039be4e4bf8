"""What is said about the models, made from what was measured, so that no number is typed by hand.

    python -m toolkit.cards               # write weights/README.md, and the tables and the picture of the house in README.md
    python -m toolkit.cards --check       # write nothing; exit code 1 and the names of the files that are out of date
    python -m toolkit.cards --picture     # color the README's photo anew with the shipped weights, too

Measured numbers lie in weights/measured/: photos-NAME.json as `python -m toolkit evaluate ... --json` writes it, speed.json as
`python -m toolkit bench --json` does. Texts about a model are its card's, in weights/manifest.json.
"""

import argparse
import ast
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.registry import ModelCard, list_models, weights_folder

ROOT = Path(__file__).resolve().parent.parent
PICTURED = ("historical-group-1897.jpg", "portrait-astronaut.jpg")  # public domain; the second was made gray, and is here because its truth is known
PICTURE = ROOT / "assets" / "before-after.png"
GUTTER, PICTURE_HEIGHT = 8, 480  # px


def measured(kind: str) -> dict[str, Any]:
    """The JSON files weights/measured/KIND*.json by what follows the kind: {"val": ..., "kodak": ...}; empty where nothing was measured."""
    files = sorted((weights_folder() / "measured").glob(f"{kind}*.json"))
    return {file.stem.removeprefix(kind).lstrip("-"): json.loads(file.read_text(encoding="utf-8")) for file in files}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def results() -> str:
    """The table of quality: one row a model, vividness and set of photos, each beside the gray photo; the protocol below it."""
    found = measured("photos-")
    if not found:
        return "Nothing was measured yet."
    rows, protocols = [], {}
    for photos, record in found.items():
        for s in record["scores"]:
            protocols[s["protocol"]] = None
            rows.append(
                [
                    "the photo left gray" if s["model"] == "gray" else s["model"],
                    "" if s["vividness"] is None else f"{s['vividness']:g}",
                    f"{photos}, {s['n']} photos",
                    f"{s['psnr']:.2f} ± {s['psnr_se']:.2f}",
                    "" if s["model"] == "gray" else f"{s['psnr'] - s['gray_psnr']:+.2f}",
                    f"{s['colorfulness_ratio']:.0%}",
                    f"{s['ciede2000']:.2f}",
                ]
            )
    header = ["model", "vividness", "measured on", "PSNR, dB", "above gray, dB", "colorfulness", "CIEDE2000"]
    return table(header, rows) + "\n\n" + "\n".join(protocols)


def weak() -> str:
    """What each model is weak at, in its card's words."""
    return "\n".join(f"- **{card.name}**: {card.weak}" for card in list_models())


def model_card(card: ModelCard) -> str:
    """All that is known about one model, as Markdown."""
    facts = [
        ("task", card.task),
        ("file", f"`{card.file}`, sha256 `{card.sha256}`"),
        ("parameters", f"{card.parameters / 1e6:.2f} million, beside the frozen encoder's"),
        ("works at", f"{card.size} px on the short side; the result has the photo's own size"),
        ("trained on", card.data),
        ("how", card.trained),
        ("weak at", card.weak),
        ("licence", card.license),
    ]
    return f"## {card.name}\n\n{card.summary}\n\n" + table(["", ""], [[f"**{name}**", text] for name, text in facts if text])


def weights_readme() -> str:
    """weights/README.md."""
    manifest = json.loads((weights_folder() / "manifest.json").read_text(encoding="utf-8"))
    others = [entry for group, entries in manifest.items() if group != "models" for entry in _entries(entries)]
    rows = [[f"`{e['file']}`", e.get("summary", ""), e.get("license", ""), f"`{e['sha256']}`"] for e in others]
    return "\n\n".join(
        [
            "# Weights",
            "Safetensors only: data, never code. Each file is checked against its sha256 in `manifest.json` before it is loaded, and a weight that is missing or left over is "
            "an error. This page is made by `python -m toolkit.cards` from the manifest and from `measured/`.",
            *[model_card(card) for card in list_models()],
            "## Measured",
            results(),
            "## Made by others",
            table(["file", "what it is", "licence", "sha256"], rows),
            "Their notices are in [THIRD_PARTY.md](../THIRD_PARTY.md).\n",
        ]
    )


def _entries(group: Any) -> list[dict[str, Any]]:
    return [e for e in (group.values() if isinstance(group, dict) else []) if isinstance(e, dict) and "file" in e]


def house() -> str:
    """The tree of the code, each file with the first sentence of its docstring."""
    lines = []
    for folder in ("toolkit", "demos"):
        for file in sorted((ROOT / folder).rglob("*.py"), key=lambda p: (p.parent, p.name)):
            said = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]
            lines.append(f"    {file.relative_to(ROOT).as_posix().replace('/__init__.py', '/'):<34}{said}")
    return "\n".join(line.rstrip() for line in lines)


def between(text: str, name: str, body: str) -> str:
    """The text with what stands between <!-- name --> and <!-- /name --> replaced. Raises ValueError where the marks are missing."""
    head, start, rest = text.partition(f"<!-- {name} -->")
    _, end, tail = rest.partition(f"<!-- /{name} -->")
    if not start or not end:
        raise ValueError(f"The marks <!-- {name} --> and <!-- /{name} --> are missing; put them where the text belongs.")
    return f"{head}{start}\n{body}\n{end}{tail}"


def texts() -> dict[Path, str]:
    """What each generated file should hold, by its path."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, make in (("results", results), ("weak", weak), ("speed", speed), ("house", house)):
        readme = between(readme, name, make())
    return {ROOT / "README.md": readme, ROOT / "weights" / "README.md": weights_readme()}
