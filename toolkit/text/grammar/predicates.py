"""The grammar of colors and changes: [not] [very] [light | dark ...] COLOR, like THING, darker, sepia ..."""

from dataclasses import replace
from typing import cast

from toolkit.text.grammar import lexicon, shades
from toolkit.text.grammar.reading import Item
from toolkit.text.grammar.rules import Rules, Said
from toolkit.text.grammar.wishes import Change, ColorWords

_ALONE: dict[str, Change] = {
    "light": "lighter",
    "dark": "darker",
    "deep": "darker",
    "pale": "less vivid",
    "bright": "more vivid",
    "muted": "less vivid",
    "warm": "warmer",
    "cool": "cooler",
}
_PAIRS: tuple[tuple[Change, Change], ...] = (("darker", "lighter"), ("warmer", "cooler"), ("more vivid", "less vivid"))
OPPOSITE: dict[Change, Change] = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}
_TONE_WORDS = ("color", "colour", "colored", "coloured", "tone", "hue", "shade", "색", "색깔", "톤")


class Predicates(Rules):
    """Rules for what follows (or comes before) a thing."""

    def _predicate(self, at: int, end: int, waiting: bool | None = None, alone: bool = True) -> Said | None:
        """The color or change that begins at an item, or None. `alone`: whether "dark" by itself is a change."""
        found: Said | None = self._once(
            self._read_predicate, at, end, self._waiting() if waiting is None else waiting, alone
        )
        return replace(found) if found else None  # a copy: "not" may change it later

    def _read_predicate(self, at: int, end: int, waiting: bool, alone: bool) -> Said | None:
        items, first = self.items, at
        avoid = too = less = False
        degree, comparative = 1.0, False
        found: list[tuple[str, float]] = []  # shades and their degrees
        color: str | None = None
        tinge: str | None = None
        colored = -1
        while at < end:
            item = items[at]
            if color is None and not found and self._korean_like(at, end):
                return self._likened(first, at, end)
            elif color is None and item.plays("not") and not item.korean:
                avoid, at = True, at + 1
            elif color is None and item.plays("too"):
                too, at = True, at + 1
            elif color is None and item.plays("less"):
                less, at = True, at + 1
            elif color is None and item.plays("more"):
                comparative, at = True, at + 1
            elif color is None and item.plays("degree") and at + 1 < end:
                degree, at = float(item.roles["degree"]), at + 1
            elif color is None and item.plays("colorof", "like") and not found:
                return self._likeness(first, at, end)
            elif color is None and item.plays("a", "the") and at + 1 < end and (at == first or avoid or degree != 1):
                if not (waiting or avoid or self.clause.after_is or self.clause.predicate) or items[at + 1].plays(
                    "a", "the"
                ):
                    return None
                at += 1
            elif (
                color is None
                and item.plays("change")
                and not (item.plays("shade") and self._color_next(at + 1, end))
                and not found
            ):
                return self._changed(first, at, end, cast(Change, item.roles["change"]), avoid or too or less)
            elif item.plays("tinged") and color is None:
                other = shades.named(item.roles["tinged"])
                tinge, at, colored = shades.mixed(tinge, other) if tinge and other else other, at + 1, at
                if (
                    item.korean
                    and at < end
                    and items[at].korean
                    and items[at].plays("is", "skip")
                    and self._color_next(at + 1, end)
                ):
                    at += 1
            elif item.plays("shade") and color is None:
                found.append((item.roles["shade"], degree))
                degree, at = 1.0, at + 1
                if item.korean and at + 1 < end and items[at].said == "하게":
                    at += 1
            elif item.compound and color is None and not self._splits(at, end, waiting):
                color, colored, at = item.compound, at, at + 2
            elif item.color and (color is None or self._mixes(at, end)):
                if item.noun and color is None and not waiting and self._is_thing(at, end, waiting, False):
                    break
                color, at, colored = shades.mixed(color, item.color) if color else item.color, at + 1, at
            else:
                break
        if color is None and tinge is None:
            if not found or not alone:
                return None
            return self._changed(first, at - 1, end, _ALONE[found[-1][0]], avoid or too or less)
        comparison = items[first].said.lower().endswith("er")  # "lighter red" is no name
        value = self._shaded(color, tinge, found, degree, None if comparison else items[colored])
        last = self._past_tone(at, end)
        if comparative and less:
            avoid = True
        said = ColorWords(self._said(self._first_said(first, last), at), value, avoid or too or less)
        return self._colored_like(Said(first, last, color=said), at, end)

    def _first_said(self, first: int, last: int) -> int:
        while first < last - 1 and self.items[first].plays("not", "a", "the", "too", "less"):
            first += 1
        return first

    def _colored_like(self, said: Said, at: int, end: int) -> Said:
        """Korean says 말고 (not) and 처럼 (like) behind; both may have an ending before them."""
        items = self.items
        after = said.last
        while after < end and items[after].korean and items[after].plays("is", "skip"):
            after += 1
        if after < end and items[after].korean and items[after].plays("not", "forbid") and said.color:
            return Said(said.first, after + 1, color=replace(said.color, avoid=True))
        return said

    def _past_tone(self, at: int, end: int) -> int:
        """ "a blue color", "blue tone", "red instead", "파란 색"."""
        while at < end and (self.items[at].plays("tone") or self.items[at].said.lower() in _TONE_WORDS):
            at += 1
        return at

    @classmethod
    def _shaded(
        cls, color: str | None, tinge: str | None, found: list[tuple[str, float]], degree: float, name: Item | None
    ) -> str | None:
        """The color with its shades, nearest to the noun first; "light blue" is
        what CSS says it is, where it says so.
        """
        if color is None and tinge is not None:
            value = shades.tinged(tinge, degree)
        elif color is not None and tinge is not None:
            value = shades.mixed(color, tinge, 0.35)
        elif color is not None:
            value = color
        else:
            return None
        if len(found) == 1 and found[0][1] == 1 and tinge is None and name:
            known = cls._korean_shade(found[0][0], value) if name.korean else shades.named(f"{found[0][0]} {name.said}")
            if known:
                return known
        for shade, share in reversed(found):
            value = shades.shaded(value, shade, share)
        return value

    @staticmethod
    def _korean_shade(shade: str, value: str) -> str | None:
        """ "연한 파란색" is what "light blue" is."""
        # not yellow: CSS has "light yellow" all but white
        for name in ("blue", "green", "gray", "pink", "red", "brown", "purple"):
            if shades.named(name) == value:
                return shades.named(f"{shade} {name}")
        return None

    def _color_next(self, at: int, end: int) -> bool:
        while at < end and self.items[at].plays("shade", "degree", "tinged"):
            at += 1
        return at < end and self.items[at].color is not None

    def _mixes(self, at: int, end: int) -> bool:
        """Whether a color right behind a color mixes with it ("blue-green"), rather
        than being a thing ("a red rose").
        """
        item = self.items[at]
        return item.noun is None or (not item.thing_first and self._waiting())

    def _changed(self, first: int, at: int, end: int, change: Change, against: bool) -> Said | None:
        if against:
            if change not in OPPOSITE:
                return None
            change = OPPOSITE[change]
        last = at + 1
        while last < end and self.items[last].korean and self.items[last].plays("is"):
            last += 1
        return Said(first, last, change=change)

    def _likeness(self, first: int, at: int, end: int) -> Said | None:
        """ "like grass", "the color of sand"."""
        phrase = self._noun_phrase(at + 1, end, waiting=False)
        if phrase is None or phrase.thing is None or not phrase.thing.noun:
            return None
        if self.items[at].plays("colorof") and phrase.last < end and self.items[phrase.last].plays("is", "are"):
            return None
        said = self._said(first, phrase.last)
        if phrase.color and phrase.color.color:
            return Said(first, phrase.last, color=ColorWords(said, phrase.color.color.color), like=True)
        return Said(first, phrase.last, color=ColorWords(said, lexicon.typical_color(phrase.thing.noun)), like=True)

    def _korean_like(self, at: int, end: int) -> bool:
        """ "잔디처럼", "하늘 같은 색의": a thing with "like" behind it."""
        return (
            at + 1 < end
            and self.items[at].noun is not None
            and self.items[at + 1].korean
            and self.items[at + 1].plays("like")
        )

    def _likened(self, first: int, at: int, end: int) -> Said:
        last = self._past_tone(at + 2, end)
        return Said(
            first,
            last,
            color=ColorWords(self._said(first, at + 2), lexicon.typical_color(self.items[at].noun or "")),
            like=True,
        )
