"""From words to "#rrggbb": a named color made light, dark, pale, warm ...; one tinged with another; two mixed.

All of it in Lab: L 0..100, a and b in Lab units. What comes out lies inside sRGB.
"""

import functools
import math

import torch

from toolkit import color_names
from toolkit.color import hex_to_lab, lab_to_rgb, parse_color, to_hex

# What a word does to a color: toward which L and how far (0..1), the factor of chroma, and what is added to a and b; chosen by eye on swatches.
_SHADES: dict[str, tuple[float, float, float, float, float]] = {
    "light": (92, 0.4, 0.75, 0, 0),
    "dark": (0, 0.4, 0.8, 0, 0),
    "deep": (0, 0.3, 1.0, 0, 0),
    "pale": (94, 0.5, 0.45, 0, 0),
    "bright": (70, 0.15, 1.3, 0, 0),
    "muted": (50, 0.1, 0.45, 0, 0),
    "warm": (50, 0, 1.0, 5, 9),
    "cool": (50, 0, 1.0, -3, -10),
}
MISLEADING = {"darkgray"}  # CSS has it lighter than gray


def named(words: str) -> str | None:
    """A color's name -> "#rrggbb", or None: "navy", "light blue", "darkslategray"."""
    name = color_names.squeeze(words)
    return None if name in MISLEADING else color_names.known().get(name)


@functools.lru_cache(maxsize=1024)
def shaded(color: str, shade: str, degree: float = 1.0) -> str:
    """A color as a word of `_SHADES` changes it; degree 0.5 for "slightly", 1.5 for "very"."""
    toward, share, factor, a, b = _SHADES[shade]
    lab = hex_to_lab(color)
    L = lab[0] + (toward - lab[0]) * min(share * degree, 0.9)
    if shade in ("light", "pale"):
        L = max(L, lab[0])  # yellow is lighter than any light blue
    factor = factor**degree
    if shade == "bright" and math.hypot(lab[1], lab[2]) < 8:
        factor = 1  # a bright gray is no color
    return _hex(L, lab[1] * factor + a * degree, lab[2] * factor + b * degree)


@functools.lru_cache(maxsize=1024)
def mixed(first: str, second: str, share: float = 0.5) -> str:
    """Two colors: `share` of the second. Between two hues it goes around the gray, so that blue and green make teal."""
    (L1, a1, b1), (L2, a2, b2) = hex_to_lab(first), hex_to_lab(second)
    L, c1, c2 = L1 + (L2 - L1) * share, math.hypot(a1, b1), math.hypot(a2, b2)
    if min(c1, c2) < 10:
        return _hex(L, a1 + (a2 - a1) * share, b1 + (b2 - b1) * share)
    h1, turn = math.atan2(b1, a1), math.remainder(math.atan2(b2, a2) - math.atan2(b1, a1), math.tau)
    hue, chroma = h1 + turn * share, c1 + (c2 - c1) * share
    return _hex(L, chroma * math.cos(hue), chroma * math.sin(hue))


def tinged(color: str, degree: float = 1.0) -> str:
    """ "bluish" by itself: a color on its way from gray."""
    return mixed("#8c8c8c", color, min(0.45 * degree, 1))


def exact(code: str) -> str | None:
    """ "#fa0", "3a6ea5", "rgb(58, 110, 165)" -> "#rrggbb"; None where it is none."""
    try:
        return to_hex(parse_color(code))
    except ValueError:
        return None


def _hex(L: float, a: float, b: float) -> str:
    lab = torch.tensor([L, a, b]).view(3, 1, 1)
    return to_hex(lab_to_rgb(lab).flatten())
