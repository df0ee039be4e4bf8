"""Colors as people write them, and what a color is called."""

import difflib
import functools
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from toolkit.color import names as color_names
from toolkit.color.spaces import delta_e, rgb_to_lab


def parse_color(text: str) -> tuple[float, float, float]:
    """A color as people write it -> (r, g, b) in 0..1: "#3a6ea5", "#38a", "rgb(58, 110, 165)", CSS names, and names
    such as "navy blue" or "blond".

    >>> parse_color("#ff8000") == parse_color("rgb(255, 128, 0)") == (1.0, 128 / 255, 0.0)
    True

    Raises:
        ValueError: in one sentence, with known names that are similar.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a color: write it as text, like #3a6ea5.")
    word = text.strip().lower()
    if digits := re.fullmatch(r"#?([0-9a-f]{6})|#([0-9a-f]{3})", word):
        code = digits[1] or "".join(c * 2 for c in digits[2])
        return _from_hex(code)
    if numbers := re.fullmatch(r"rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)", word):
        r, g, b = (int(n) / 255 for n in numbers.groups())
        if max(r, g, b) > 1:
            raise ValueError(f'"{text}" is not a color: the numbers of rgb() go from 0 to 255.')
        return r, g, b
    key, names = color_names.squeeze(word), color_names.known()
    if key in names:
        return _from_hex(names[key][1:])
    raise ValueError(
        f"{text[:40]!r} is not a color I know: write it like #3a6ea5 or rgb(58, 110, 165), or take a name such as "
        f"{_near(key)}."
    )


def _from_hex(code: str) -> tuple[float, float, float]:
    r, g, b = bytes.fromhex(code)
    return r / 255, g / 255, b / 255


def _near(key: str) -> str:
    """'"sky blue", "navy"': up to three spoken names near a squeezed one."""
    spoken = {color_names.squeeze(name): name for name in color_names.spoken()}
    near = difflib.get_close_matches(key, spoken, n=3, cutoff=0.6) or ["navy", "mossgreen", "darkred"]
    return ", ".join(f'"{spoken[k]}"' for k in near)


def to_hex(rgb: Sequence[float] | Tensor) -> str:
    """(r, g, b) in 0..1 -> "#rrggbb", rounded and clipped to 8 bits.

    >>> to_hex((1, 0.5, 0))
    '#ff8000'
    """
    return "#" + "".join(f"{min(max(round(float(c) * 255), 0), 255):02x}" for c in rgb)


def hex_to_lab(text: str) -> tuple[float, float, float]:
    """Anything `parse_color` reads -> (L, a, b).

    >>> [round(number) for number in hex_to_lab("navy")]
    [13, 48, -65]
    """
    L, a, b = rgb_to_lab(torch.tensor(parse_color(text)).view(3, 1, 1)).flatten().tolist()
    return L, a, b


def color_name(rgb: Sequence[float] | Tensor) -> str:
    """(r, g, b) in 0..1 -> the name nearest by CIEDE2000, such as "moss green"; `parse_color` reads it back.

    >>> color_name((0.0, 0.0, 0.5))
    'navy'
    """
    names, table = _name_table()
    color = rgb_to_lab(torch.as_tensor(rgb, dtype=torch.float32).view(3, 1, 1))
    return names[int(delta_e(color.expand_as(table), table).argmin())]


@functools.cache
def _name_table() -> tuple[list[str], Tensor]:
    """The spoken names, and their Lab (3, names, 1)."""
    spoken = color_names.spoken()
    rgb = torch.tensor([_from_hex(code[1:]) for code in spoken.values()])  # (names, 3)
    return list(spoken), rgb_to_lab(rgb.T[..., None])
