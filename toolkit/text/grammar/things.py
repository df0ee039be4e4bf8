"""Words that can be a thing or a color, and which of the two they are where they stand."""

from toolkit.text.grammar.predicates import Predicates

_PLANT_WORDS = {
    "tree",
    "bush",
    "juice",
    "cake",
    "pie",
    "ice cream",
    "leaf",
    "blossom",
    "jam",
    "garden",
    "petal",
    "cup",
    "bottle",
    "glass",
}


class Things(Predicates):
    """Orange, rose, gold: a thing where a thing is due, a color where a thing waits for its color."""

    def _splits(self, at: int, end: int, waiting: bool) -> bool:
        """Whether "sky blue" is sky and blue: no thing waits for its color, none follows ("a sky blue car"), and sky is
        a thing before all.
        """
        item = self.items[at]
        following = self.items[at + 2] if at + 2 < end else None
        if waiting or (following and following.noun and not following.plays("shade")):
            return False
        before = self.items[at - 1] if at else None
        the = before is not None and before.said.lower() in ("the", "his", "her", "my", "their")
        return item.thing_first or not item.color or the

    def _is_thing(self, at: int, end: int, waiting: bool, marked: bool) -> bool:
        """Whether an item is a thing here. Only for words that are colors, shades or sides as well is there anything to
        decide.
        """
        item = self.items[at]
        if item.noun is None:
            return False
        if item.compound:
            return self._splits(at, end, waiting)
        if self._korean_like(at, end):
            return False
        following = self.items[at + 1] if at + 1 < end else None
        before = self.items[at - 1] if at else None
        said_next = bool(following and following.plays("is", "are"))
        thing_next = bool(following and following.noun and not following.plays("shade", "side") and not item.korean)
        if item.plays("side"):
            own = before is not None and before.said.lower() in ("her", "his", "my", "their", "your", "'s")
            return own or (
                item.noun == "top" and said_next and bool(before and before.plays("the")) and not item.korean
            )
        if item.plays("shade", "degree"):
            return self._shade_is_thing(at, end, waiting)
        if item.color and waiting:
            return False
        if item.plays("look", "stuff", "size", "part", "whole"):
            if (
                following
                and (following.noun or following.plays("look", "stuff"))
                and not (following.color and not following.thing_first)
            ):
                return False
            return not (item.plays("part") or (item.plays("look") and not following))
        if item.color is None:
            return True
        if item.plural:
            return True
        if thing_next and following:
            if following.noun in _PLANT_WORDS or item.thing_first:
                return following.color is None  # "cherry pie", "wheat field"; "sky, grass"
            return following.color is not None and marked
        if waiting:
            return False
        if item.korean:
            return said_next or item.thing_first
        said_before = bool(
            before and (before.plays("the", "a", "order", "size", "side") or before.color or before.plays("of"))
        )
        return said_before or marked or said_next or item.thing_first

    def _shade_is_thing(self, at: int, end: int, waiting: bool) -> bool:
        """ "light": the lamp in "the light is yellow" and "make the light yellow", else how a color or a thing is."""
        before = self.items[at - 1] if at else None
        after_the = bool(before and before.plays("the"))
        following = self.items[at + 1] if at + 1 < end else None
        if following and following.plays("is", "are"):
            return after_the or before is None
        if not after_the or waiting:
            return False
        said = self._predicate(at + 1, end, waiting=True) if following else None
        if said is None:
            return following is None or not (following.noun or following.color or following.plays("shade", "look"))
        return said.last >= end or not self.items[said.last].noun

    # places
