"""What a prompt says, as data: wishes for things, and words that were not understood. `parser.parse` makes them."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", "top", "bottom", "middle", "background", "foreground"]
Edge = Literal["left", "right", "top", "bottom"]
Change = Literal[
    "warmer", "cooler", "more vivid", "less vivid", "sepia", "black and white", "darker", "lighter", "natural"
]
Language = Literal["en", "ko"]


@dataclass(frozen=True)
class ColorWords:
    """A color as it was said. `color`: "#rrggbb", None for one that cannot be known ("like Tom's car"). `avoid`: any
    color but this one.
    """

    said: str
    color: str | None
    avoid: bool = False


@dataclass(frozen=True)
class Place:
    """Which of several: a side of the picture; the `order`-th (from 1; -1 is the last) from an edge; the largest (True)
    or smallest (False).
    """

    side: Side | None = None
    order: int | None = None
    counted_from: Edge = "left"
    largest: bool | None = None


@dataclass(frozen=True)
class Thing:
    """A thing in the picture. `noun`: English, singular, for the localizer; "" for a pronoun, for "the rest", and for a
    place alone ("the background").
    """

    said: str
    noun: str
    part_of: "Thing | None" = None
    place: Place | None = None
    rest: bool = False
    pronoun: bool = False


@dataclass(frozen=True)
class Wish:
    """A color or a change for a thing, or for the whole picture (thing None). With neither, the thing was only named:
    "now the wall".

    It was read from prompt[start:end].
    """

    thing: Thing | None
    color: ColorWords | None
    change: Change | None
    start: int
    end: int


@dataclass(frozen=True)
class Unknown:
    """A word that was not understood, and the known word that may have been meant."""

    words: str
    start: int
    end: int
    hint: str | None = None


@dataclass(frozen=True)
class Parsed:
    """All that a prompt says, in order."""

    wishes: tuple[Wish, ...]
    unknown: tuple[Unknown, ...]
    language: Language
