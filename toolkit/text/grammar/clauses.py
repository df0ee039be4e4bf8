"""Clauses: things and what is said of them find each other, and come out as wishes; what nothing took is reported."""

import re
from dataclasses import replace

from toolkit.text.grammar import lexicon
from toolkit.text.grammar.noun_phrases import NounPhrases
from toolkit.text.grammar.predicates import OPPOSITE
from toolkit.text.grammar.rules import Clause, Phrase, Said
from toolkit.text.grammar.wishes import Thing, Unknown, Wish

MAX_HINTS = 20  # of the first words that were not understood; a prompt with more is no prompt of ours
_HAIR = {
    "blond",
    "blonde",
    "dark blond",
    "brunette",
    "brunet",
    "redhead",
    "redheaded",
    "auburn",
    "금발",
    "흑발",
    "은발",
    "백발",
    "블론드",
}
_TELLING = (
    "markup",
    "shade",
    "tinged",
    "side",
    "size",
    "order",
    "most",
    "look",
    "stuff",
    "relation",
    "change",
    "act",
    "rest",
    "less",
)


class Clauses(NounPhrases):
    """What becomes of the phrases of a clause."""

    def _on_phrase(self, phrase: Phrase, end: int) -> int:
        """A thing: it joins those that wait, begins a new clause, belongs to an owner, or gets the predicate that came
        first.
        """
        clause = self.clause
        followed = phrase.last < end and (
            self.items[phrase.last].plays("is", "are") or self._predicate(phrase.last, end) is not None
        )
        if clause.excepted:
            clause.excepted = False
            self._take(phrase)
            self._emit(phrase, Said(phrase.first, phrase.last, change="natural"))
            return phrase.last
        # "... and a man in a black suit"
        dressed = phrase.last < end and self.items[phrase.last].plays("have") and clause.separated
        if clause.owner and dressed and phrase.color is None:
            self._close()
            clause = self.clause
        if clause.owner and not (phrase.color is None and followed and clause.separated):
            self._belongs(phrase)
            return phrase.last
        if clause.predicate and not clause.predicate_first:
            if not clause.things and clause.after_for:
                clause.predicate_first = True
            else:
                if clause.after_for and not clause.separated and clause.things and phrase.color is None:
                    self.reported |= set(range(phrase.first, phrase.last))  # "the car is red on the road"
                    return phrase.last
                self._close()
        elif clause.predicate and clause.things:
            joins = clause.separated or clause.after_for
            if not joins or phrase.color or self._has_own(phrase, end):
                self._close()
        clause = self.clause
        self._take(phrase)
        clause.things.append(phrase)
        clause.separated = clause.after_is = clause.after_for = False
        return phrase.last

    def _has_own(self, phrase: Phrase, end: int) -> bool:
        """Whether a predicate of its own follows: "darken the sky and the sea blue"."""
        at = phrase.last
        while at < end and self.items[at].plays("is", "are"):
            at += 1
        return at < end and self._predicate(at, end, waiting=True) is not None

    def _belongs(self, phrase: Phrase) -> None:
        """ "the woman has blond hair", "a man with a hat": a thing of the owner."""
        owner = self.clause.owner
        self._take(phrase)
        self.clause.separated = False
        if owner is None or phrase.color is None or phrase.thing is None:
            self.reported |= set(range(phrase.first, phrase.last))
            return
        if owner.thing and phrase.thing.part_of is None and not owner.thing.pronoun:
            phrase = replace(phrase, thing=replace(phrase.thing, part_of=owner.thing))
        owner.used = True
        self._emit(phrase, phrase.color)

    def _on_predicate(self, said: Said, end: int) -> int:
        clause = self.clause
        if not clause.things and said.color and self._stray(said.last, end):
            self.reported |= set(range(said.first, said.last))  # "a black-haired woman": not the whole picture black
            return said.last
        if clause.forbidden:
            self._avoid(said)
        for_what = said.last < end and self.items[said.last].plays("for") and not self.items[said.last].korean
        old = clause.predicate
        if old and old.change and old.change == said.change:  # "leave the sky as it is"
            self._take(said)
            return said.last
        if old and for_what and not self._joins(old, said):
            self._close()
            old = None
        if old is None:
            self._take(said)
            self.clause.predicate = said
            if not self.clause.things:
                self.clause.separated = self.clause.after_for = False
        elif (
            clause.predicate_first
            and clause.things
            and (old.change or clause.separated)
            and clause.things[-1].color is None
            and not self._joins(old, said)
        ):
            last = clause.things.pop()
            if clause.things:
                self._close()
            else:
                self.clause = Clause()  # "keep the sky blue"
            self._take(said)
            self.clause.things, self.clause.predicate = [last], said
        else:
            self._join(old, said)
        self.clause.separated = self.clause.after_is = False
        return said.last

    def _stray(self, at: int, end: int) -> bool:
        """Whether an unknown word and a thing come next: what was just said belongs to them, in a way that is not
        understood.
        """
        return (
            at + 1 < end
            and not self.items[at].known
            and self.items[at].said[0].isalpha()
            and self.items[at + 1].noun is not None
        )

    @staticmethod
    def _joins(old: Said, new: Said) -> bool:
        return bool(old.color and new.color and (old.color.avoid != new.color.avoid or new.like or old.like))

    def _join(self, old: Said, new: Said) -> None:
        """A second predicate: "not green but blue" is blue, "green like grass" is grass; a color and a change are two
        wishes.
        """
        if old.color and new.color:
            if self._joins(old, new):
                wins = new if (old.color.avoid and not new.color.avoid) or (new.like and new.color.color) else old
                self._take(new)
                self.clause.predicate = Said(
                    min(old.first, new.first), max(old.last, new.last), color=wins.color, like=old.like or new.like
                )
            else:
                self.reported |= set(range(new.first, new.last))
        elif old.change and new.change == old.change:
            self._take(new)
        else:
            self._take(new)
            self.clause.more.append(new)

    @staticmethod
    def _avoid(said: Said) -> None:
        if said.color:
            said.color = replace(said.color, avoid=True)
        elif said.change in OPPOSITE:
            said.change = OPPOSITE[said.change]

    def _forbid(self, clause: Clause) -> None:
        if clause.predicate:
            self._avoid(clause.predicate)

    def _close(self) -> None:
        """The clause is over: its wishes come out."""
        clause, self.clause = self.clause, Clause()
        self.memory.clear()
        if clause.forbidden and clause.predicate is None and clause.things:
            clause.predicate = Said(clause.things[0].first, clause.things[0].last, change="natural")
        if clause.predicate is None:
            for thing in clause.things:
                if thing.color:
                    self._emit(thing, thing.color)
                elif not thing.used and thing.thing and not thing.thing.pronoun and not thing.thing.rest:
                    self._emit(thing, None)
            return
        things = clause.things or [Phrase(clause.predicate.first, clause.predicate.last, None)]
        for said in (clause.predicate, *clause.more):
            for thing, gets in zip(things, self._receivers(clause, things), strict=True):
                if gets:
                    self._emit(thing, said)
        for thing, gets in zip(things, self._receivers(clause, things), strict=True):
            if not gets and thing.color:
                self._emit(thing, thing.color)

    @staticmethod
    def _receivers(clause: Clause, things: list[Phrase]) -> list[bool]:
        """Which of the things a predicate is for: all, up to one that has a color of its own ("blue sky, red car, the
        bus is green").
        """
        if clause.all or clause.predicate_first or len(things) == 1:
            return [True] * len(things)
        own = [i for i, thing in enumerate(things[:-1]) if thing.color]
        first = own[-1] + 1 if own else 0
        return [i >= first for i in range(len(things))]

    def _emit(self, phrase: Phrase, said: Said | None) -> None:
        thing = phrase.thing
        spans = [(phrase.first, phrase.last)] + ([(said.first, said.last)] if said else [])
        start = min(self.items[first].start for first, _ in spans)
        end = max(self.items[last - 1].end for _, last in spans)
        color, change = (said.color, said.change) if said else (None, None)
        if (
            color
            and thing
            and color.said.lower() in _HAIR
            and any(sense.word == "person" for sense in lexicon.canonical(thing.noun))
        ):
            thing = Thing(thing.said, "hair", part_of=thing)  # "a blond woman"
        self.wishes.append(Wish(thing, color, change, start, end))

    # what is accepted, and what is left over

    def _take(self, part: "Phrase | Said") -> None:
        for at in range(part.first, part.last):
            self.taken[at] = True
        if isinstance(part, Phrase):
            self.nouns_unknown |= set(part.unknown)
            for inner in part.inner:
                self._take(inner)
                self._emit(inner, inner.color)

    def unknown(self) -> list[Unknown]:
        """The items that no rule took: all that were not known, and those known words that say something about things
        or colors.
        """
        left: list[tuple[int, int]] = []
        for at, item in enumerate(self.items):
            silent = not item.noun and not item.color and item.known and not item.plays(*_TELLING)
            told = at in self.reported or at in self.nouns_unknown or not (self.taken[at] or silent)
            if not told or item.plays("stop", "comma"):
                continue
            if left and item.korean and left[-1][1] == item.start:
                left[-1] = (left[-1][0], item.end)  # a Korean word with its endings
                continue
            left += [(item.start + word.start(), item.start + word.end()) for word in re.finditer(r"\S+", item.said)]
        return [
            Unknown(self.text[a:b], a, b, lexicon.hint(self.text[a:b]) if i < MAX_HINTS else None)
            for i, (a, b) in enumerate(left)
        ]
