"""What a model can tell a person before and between clicks: colors for a point, where to click next, how sure it is."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import color_name, lab_to_rgb, suggest, to_hex
from toolkit.models.base import Colorizer, Encoded
from toolkit.pipeline.frame import Frame
from toolkit.pipeline.result import Result

# the largest doubt is looked for over such parts of the short side: the middle of a large thing before a spot
AREAS = (8, 4, 2)
# (times the card's size, vividness)
CANDIDATES = ((1.0, 0.5), (1.0, 0.0), (1.0, 1.0), (0.75, 0.7), (1.5, 0.5), (1.5, 0.9))
SURE = 0.45  # uncertainty below which the summary counts a place as sure


@dataclass(frozen=True)
class Candidate:
    """One proposal: a small result and the settings that give it at full size."""

    label: str
    size: int  # px, working size
    vividness: float
    result: Result


@dataclass(frozen=True)
class Suggestion:
    """A color that the model finds plausible at a point."""

    color: str  # "#rrggbb" at the point's own lightness
    share: float  # 0..1
    name: str


def plausible_colors(
    model: Colorizer, frame: Frame, encoded: Encoded, pixel: tuple[float, float], k: int
) -> list[Suggestion]:
    """Up to k colors that the model finds plausible at a pixel of the photo, the likeliest first."""
    if encoded.logits is None or model.bins is None:
        return []
    logits = frame.crop(encoded.logits, encoded.L.shape[-1] // encoded.logits.shape[-1])[0]  # (Q, h, w)
    row, column = frame.to_cell(*pixel, (logits.shape[1], logits.shape[2]))
    L = float(frame.crop(encoded.L, 1)[0, 0][frame.to_cell(*pixel, (frame.h, frame.w))])
    found = []
    for (a, b), share in suggest(logits[:, row, column].softmax(0).cpu(), model.bins, k):
        red, green, blue = lab_to_rgb(torch.tensor([L, a, b]).view(3, 1, 1)).flatten().tolist()
        found.append(Suggestion(to_hex((red, green, blue)), share, color_name((red, green, blue))))
    return found


def largest_doubt(uncertainty: Tensor) -> tuple[int, int]:
    """The cell (row, column) in the middle of the largest doubt, of uncertainty (1, 1, h, w) in [0, 1]."""
    h, w = uncertainty.shape[-2:]
    around = torch.zeros_like(uncertainty)
    for part in AREAS:  # beyond the border counts as sure: nobody wants to click there
        window = max(3, min(h, w) // part | 1)
        around += F.avg_pool2d(uncertainty, window, 1, window // 2)
    row, column = divmod(int(around.argmax()), w)
    return row, column


def summary(uncertainty: Tensor, colors_in: Callable[[tuple[int, int]], list[Suggestion]]) -> str:
    """One sentence: where the model is sure, where not, and what it hesitates between.

    uncertainty: (1, 1, h, w) in [0, 1]. colors_in: plausible colors in a cell (row, column) of three by three.
    """
    cells = F.adaptive_avg_pool2d(uncertainty, 3)[0, 0]
    worst, best = divmod(int(cells.argmax()), 3), divmod(int(cells.argmin()), 3)
    share = round(100 * float((uncertainty < SURE).float().mean()))
    names = list(dict.fromkeys(s.name for s in colors_in(worst)))[:3]
    hesitates = f"; there it could be {' or '.join(names)}" if len(names) > 1 else ""
    return (
        f"Fairly sure of {share} % of the picture, most in the {_place(best)}; least sure in the "
        f"{_place(worst)}{hesitates}."
    )


def label(times: float, vividness: float) -> str:
    """What a candidate is called, by the size at which the model looks, times its own, and its vividness."""
    mood = "calm" if vividness < 0.3 else "balanced" if vividness < 0.6 else "lively" if vividness < 0.95 else "vivid"
    return f"{mood}, {'whole scene' if times < 1 else 'standard' if times == 1 else 'fine detail'}"


def _place(cell: tuple[int, int]) -> str:
    row, column = ("top", "", "bottom")[cell[0]], ("left", "", "right")[cell[1]]
    return " ".join(filter(None, (row, column))) or "middle"
