"""A palette: a few colors, each with its share of a picture where that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.color import hex_to_lab

MOST = 16  # colors of a palette


@dataclass(frozen=True)
class Swatch:
    """A color of a palette."""

    color: str  # "#rrggbb"
    share: float  # of the photo, 0..1
    name: str


def chosen(palette: Sequence[str | Swatch]) -> tuple[tuple[tuple[float, float, float], ...], tuple[float, ...]]:
    """A list of colors or Swatches -> their Lab, and their shares, which sum to 1; no shares unless all are Swatches.
    Raises ValueError.
    """
    if isinstance(palette, str) or len(palette) > MOST:
        raise ValueError(f"A palette is a list of at most {MOST} colors.")
    swatches = [color for color in palette if isinstance(color, Swatch)]
    total = sum(swatch.share for swatch in swatches)
    shares = tuple(s.share / total for s in swatches) if total > 0 and len(swatches) == len(palette) else ()
    return tuple(hex_to_lab(c.color if isinstance(c, Swatch) else c) for c in palette), shares
