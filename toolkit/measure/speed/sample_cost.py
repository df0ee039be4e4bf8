"""What many colorings cost: one sample by working size and steps, and eight finished pictures beside a regression
model's one.

The cost of a sample is the network's alone: the photo was looked at before, and painting costs every model the same.
Start to finish is all of it at the default setting: look at the photo, draw, lift to full size, gamut, 8 bits.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from toolkit.guidance import Points
from toolkit.measure.speed.meter import take_turns
from toolkit.measure.tables import text_table
from toolkit.models.base import Dials
from toolkit.models.cards import drawing_model
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.pipeline import Session

SIZES = (192, 256, 384)  # px, short side of what it looks at
STEPS = (1, 2, 4, 8, 16)
SAMPLES = 8
REPEATS = 3  # the median counts


def measure_samples(photo: Photo, model: str, device: str) -> dict[str, Any]:
    """Seconds of one sample by size and steps, and of SAMPLES finished pictures beside `model`'s one: {"looking",
    "drawing", "whole", ...}.

    Raises ValueError, WeightsError.
    """
    drawing = drawing_model()
    for name in (drawing, model):
        load_model(name, device)  # before anything is timed
    seen: dict[int, Session] = {}

    def look(size: int) -> None:
        seen[size] = Session(photo, drawing, device=device, size=size)
        seen[size].encode()

    def draw(size: int, steps: int) -> None:
        """One sample of a photo that was looked at, unpainted."""
        none = torch.zeros(0, 2, device=device)
        load_model(drawing, device).decode(seen[size].encode(), Points(none, none), Dials(steps=steps), 0)

    ways: dict[Any, Callable[[], object]] = {}
    for size in SIZES:
        # computes what all samples share
        ways |= {("looking", size): partial(look, size), ("first", size): partial(draw, size, 1)}
        ways |= {(size, steps): partial(draw, size, steps) for steps in STEPS}
    ways["samples"] = lambda: list(Session(photo, drawing, device=device).samples(SAMPLES))
    ways["answer"] = lambda: Session(photo, model, device=device).colorize()
    seconds = {name: round(s, 4) for name, s in take_turns(ways, REPEATS, device).items()}
    return {
        "model": drawing,
        "width": photo.width,
        "height": photo.height,
        "looking": [{"size": size, "seconds": seconds["looking", size]} for size in SIZES],
        "drawing": [
            {"size": size, "steps": steps, "seconds": seconds[size, steps]} for steps in STEPS for size in SIZES
        ],
        "whole": {
            "samples": SAMPLES,
            "steps": Dials.steps,
            "seconds": seconds["samples"],
            "answer_model": model,
            "answer_seconds": seconds["answer"],
            "times_an_answer": round(seconds["samples"] / seconds["answer"], 2),
        },
    }


def sample_rows(report: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows in milliseconds: the looking, then one sample by steps; a column a working size."""
    sizes = [row["size"] for row in report["looking"]]
    drawing = {(row["steps"], row["size"]): row["seconds"] for row in report["drawing"]}
    rows: list[list[Any]] = [["looking, once a photo", *(round(1000 * row["seconds"]) for row in report["looking"])]]
    for steps in dict.fromkeys(steps for steps, _ in drawing):
        rows.append(
            [
                f"one sample, {steps} step{'s' if steps > 1 else ''}",
                *(round(1000 * drawing[steps, size]) for size in sizes),
            ]
        )
    return ["ms by working size", *(f"{size} px" for size in sizes)], rows


def sample_text(report: dict[str, Any]) -> str:
    """The record as a table to read."""
    return f"{text_table(*sample_rows(report))}\n{whole_sentence(report)}"


def whole_sentence(report: dict[str, Any]) -> str:
    """How long the samples take from start to finish, beside one answer."""
    whole = report["whole"]
    return (
        f"{whole['samples']} pictures by {report['model']} ({whole['steps']} steps each) of a photo of "
        f"{report['width']} × {report['height']} px take {whole['seconds']:.1f} s from start to finish, "
        f"{whole['times_an_answer']:.1f} times the one picture by {whole['answer_model']} "
        f"({whole['answer_seconds']:.1f} s)."
    )
