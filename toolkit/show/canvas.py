"""The hint canvas for the app and for notebooks: its script and its CSS, each as one text."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

FOLDER = Path(__file__).parent
# One module once joined: neither host can load a second file.
PARTS = ("canvas_words.js", "canvas_model.js", "canvas_page.js", "canvas_hands.js", "canvas.js")

DIMMED = 0.64  # how dark an influence map makes what a hint does not reach


def script() -> str:
    """An ES module without imports that exports `mount(root, host)`; see canvas.js."""
    return "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in PARTS)


def style() -> str:
    """The CSS it needs; everything in it is below .hue."""
    return (FOLDER / "canvas.css").read_text(encoding="utf-8")


def selected_hints(value: dict[str, Any]) -> list[int]:
    """Which of the canvas's hints are selected: the one that it names, with the others of its brush stroke; [] for
    none.
    """
    hints, selected = value["hints"], value.get("selected")
    if type(selected) is not int or not 0 <= selected < len(hints):
        return []
    stroke = hints[selected].get("stroke")
    return [i for i, hint in enumerate(hints) if i == selected or (stroke and hint.get("stroke") == stroke)]


def reached(influence: Tensor) -> Image.Image:
    """Influence (h, w) in [0, 1] of some hints -> a layer, four times its size, that darkens the photo where they do
    not act.
    """
    size = (4 * influence.shape[-2], 4 * influence.shape[-1])  # smooth enough; the browser does the rest
    return dimmed(F.interpolate(influence.float()[None, None], size, mode="bilinear")[0, 0])


def dimmed(share: Tensor) -> Image.Image:
    """(h, w) in [0, 1] -> a layer of the same size that darkens a picture the more the less the share is."""
    shade = np.zeros((*share.shape, 4), np.uint8)
    shade[..., 3] = ((1 - share) * DIMMED * 255).round().byte().numpy()
    return Image.fromarray(shade)
