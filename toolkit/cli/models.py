"""The command `python -m toolkit models`: the cards of weights/manifest.json, for people or as JSON."""

import json
import textwrap
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

app = App("models", help_epilogue="examples:\n  python -m toolkit models\n  python -m toolkit models --json")


@app.default
def models(*, as_json: Annotated[bool, Parameter("--json", help="everything, as JSON")] = False) -> int:
    """Print the cards of the models."""
    from toolkit.measure.tables import text_table
    from toolkit.models.cards import list_models

    cards = list_models(zoo=True)
    if as_json:
        print(json.dumps([asdict(card) for card in cards], indent=2))
        return 0
    rows = [[c.name, c.task, c.size, c.parameters, c.license, c.trained] for c in cards]
    print(text_table(["name", "task", "size (px)", "parameters", "license", "trained"], rows))
    for card in cards:
        measured = ", ".join(f"{k} {v}" for k, v in card.measured.items())
        lines = (
            f"{card.name}: {card.summary}",
            f"Data: {card.data}",
            f"Weak: {card.weak}",
            f"Measured: {measured or 'not yet'}",
        )
        print("", *(textwrap.fill(line, 110, subsequent_indent="  ") for line in lines), sep="\n")
    return 0
