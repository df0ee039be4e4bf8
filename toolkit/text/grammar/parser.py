"""From a prompt to its wishes: pairs (thing, color or change) with their places in the prompt, and every word that was not understood.

    parse("make the woman's hair red and the sky light blue").wishes

There is no model: `reading` turns the prompt into items (words with the roles they can play), and the rules go over them once, from left to right.

    noun phrase     [the] [second | left | big | old | brick | light blue]* THING [of, on, in THING] [on the left]      also it, everything else
    predicate       [not] [very] [light | dark ...] COLOR, like THING, darker, sepia ...
    clause          noun phrases joined by "and" or commas, then their predicate; or the predicate first: "red for the car", "darken the sky"

Korean has the same order (the red dress, the woman's hair, the sky is blue), and its endings come as items of their own. A color before a noun counts
where no predicate follows ("a red dress"; in "make the red dress blue" it only says which). Words that are both, such as "orange", are things where a
thing is expected, and colors where a thing still needs its color (`NounPhrases._is_thing`). Words that no rule used are reported one by one.
"""

import re
import unicodedata
from dataclasses import replace
from typing import cast

from toolkit.text.grammar import lexicon
from toolkit.text.grammar.noun_phrases import NounPhrases
from toolkit.text.grammar.predicates import OPPOSITE
from toolkit.text.grammar.reading import is_korean, read
from toolkit.text.grammar.rules import Clause, Phrase, Said
from toolkit.text.grammar.wishes import Change, ColorWords, Language, Parsed, Place, Thing, Unknown, Wish

__all__ = ["MAX_PROMPT", "Change", "ColorWords", "Language", "Parsed", "Place", "PromptError", "Thing", "Unknown", "Wish", "parse"]

MAX_PROMPT = 500  # characters; what people write has under 200
MAX_HINTS = 20  # of the first words that were not understood; a prompt with more is no prompt of ours

_STEERING = ("forbid", "not", "act", "have", "relation", "except", "give", "verb", "is", "are", "for", "at")  # roles with a method _on_<role>
_HAIR = {"blond", "blonde", "dark blond", "brunette", "brunet", "redhead", "redheaded", "auburn", "금발", "흑발", "은발", "백발", "블론드"}
_TELLING = ("markup", "shade", "tinged", "side", "size", "order", "most", "look", "stuff", "relation", "change", "act", "rest", "less")


class PromptError(ValueError):
    """A prompt that cannot be read; the message is one sentence for the person who wrote it."""


def parse(prompt: str) -> Parsed:
    """Read a prompt in English or Korean. Every text can be read, and the same text always gives the same result.

    A noun that is not in the lexicon is kept in a wish (a localizer with an open vocabulary may know it) and listed in `unknown`, with a hint.

    >>> wish = parse("Make the sky light blue!").wishes[0]
    >>> wish.thing.noun, wish.color.said, wish.color.color
    ('sky', 'light blue', '#add8e6')

    Raises:
        PromptError: for more than MAX_PROMPT characters.
    """
    if len(prompt) > MAX_PROMPT:
        raise PromptError(f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT} can be read, so say it shorter or in several steps.")
    text, places = _composed(prompt)
    reader = _Reader(text, read(text))
    reader.run()
    wishes = sorted(
        (replace(wish, start=places[wish.start], end=places[wish.end]) for wish in reader.wishes), key=lambda wish: (wish.start, wish.end)
    )
    unknown = (replace(word, start=places[word.start], end=places[word.end]) for word in reader.unknown())
    return Parsed(tuple(wishes), tuple(unknown), "ko" if is_korean(text) else "en")


def _composed(prompt: str) -> tuple[str, list[int]]:
    """The prompt with its letters composed (a Mac types Hangul in parts), and where each character of it, and its end, lies in the prompt."""
    text, places, start = "", [], 0
    for end in range(1, len(prompt) + 1):
        jamo = end < len(prompt) and ("\u1160" <= prompt[end] <= "\u11ff" or unicodedata.combining(prompt[end]))
        if not jamo:
            part = unicodedata.normalize("NFC", prompt[start:end])
            text += part
            places += [start] * len(part)
            start = end
    return text, [*places, len(prompt)]


class _Reader(NounPhrases):
    """The clauses of a prompt, from left to right."""

    def run(self) -> None:
        start = 0
        for at in range(len(self.items) + 1):
            if at == len(self.items) or self.items[at].plays("stop"):
                self._sentence(start, at)
                start = at + 1

    def _sentence(self, start: int, end: int) -> None:
        asks = end < len(self.items) and "?" in self.items[end].said
        if asks and self._is_question(start, end):
            self.loud |= set(range(start, end))
            return
        at = start
        while at < end:
            at = self._step(at, end)
        self._close()

    def _is_question(self, start: int, end: int) -> bool:
        """Whether a sentence with "?" asks about the picture rather than for something: "what color ...?", "is the sky ...?", "무슨 색이야?"."""
        first = next((item for item in self.items[start:end] if not item.plays("comma") and item.said.lower() != "and"), None)
        korean = any(item.korean and item.plays("ask") for item in self.items[start:end])
        return korean or bool(first and first.plays("ask") and not first.plays("wish"))

    def _step(self, at: int, end: int) -> int:
        """Read what begins at an item; returns where to go on."""
        self.memory.clear()
        item, clause = self.items[at], self.clause
        handler = next((getattr(self, f"_on_{role}") for role in _STEERING if item.plays(role)), None)
        phrase = self._noun_phrase(at, end)
        if phrase and phrase.color and clause.copula and self._waiting() and self._has_own(phrase, end):
            said = self._predicate(at, end, waiting=True)  # "the car is red the bus is blue", without a comma
            if said:
                return self._on_predicate(said, end)
        if phrase and not (item.plays("relation", "have", "except", "forbid", "act") and not item.plays("the")):
            return self._on_phrase(phrase, end)
        said = self._predicate(at, end)
        if said:
            return self._on_predicate(said, end)
        if handler:
            return int(handler(at, end))
        if item.plays("comma", "and"):
            clause.separated = True
        return at + 1

    def _on_verb(self, at: int, end: int) -> int:
        if self.clause.predicate and not self.clause.predicate_first:
            self._close()
        return at + 1

    def _on_act(self, at: int, end: int) -> int:
        """ "darken", "keep": a change that comes before its thing; "don't touch the sky" is one, too."""
        change = cast(Change, self.items[at].roles["act"])
        if self.clause.predicate or self.clause.things:
            self._close()
        self.taken[at] = True
        self.clause.predicate = Said(at, at + 1, change=change)
        self.clause.predicate_first = self.clause.given = True
        return at + 1

    def _on_forbid(self, at: int, end: int) -> int:
        """ "don't make it green", and at the end in Korean."""
        self.taken[at] = True
        if self.items[at].korean:
            self._forbid(self.clause)
            return at + 1
        if self.clause.things or self.clause.predicate:
            self._close()
        self.clause.forbidden = True
        return at + 1

    def _on_not(self, at: int, end: int) -> int:
        """ "말고" after a color: what was just said is to be avoided."""
        predicate = self.clause.predicate
        if predicate and predicate.color and not self.clause.forbidden and self.items[at].korean:
            predicate.color = replace(predicate.color, avoid=True)
        return at + 1

    def _on_have(self, at: int, end: int) -> int:
        clause = self.clause
        if clause.things and not clause.predicate:
            clause.owner = clause.things[-1]
        elif clause.things and self.items[at].said.lower() != "in":
            owner = clause.things[-1]
            self._close()
            owner.used = True
            self.clause.things, self.clause.owner = [owner], owner
        return at + 1

    def _on_relation(self, at: int, end: int) -> int:
        """ "next to the tree": only says which, in a way that is not understood; a color in it ("under a blue sky") counts."""
        last = at + 1
        phrase = self._noun_phrase(last, end)
        if phrase is None or (self.items[at].korean and not self.clause.things):
            return last
        if phrase.color or not self.clause.things:
            self.taken[at] = True
            self.clause.separated = True
            return last
        self.loud |= set(range(at, phrase.last))
        return phrase.last

    def _on_except(self, at: int, end: int) -> int:
        """ "everything except the car": the whole picture becomes the rest."""
        clause = self.clause
        said = self.items[at].said
        self.taken[at] = True
        if not clause.things or said.lower() == "everything but":
            self._close()
            self.clause.things.append(Phrase(at, at + 1, Thing(said, "", rest=True)))
        else:
            last = clause.things[-1]
            if self.items[at].korean:  # "차를 제외하고 흑백": the car is the exception
                self._emit(last, Said(at, at + 1, change="natural"))
                clause.things[-1] = Phrase(at, at + 1, Thing("나머지", "", rest=True))
                return at + 1
            clause.things[-1] = replace(last, thing=Thing(self._said(last.first, last.last), "", rest=True))
        self.clause.excepted = True
        return at + 1

    def _on_give(self, at: int, end: int) -> int:
        """ "give the boy a blue jacket": the first thing is the owner of the second."""
        self._on_verb(at, end)
        phrase = self._noun_phrase(at + 1, end)
        if phrase and phrase.color is None and phrase.thing and self._noun_phrase(phrase.last, end):
            self._take(phrase)
            self.clause.things.append(phrase)
            self.clause.owner = phrase
            return phrase.last
        return at + 1

    def _on_is(self, at: int, end: int) -> int:
        self.clause.copula = True
        if self.clause.predicate and not self.clause.things and not self.items[at].korean:
            self.clause.given = True  # "apply beige to the wall"
        self.clause.all |= self.items[at].said.lower() in ("are", "were", "both", "all") or self.items[at].plays("are")
        return at + 1

    def _on_for(self, at: int, end: int) -> int:
        if self.clause.predicate and (self.clause.predicate_first or not self.clause.things):
            self.clause.given = True
        return at + 1

    _on_are, _on_at = _on_is, _on_for

    # clauses

    def _on_phrase(self, phrase: Phrase, end: int) -> int:
        """A thing: it joins those that wait, begins a new clause, belongs to an owner, or gets the predicate that came first."""
        clause = self.clause
        followed = phrase.last < end and (self.items[phrase.last].plays("is", "are") or self._predicate(phrase.last, end) is not None)
        if clause.excepted:
            clause.excepted = False
            self._take(phrase)
            self._emit(phrase, Said(phrase.first, phrase.last, change="natural"))
            return phrase.last
        dressed = phrase.last < end and self.items[phrase.last].plays("have") and clause.separated  # "... and a man in a black suit"
        if clause.owner and dressed and phrase.color is None:
            self._close()
            clause = self.clause
        if clause.owner and not (phrase.color is None and followed and clause.separated):
            self._belongs(phrase)
            return phrase.last
        if clause.predicate and not clause.predicate_first:
            if not clause.things and clause.given:
                clause.predicate_first = True
            else:
                if clause.given and not clause.separated and clause.things and phrase.color is None:
                    self.loud |= set(range(phrase.first, phrase.last))  # "the car is red on the road"
                    return phrase.last
                self._close()
        elif clause.predicate and clause.things:
            joins = clause.separated or clause.given
            if not joins or phrase.color or self._has_own(phrase, end):
                self._close()
        clause = self.clause
        self._take(phrase)
        clause.things.append(phrase)
        clause.separated = clause.copula = clause.given = False
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
            self.loud |= set(range(phrase.first, phrase.last))
            return
        if owner.thing and phrase.thing.part_of is None and not owner.thing.pronoun:
            phrase = replace(phrase, thing=replace(phrase.thing, part_of=owner.thing))
        owner.used = True
        self._emit(phrase, phrase.color)

    def _on_predicate(self, said: Said, end: int) -> int:
        clause = self.clause
        if not clause.things and said.color and self._stray(said.last, end):
            self.loud |= set(range(said.first, said.last))  # "a black-haired woman": not the whole picture black
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
                self.clause.separated = self.clause.given = False
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
        self.clause.separated = self.clause.copula = False
        return said.last

    def _stray(self, at: int, end: int) -> bool:
        """Whether an unknown word and a thing come next: what was just said belongs to them, in a way that is not understood."""
        return at + 1 < end and not self.items[at].known and self.items[at].said[0].isalpha() and self.items[at + 1].noun is not None

    @staticmethod
    def _joins(old: Said, new: Said) -> bool:
        return bool(old.color and new.color and (old.color.avoid != new.color.avoid or new.like or old.like))

    def _join(self, old: Said, new: Said) -> None:
        """A second predicate: "not green but blue" is blue, "green like grass" is grass; a color and a change are two wishes."""
        if old.color and new.color:
            if self._joins(old, new):
                wins = new if (old.color.avoid and not new.color.avoid) or (new.like and new.color.color) else old
                self._take(new)
                self.clause.predicate = Said(min(old.first, new.first), max(old.last, new.last), color=wins.color, like=old.like or new.like)
            else:
                self.loud |= set(range(new.first, new.last))
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
        """Which of the things a predicate is for: all, up to one that has a color of its own ("blue sky, red car, the bus is green")."""
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
        if color and thing and color.said.lower() in _HAIR and any(sense.word == "person" for sense in lexicon.canonical(thing.noun)):
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
        """The items that no rule took: all that were not known, and those known words that say something about things or colors."""
        left: list[tuple[int, int]] = []
        for at, item in enumerate(self.items):
            silent = not item.noun and not item.color and item.known and not item.plays(*_TELLING)
            told = at in self.loud or at in self.nouns_unknown or not (self.taken[at] or silent)
            if not told or item.plays("stop", "comma"):
                continue
            if left and item.korean and left[-1][1] == item.start:
                left[-1] = (left[-1][0], item.end)  # a Korean word with its endings
                continue
            left += [(item.start + word.start(), item.start + word.end()) for word in re.finditer(r"\S+", item.said)]
        return [Unknown(self.text[a:b], a, b, lexicon.hint(self.text[a:b]) if i < MAX_HINTS else None) for i, (a, b) in enumerate(left)]
