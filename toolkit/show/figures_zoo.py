"""Figures about the teaching zoo: the training of its networks, and the balance of generator and critic."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from toolkit.show.figures import HAIR, INK, LINES, QUIET, Chart, Record, _series, _smooth, quiet

STYLES = ("-", (0, (4, 2)))  # the second, when the colors begin again
SIDES = {"loss_generator": ("generator", LINES[0]), "loss_critic": ("critic", LINES[1])}
GAN_COLUMNS = 3
HIGHEST = 8.0  # of the losses shown: a generator that has lost may go to 30


def read_logs(folder: Path, names: Sequence[str]) -> dict[str, list[Record]]:
    """The logs FOLDER/NAME/log.jsonl of those names that have one."""
    files = {name: folder / name / "log.jsonl" for name in names}
    return {
        name: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for name, file in files.items()
        if file.exists()
    }


def zoo_curves(logs: Mapping[str, Sequence[Record]]) -> Chart:
    """Validation PSNR above the gray photo, by the number of views seen, one line per network. logs: by the network's
    name, as `read_logs` gives them.

    Raises ValueError where none of them was validated.
    """
    curves = {name: [r for r in log if "val_psnr" in r] for name, log in logs.items()}
    if not any(curves.values()):
        raise ValueError("None of these logs holds a validation; give those of whole trainings.")
    figure = Chart(1010, 620)
    axes = figure.place(90, 50, 640, 480)
    for i, (name, records) in enumerate(curves.items()):
        xs, ys = [r["samples"] for r in records], [r["val_psnr"] - r["val_gray_psnr"] for r in records]
        style = STYLES[i // len(LINES) % len(STYLES)]
        axes.plot(
            xs, ys, color=LINES[i % len(LINES)], linewidth=1.6, marker="o", markersize=3, linestyle=style, label=name
        )
    axes.axhline(0, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    quiet(axes, "PSNR above the gray photo, dB")
    axes.set_xlabel("views seen", color=QUIET, fontsize=8)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left", bbox_to_anchor=(1.02, 1.0))
    return figure


def gan_curves(logs: Mapping[str, Sequence[Record]], smoothing: float = 0.02) -> Chart:
    """Both losses of every variant, one panel each, with the critic's accuracy below: at 1 the critic has won, at 0.5
    it has lost.

    logs: by the variant's name, as `toolkit.training.recipes.pix2pix.study` gives them. Raises ValueError where there
    are none.
    """
    if not logs:
        raise ValueError("There are no logs to draw; give those of toolkit.training.recipes.pix2pix.study.")
    rows = -(-len(logs) // GAN_COLUMNS)
    figure = Chart(1400, rows * 450 + 20)
    for i, (name, log) in enumerate(logs.items()):
        left, top = 70 + i % GAN_COLUMNS * 450, 60 + i // GAN_COLUMNS * 450
        losses, accuracy = figure.place(left, top, 370, 210), figure.place(left, top + 250, 370, 90)
        for key, (label, color) in SIDES.items():
            steps, values = _series(log, key)
            losses.plot(steps, np.minimum(_smooth(values, smoothing), HIGHEST), color=color, linewidth=1.4, label=label)
        steps, values = _series(log, "accuracy")
        accuracy.plot(steps, _smooth(values, smoothing), color=INK, linewidth=1.2)
        for level in (0.5, 1.0):
            accuracy.axhline(level, color=HAIR, linewidth=1)
        end = next((r for r in reversed(log) if "val_psnr" in r), None)
        result = (
            ""
            if end is None
            else f": {end['val_psnr'] - end['val_gray_psnr']:+.1f} dB, {end['val_colorfulness_ratio']:.0%} color"
        )
        quiet(losses, f"{name}{result}")
        quiet(accuracy, "critic's accuracy")
        losses.set_ylim(0, HIGHEST)
        losses.tick_params(labelbottom=False)
        accuracy.set_ylim(0.35, 1.05)
        if i == 0:
            losses.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper right")
    return figure
