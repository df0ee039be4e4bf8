"""From a prompt to its wishes: pairs (thing, color or change) with their places in the prompt, and every word that was
not understood.

    parse("make the woman's hair red and the sky light blue").wishes

There is no model: `reading` turns the prompt into items (words with the roles they can play), and the rules go over
them once, from left to right.

    noun phrase     [the] [second | left | big | old | brick | light blue]* THING [of, on, in THING] [on the left]; it
    predicate       [not] [very] [light | dark ...] COLOR, like THING, darker, sepia ...
    clause          noun phrases joined by "and" or commas, then their predicate; or the predicate first: "red for the car"

Korean has the same order (the red dress, the woman's hair, the sky is blue), and its endings come as items of their
own. A color before a noun counts where no predicate follows ("a red dress"; in "make the red dress blue" it only says
which). Words that are both, such as "orange", are things where a thing is expected, and colors where a thing still
needs its color (`NounPhrases._is_thing`). Words that no rule used are reported one by one.
"""

import unicodedata
from dataclasses import replace
from typing import cast

from toolkit.text.grammar.clauses import Clauses
from toolkit.text.grammar.reading import is_korean, read
from toolkit.text.grammar.rules import Phrase, Said
from toolkit.text.grammar.wishes import Change, ColorWords, Language, Parsed, Place, Thing, Unknown, Wish

__all__ = [
    "MAX_PROMPT",
    "Change",
    "ColorWords",
    "Language",
    "Parsed",
    "Place",
    "PromptError",
    "Thing",
    "Unknown",
    "Wish",
    "parse",
]

MAX_PROMPT = 500  # characters; what people write has under 200

# roles with a method _on_<role>
_STEERING = ("forbid", "not", "act", "have", "relation", "except", "give", "verb", "is", "are", "for", "at")


class PromptError(ValueError):
    """A prompt that cannot be read; the message is one sentence for the person who wrote it."""


def parse(prompt: str) -> Parsed:
    """Read a prompt in English or Korean. Every text can be read, and the same text always gives the same result.

    A noun that is not in the lexicon is kept in a wish (a localizer with an open vocabulary may know it) and listed in
    `unknown`, with a hint.

    >>> wish = parse("Make the sky light blue!").wishes[0]
    >>> wish.thing.noun, wish.color.said, wish.color.color
    ('sky', 'light blue', '#add8e6')

    Raises:
        PromptError: for more than MAX_PROMPT characters.
    """
    if len(prompt) > MAX_PROMPT:
        raise PromptError(
            f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT} can be read, so say it shorter or in "
            "several steps."
        )
    text, spans = _composed(prompt)
    reader = _Reader(text, read(text))
    reader.run()
    wishes = (replace(wish, start=spans[wish.start][0], end=spans[wish.end - 1][1]) for wish in reader.wishes)
    unknown = (replace(word, start=spans[word.start][0], end=spans[word.end - 1][1]) for word in reader.unknown())
    return Parsed(
        tuple(sorted(wishes, key=lambda wish: (wish.start, wish.end))),
        tuple(unknown),
        "ko" if is_korean(text) else "en",
    )


def _composed(prompt: str) -> tuple[str, list[tuple[int, int]]]:
    """The prompt with its letters composed (a Mac types Hangul in parts), and where each character of it begins and
    ends in the prompt.
    """
    text, spans, start = "", [], 0
    for end in range(1, len(prompt) + 1):
        jamo = end < len(prompt) and ("\u1160" <= prompt[end] <= "\u11ff" or unicodedata.combining(prompt[end]))
        if not jamo:
            part = unicodedata.normalize("NFC", prompt[start:end])
            text += part
            spans += [(start, end)] * len(part)
            start = end
    return text, spans


class _Reader(Clauses):
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
            self.reported |= set(range(start, end))
            return
        at = start
        while at < end:
            at = self._step(at, end)
        self._close()

    def _is_question(self, start: int, end: int) -> bool:
        """Whether a sentence with "?" asks about the picture rather than for something: "what color ...?", "is the sky
        ...?", "무슨 색이야?".
        """
        first = next(
            (item for item in self.items[start:end] if not item.plays("comma") and item.said.lower() != "and"), None
        )
        korean = any(item.korean and item.plays("ask") for item in self.items[start:end])
        return korean or bool(first and first.plays("ask") and not first.plays("wish"))

    def _step(self, at: int, end: int) -> int:
        """Read what begins at an item; returns where to go on."""
        self.memory.clear()
        item, clause = self.items[at], self.clause
        handler = next((getattr(self, f"_on_{role}") for role in _STEERING if item.plays(role)), None)
        phrase = self._noun_phrase(at, end)
        if phrase and phrase.color and clause.after_is and self._waiting() and self._has_own(phrase, end):
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
        self.clause.predicate_first = self.clause.after_for = True
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
        """ "next to the tree": only says which, in a way that is not understood; a color in it ("under a blue sky")
        counts.
        """
        last = at + 1
        phrase = self._noun_phrase(last, end)
        if phrase is None or (self.items[at].korean and not self.clause.things):
            return last
        if phrase.color or not self.clause.things:
            self.taken[at] = True
            self.clause.separated = True
            return last
        self.reported |= set(range(at, phrase.last))
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
        self.clause.after_is = True
        if self.clause.predicate and not self.clause.things and not self.items[at].korean:
            self.clause.after_for = True  # "apply beige to the wall"
        self.clause.all |= self.items[at].said.lower() in ("are", "were", "both", "all") or self.items[at].plays("are")
        return at + 1

    def _on_for(self, at: int, end: int) -> int:
        if self.clause.predicate and (self.clause.predicate_first or not self.clause.things):
            self.clause.after_for = True
        return at + 1

    _on_are, _on_at = _on_is, _on_for
