"""What all rules of the grammar share: the phrases they find, the clause that is being read, and the row of items they
go over.

The grammar is in three files, each of which adds its rules to `Rules` here: `predicates` (colors and changes),
`noun_phrases` (things and places), and `parser` (clauses, from left to right). Rules only look ahead; items are used up
when a clause accepts them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolkit.text.grammar.reading import Item
from toolkit.text.grammar.wishes import Change, ColorWords, Thing, Wish

MAX_DEPTH = 24  # of rules within rules; "the button of the sleeve of the coat of the man on the left" takes 12


@dataclass
class Phrase:
    """A noun phrase, while its clause is being read."""

    first: int  # items from first up to last
    last: int
    thing: Thing | None  # None: the whole picture
    color: "Said | None" = None  # said before the noun
    used: bool = False  # it need not come out by itself: something of it did, or it only says whose
    inner: "tuple[Phrase, ...]" = ()  # things with colors of their own inside it: "a dog on green grass"
    unknown: tuple[int, ...] = ()  # items that stand for a thing but are no known word


@dataclass
class Said:
    """A predicate: a color or a change, from items first up to last."""

    first: int
    last: int
    color: ColorWords | None = None
    change: Change | None = None
    like: bool = False


@dataclass
class Clause:
    """The clause that is being read: things without a predicate yet, and predicates without things yet."""

    things: list[Phrase] = field(default_factory=list)
    predicate: Said | None = None
    more: list[Said] = field(default_factory=list)  # a change beside a color: "blue and darker"
    predicate_first: bool = False  # "red for the car", "darken the sky"
    separated: bool = False  # a comma or "and" stands before what comes next
    after_is: bool = False  # "is" stands before what comes next
    all: bool = False  # "are", "both"
    forbidden: bool = False  # "don't"
    owner: Phrase | None = None  # whose things follow: "the woman has ..."
    excepted: bool = False
    after_for: bool = False  # "for" or "on" does


class Rules:
    """One pass over the items of a prompt: its state, and what every rule needs."""

    def __init__(self, text: str, items: list[Item]) -> None:
        self.text = text
        self.items = items
        self.taken = [False] * len(items)
        self.reported: set[int] = set()  # items to be reported though their words are known
        self.nouns_unknown: set[int] = set()
        self.wishes: list[Wish] = []
        self.clause = Clause()
        # of this step, for the same phrase is looked at from several sides
        self.memory: dict[tuple[Any, ...], Any] = {}
        self.depth = 0

    def _waiting(self) -> bool:
        """Whether a thing waits for its color just here."""
        clause = self.clause
        things = clause.things
        return bool(
            things and clause.predicate is None and (clause.after_is or not clause.separated) and not things[-1].color
        )

    def _once(self, rule: Callable[..., Any], *arguments: Any) -> Any:
        """What a rule says, from memory where it was asked in this step already; None beyond the depth to which people
        nest phrases.
        """
        key = (rule.__name__, *arguments)
        if key not in self.memory:
            if self.depth >= MAX_DEPTH:
                return None
            self.depth += 1
            self.memory[key] = rule(*arguments)
            self.depth -= 1
        return self.memory[key]

    def _noun_phrase(self, at: int, end: int, waiting: bool | None = None) -> Phrase | None:
        raise NotImplementedError  # in noun_phrases

    def _is_thing(self, at: int, end: int, waiting: bool, marked: bool) -> bool:
        raise NotImplementedError  # in noun_phrases

    def _splits(self, at: int, end: int, waiting: bool) -> bool:
        raise NotImplementedError  # in noun_phrases

    def _said(self, first: int, last: int) -> str:
        return self.text[self.items[first].start : self.items[last - 1].end]
