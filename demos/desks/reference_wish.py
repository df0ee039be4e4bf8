"""What a visitor of *Reference* asks for, checked as it comes from the browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from demos.gate.door import UNREADABLE, number
from toolkit.color import parse_color, to_hex
from toolkit.color.palette import Swatch
from toolkit.guidance import MAX_CORNERS, GuidanceError, Lasso
from toolkit.photo.places import from_share

MODES = ("reference", "palette", "recolor")
MOST_TAKES = 4
MOST_COLORS = 8
MOST_CHANGES = 30  # each is a decode of the full size when the photo is taken home
LONGEST = 2000  # characters of words


@dataclass(frozen=True)
class ReferenceDials:
    """The dials beside the picture."""

    weight: float = 0.5  # of the references
    vividness: float = 0.5
    saturation: float = 1.0
    warmth: float = 0.0

    @classmethod
    def read(cls, weight: Any, vividness: Any, saturation: Any, warmth: Any) -> "ReferenceDials":
        """As the page has them. Raises ValueError for one that is empty."""
        return cls(number(weight, 0, 1), number(vividness, 0, 1), number(saturation, 0, 2), number(warmth, -1, 1))


@dataclass(frozen=True)
class Lent:
    """A photo that lends its colors, from where and for where; corners of both in 0..1."""

    name: str
    source: Lasso = ()
    target: Lasso = ()


@dataclass(frozen=True)
class Change:
    """One thing in another color: said in words, lent by a photo, or a region with a color."""

    region: Lasso = ()  # corners in 0..1
    color: str = ""
    words: str = ""
    lent: Lent | None = None


@dataclass(frozen=True)
class Wish:
    """All that is asked for."""

    mode: str = "reference"
    takes: tuple[Lent, ...] = ()
    colors: tuple[str | Swatch, ...] = ()  # swatches where a photo lent them: their shares of the picture count
    changes: tuple[Change, ...] = ()
    at: tuple[float, float] | None = None  # a place in 0..1 whose color's origin is asked for
    reach: bool = False  # whether to show what was changed

    @property
    def part(self) -> tuple[str, tuple[object, ...]]:
        """What of it the picture depends on."""
        return self.mode, {"reference": self.takes, "palette": self.colors, "recolor": self.changes}[self.mode]

    @classmethod
    def read(cls, value: Any) -> "Wish":
        """What the browser sent. Raises ValueError."""
        if not isinstance(value, dict) or value.get("mode") not in MODES:
            raise ValueError(UNREADABLE)
        takes, colors, changes = (_list(value.get(key)) for key in ("takes", "colors", "changes"))
        if len(takes) > MOST_TAKES:
            raise ValueError(f"There are {len(takes)} references; at most {MOST_TAKES} can be used.")
        if len(colors) > MOST_COLORS:
            raise ValueError(f"A palette has at most {MOST_COLORS} colors; take some out.")
        if len(changes) > MOST_CHANGES:
            raise ValueError(f"There are {len(changes)} changes; at most {MOST_CHANGES} can be made. Undo some first.")
        return cls(
            value["mode"],
            tuple(map(_lent, takes)),
            tuple(map(_swatch, colors)),
            tuple(map(_change, changes)),
            _place(value.get("at")),
            value.get("reach") is True,
        )


def in_pixels(corners: Lasso, size: tuple[int, int]) -> Lasso:
    """Corners in 0..1, from edge to edge, in pixels of a photo of size (width, height)."""
    return tuple(from_share(corner, size) for corner in corners)


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError(UNREADABLE)
    return value


def _lent(value: Any) -> Lent:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError(UNREADABLE)
    return Lent(value["name"], _region(value.get("source", [])), _region(value.get("target", [])))


def _change(value: Any) -> Change:
    if not isinstance(value, dict):
        raise ValueError(UNREADABLE)
    region, words = _region(value.get("region", [])), value.get("words", "")
    if not isinstance(words, str) or len(words) > LONGEST:
        raise ValueError(f"A wish in words has at most {LONGEST:,} characters; write less.")
    if "lent" in value:
        lent = _lent(value["lent"])
        return Change(region, lent=Lent(lent.name, lent.source, region))
    return Change(region, words=words) if words else Change(region, _color(value.get("color")))


def _swatch(value: Any) -> str | Swatch:
    if not isinstance(value, dict):
        return _color(value)
    share = value.get("share")
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ValueError(UNREADABLE)
    return Swatch(_color(value.get("color")), float(share), "")


def _color(value: Any) -> str:
    return to_hex(parse_color(value))


def _place(value: Any) -> tuple[float, float] | None:
    return None if value is None else _corner(value)


def _region(value: Any) -> Lasso:
    corners = tuple(map(_corner, _list(value)))
    if 0 < len(corners) < 3:
        raise GuidanceError("A region has three corners or more; draw around the thing.")
    return corners[:: len(corners) // MAX_CORNERS + 1]


def _corner(value: Any) -> tuple[float, float]:
    """A place in 0..1; moved into the photo where it lies beside it."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(part, int | float) and isfinite(part) for part in value)
    ):
        raise ValueError(UNREADABLE)
    return min(max(float(value[0]), 0.0), 1.0), min(max(float(value[1]), 0.0), 1.0)
