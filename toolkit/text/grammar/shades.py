"""From words to "#rrggbb": a named color made light, dark, pale, warm ...; a color tinged with another; two colors
mixed.

Light and pale go towards white in Oklab, everything else is done in Lab: L 0..100, a and b in Lab units. Results are
inside sRGB.
"""

import functools
import math

import torch

from toolkit.color import hex_to_lab, lab_to_rgb, oklab_to_rgb, parse_color, rgb_to_oklab, to_hex
from toolkit.color import names as color_names

# What a word does to a color: toward which L and how far (0..1), the factor of chroma, and what is added to a and b;
# chosen by eye on swatches.
_SHADES: dict[str, tuple[float, float, float, float, float]] = {
    "dark": (0, 0.4, 0.8, 0, 0),
    "deep": (0, 0.3, 1.0, 0, 0),
    "bright": (70, 0.15, 1.3, 0, 0),
    "muted": (50, 0.1, 0.45, 0, 0),
    "warm": (50, 0, 1.0, 5, 9),
    "cool": (50, 0, 1.0, -3, -10),
}
# Toward white, this far, in Oklab: along Lab's hue a lighter blue is violet.
_TINTS = {"light": 0.45, "pale": 0.68}
MISLEADING = {"darkgray", "palegreen"}  # CSS has the one lighter than gray, and the other no paler than green
MEANT = {"brown": "#7b4b2a"}  # CSS has a red


def named(words: str) -> str | None:
    """A color's name -> "#rrggbb", or None: "navy", "light blue", "darkslategray"."""
    name = color_names.squeeze(words)
    return None if name in MISLEADING else MEANT.get(name) or color_names.known().get(name)


def meant(color: str) -> str:
    """A color's name or code -> the "#rrggbb" that people mean by it."""
    return MEANT.get(color) or to_hex(parse_color(color))


@functools.lru_cache(maxsize=1024)
def shaded(color: str, shade: str, degree: float = 1.0) -> str:
    """A color as a word of `_SHADES` or `_TINTS` changes it; degree 0.5 for "slightly", 1.5 for "very"."""
    if shade in _TINTS:
        return _whiter(color, min(_TINTS[shade] * degree, 0.85))
    toward, share, factor, a, b = _SHADES[shade]
    lab = hex_to_lab(color)
    L = lab[0] + (toward - lab[0]) * min(share * degree, 0.9)
    factor = factor**degree
    if shade == "bright" and math.hypot(lab[1], lab[2]) < 8:
        factor = 1  # a bright gray is no color
    return _hex(L, lab[1] * factor + a * degree, lab[2] * factor + b * degree)


def _whiter(color: str, share: float) -> str:
    r, g, b = parse_color(color)
    lab = rgb_to_oklab(torch.tensor([r, g, b]).view(3, 1, 1))
    return to_hex(oklab_to_rgb(torch.lerp(lab, torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1), share)).flatten())


@functools.lru_cache(maxsize=1024)
def mixed(first: str, second: str, share: float = 0.5) -> str:
    """Two colors mixed, with `share` of the second. Between two hues the path goes around gray, so that blue and green
    give teal.
    """
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
