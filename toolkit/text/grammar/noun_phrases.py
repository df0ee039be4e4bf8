"""The grammar of things: [the] [second | left | big | old | brick | light blue]* THING, whose and where."""

from dataclasses import replace
from typing import cast

from toolkit.text.grammar import lexicon
from toolkit.text.grammar.rules import Phrase, Said
from toolkit.text.grammar.things import Things
from toolkit.text.grammar.wishes import Edge, Place, Side, Thing

_BEGINS_PREDICATE = ("shade", "tinged", "degree", "change", "more", "less", "not", "like", "too")


class NounPhrases(Things):
    """Rules for things."""

    def _noun_phrase(self, at: int, end: int, waiting: bool | None = None) -> Phrase | None:
        """The noun phrase that begins at an item, or None. Nothing is taken yet."""
        found: Phrase | None = self._once(
            self._read_noun_phrase, at, end, self._waiting() if waiting is None else waiting
        )
        return found

    def _read_noun_phrase(self, at: int, end: int, waiting: bool) -> Phrase | None:
        if at < end and self.items[at].plays("colorof"):  # "the color of the bench is ..."
            inner = self._noun_phrase(at + 1, end, waiting=False)
            return (
                replace(inner, first=at)
                if inner and inner.last < end and self.items[inner.last].plays("is", "are")
                else None
            )
        phrase = self._simple_phrase(at, end, waiting)
        while phrase and phrase.thing and phrase.last < end:
            longer = self._longer(phrase, end)
            if longer is None:
                break
            phrase = longer
        return phrase

    def _longer(self, phrase: Phrase, end: int) -> Phrase | None:
        """A phrase with what follows it: "'s hair", "of the woman", "on the sofa", "on the left", "from the right"; a
        part named after its whole.
        """
        items, at = self.items, phrase.last
        item = items[at]
        place = self._place_after(phrase, at, end)
        if place:
            return place
        if phrase.thing is None:
            if item.plays("of") or (item.plays("at") and not item.korean):
                inner = self._noun_phrase(at + 1, end, waiting=False)  # "the colors of the dress"
                return replace(inner, first=phrase.first) if inner else None
            return None
        if item.plays("whole") and item.said.lower() in ("tone", "tones", "color", "colors", "colour", "colours"):
            return replace(phrase, last=at + 1)  # "the skin tones"
        owns = (
            item.said.lower() in ("'s", "'", "’s", "’")
            or (item.korean and item.plays("of", "at"))
            or (item.korean and item.plays("like"))
        )
        if owns and not item.plays("like"):
            inner = self._simple_phrase(self._past_particles(at + 1, end), end, False)
            if inner and inner.thing and not self._it_is(at):
                return replace(inner, first=phrase.first, thing=self._part(inner, phrase, at))
            return None
        if item.plays("of") and not item.korean:
            inner = self._noun_phrase(at + 1, end, waiting=False)
            if inner and inner.thing:
                return replace(phrase, last=inner.last, thing=self._with_whole(phrase.thing, inner.thing))
            return None
        if item.plays("at") and not item.korean and not phrase.thing.rest:
            inner = self._noun_phrase(at + 1, end, waiting=False)
            if (
                inner
                and inner.thing
                and not inner.thing.pronoun
                and not (item.plays("have") and self._worn(inner.thing))
            ):
                if inner.color:
                    return None if self.clause.predicate else self._described(phrase, inner)
                return replace(phrase, last=inner.last, thing=self._with_whole(phrase.thing, inner.thing))
            return None
        if item.noun and not item.color and not phrase.thing.pronoun and item.noun not in ("light",):
            inner = self._simple_phrase(at, at + 1, False)  # "여자 머리", "car wheels"
            if inner and inner.thing and self._is_part(inner.thing.noun, phrase.thing.noun):
                return replace(inner, first=phrase.first, color=phrase.color, thing=self._part(inner, phrase, at))
        return None

    def _it_is(self, at: int) -> bool:
        """Whether this 's means "is" ("it's a red car"). "the sky's blue" never gets here: no thing follows."""
        return at > 0 and self.items[at - 1].plays("it")

    def _described(self, phrase: Phrase, inner: Phrase) -> Phrase:
        """ "a dog on green grass": the grass has its own color, and is where the dog is."""
        thing = self._with_whole(phrase.thing, inner.thing) if phrase.thing and inner.thing else phrase.thing
        return replace(phrase, last=inner.last, thing=thing, used=True, inner=(*phrase.inner, inner))

    def _part(self, part: Phrase, whole: Phrase, at: int) -> Thing:
        assert part.thing is not None
        thing = self._with_whole(part.thing, whole.thing) if whole.thing else part.thing
        shown = whole.first
        while shown < at and self.items[shown].plays("the", "a"):
            shown += 1
        return replace(thing, said=self._said(shown, part.last))

    @staticmethod
    def _with_whole(part: Thing, whole: Thing) -> Thing:
        if whole.rest or whole.pronoun:
            return part
        if not whole.noun and whole.place and part.place is None:
            return replace(part, place=whole.place)  # "the trees in the background", "배경의 나무"
        inner = part.part_of
        return replace(part, part_of=NounPhrases._with_whole(inner, whole) if inner else whole)

    @staticmethod
    def _is_part(part: str, whole: str) -> bool:
        return bool({sense.word for sense in lexicon.canonical(whole)} & set(lexicon.whole_of(part)))

    @staticmethod
    def _worn(thing: Thing) -> bool:
        return any(sense.word == "clothes" for sense in lexicon.canonical(thing.noun))

    def _simple_phrase(self, at: int, end: int, waiting: bool) -> Phrase | None:
        """A noun phrase without what follows its noun."""
        found: Phrase | None = self._once(self._read_simple_phrase, at, end, waiting)
        return found

    def _read_simple_phrase(self, at: int, end: int, waiting: bool) -> Phrase | None:
        """[the] [which, how, what color] THING, and the phrases without a noun: it, everything else, the left side."""
        items, first = self.items, at
        place: Place = Place()
        color: Said | None = None
        the = False
        while at < end:
            item = items[at]
            following = items[at + 1] if at + 1 < end else None
            if item.plays("rest"):
                return Phrase(first, at + 1, Thing(self._said(at, at + 1), "", rest=True))
            if item.plays("whole") and (not item.noun) and not (item.plays("the") and following and following.noun):
                return None if item.plays("are") and waiting else Phrase(first, at + 1, None)
            if self._is_thing(at, end, waiting, the or color is not None or place != Place()):
                return self._headed(first, at, place, color, end)
            if item.plays("the", "a") and not (item.plays("it") and not self._simple_phrase_follows(at + 1, end)):
                if waiting and item.plays("a"):
                    if self._no_thing_follows(at + 1, end):
                        return None
                    inner = self._simple_phrase(at + 1, end, False)
                    return replace(inner, first=first) if inner else None
                the, at = True, at + 1
                continue
            if item.plays("it") and at == first:
                return Phrase(first, at + 1, Thing(item.said, "", pronoun=True))
            if item.plays("order"):
                place, at = replace(place, order=int(item.roles["order"])), at + 1
                continue
            if item.plays("most"):
                place, at = (
                    replace(place, order=1, counted_from=cast(Edge, item.roles["most"])),
                    self._past_particles(at + 1, end),
                )
                continue
            if item.plays("side"):
                side = self._side_phrase(first, at, end, place, color)
                if isinstance(side, Phrase) or side is None:
                    return side
                place, at = side
                continue
            if item.plays("size") or (
                item.plays("degree")
                and following
                and following.noun
                and not following.color
                and item.said.lower() == "a little"
            ):
                large = item.roles.get("size")
                place, at = (replace(place, largest=large == "big") if large else place), at + 1
                continue
            if item.plays("look", "stuff") and following:
                at += 1
                continue
            if (
                item.plays("degree", "shade", "tinged", "more", "change")
                or item.color
                or item.compound
                or self._korean_like(at, end)
            ):
                said = self._predicate(at, end, waiting=False, alone=False) or self._predicate(at, end, waiting=False)
                if said is None or said.last >= end or (said.color and said.color.avoid):
                    return None
                color, at = color or said, said.last
                if items[at].korean and items[at].plays("like", "is") and items[at].said in ("한", "의", "인"):
                    at += 1
                continue
            if item.korean and item.plays("of", "skip") and at > first:
                at += 1
                continue
            if not item.known and self._names_unknown(first, at, end, the or color is not None):
                noun = lexicon.key(item.said)
                thing = Thing(self._said(at, at + 1), noun, place=None if place == Place() else place)
                return Phrase(first, at + 1, thing, color, unknown=(at,))
            return None
        return None

    def _no_thing_follows(self, at: int, end: int) -> bool:
        """After "the wall a": whether only a color comes ("a light salmon"), not a thing."""
        said = self._predicate(at, end, waiting=True)
        return said is not None and (said.last >= end or not self.items[said.last].noun)

    def _simple_phrase_follows(self, at: int, end: int) -> bool:
        return at < end and self._simple_phrase(at, end, False) is not None

    def _names_unknown(self, first: int, at: int, end: int, marked: bool) -> bool:
        """Whether an unknown word stands where a thing must: after "the", a verb or a color, before "is" or a color."""
        item = self.items[at]
        if not item.said[0].isalpha() or item.plays("markup"):
            return False
        following = self.items[at + 1] if at + 1 < end else None
        before = self.items[first - 1] if first else None
        marked = marked or before is None or before.plays("verb", "stop", "comma", "and", "of", "at", "act")
        if following is None:
            return False
        if following.plays("is", "are") or (following.korean and following.plays("of")):
            after = next(
                (self.items[i] for i in range(at + 1, end) if not self.items[i].plays("is", "are", "a", "the", "skip")),
                None,
            )
            return marked and bool(after and (after.color or after.plays(*_BEGINS_PREDICATE)))
        return marked and bool(following.color or following.plays("tinged", "change")) and not following.noun

    def _headed(self, first: int, at: int, place: Place, color: "Said | None", end: int) -> Phrase:
        """The phrase whose noun is at an item: of several nouns in a row the last is the thing ("kitchen table")."""
        items = self.items
        start = at
        while (
            at + 1 < end
            and items[at + 1].noun
            and not items[at].korean
            and not items[at + 1].plays("stop")
            and self._compound_goes_on(at, end)
        ):
            at += 1
        noun = items[at].noun or ""
        shown = first
        while shown < start and items[shown].plays("the", "a"):
            shown += 1
        last = at + 1
        if last < end and items[last].korean and items[last].said == "들":
            last += 1
        thing = Thing(self._said(shown, at + 1), noun, place=None if place == Place() else place)
        return Phrase(first, last, thing, color)

    def _compound_goes_on(self, at: int, end: int) -> bool:
        """Whether the next noun makes a compound with this one; not a part with its whole ("car wheels"), not a color
        ("the wall salmon").
        """
        this, following = self.items[at], self.items[at + 1]
        if following.color or following.plays("shade", "side", "degree") or this.plural:
            return False
        return not self._is_part(following.noun or "", this.noun or "")

    # words that are two things

    def _past_particles(self, at: int, end: int) -> int:
        """After a Korean place: "왼쪽에 있는", "왼쪽에서", "위의"."""
        while (
            at < end
            and self.items[at].korean
            and (self.items[at].plays("at", "of", "from") or self.items[at].said in ("있는",))
        ):
            at += 1
        return at

    def _side_phrase(
        self, first: int, at: int, end: int, place: Place, color: "Said | None"
    ) -> "Phrase | tuple[Place, int] | None":
        """ "left" before a noun is a place to go on with; "the left side", "the
        background" are phrases by themselves.
        """
        items = self.items
        side = cast(Side, items[at].roles["side"])
        last = at + 1
        if items[at].korean and last < end and items[last].plays("from"):
            counted = self._past_particles(last, end)
            if counted < end and items[counted].plays("order"):
                return replace(
                    place, order=int(items[counted].roles["order"]), counted_from=cast(Edge, side)
                ), counted + 1
            return None
        if last < end and items[last].plays("side", "order") and not items[last].plays("part"):
            if items[last].plays("order"):
                return replace(place, side=side), last
            # "top left": of those at the top
            return replace(place, side=side, order=1, counted_from=cast(Edge, items[last].roles["side"])), last + 1
        while last < end and items[last].plays("part"):
            last += 1
        after = self._past_particles(last, end)
        new = replace(place, side=side)
        inner = (
            self._simple_phrase(after, end, False)
            if after < end and not items[after].plays("the", "a", "it", "rest", "whole")
            else None
        )
        if inner and inner.thing and not (items[after].color and not inner.color and items[after].noun is None):
            return new, after
        if last < end and items[last].plays("of") and not items[last].korean:
            of = self._noun_phrase(last + 1, end, waiting=False)
            if of and of.thing is None:
                last = of.last
            elif of and of.thing:
                return replace(
                    of, first=first, thing=replace(of.thing, place=replace(of.thing.place or Place(), side=side))
                )
        alone = items[at].korean or last > at + 1 or (first < at) or side in ("background", "foreground")
        shown = first
        while shown < at and items[shown].plays("the", "a"):
            shown += 1
        return Phrase(first, last, Thing(self._said(shown, last), "", place=new), color) if alone else None

    def _place_after(self, phrase: Phrase, at: int, end: int) -> Phrase | None:
        """ "on the left", "in the background", "from the right" after a noun."""
        items = self.items
        if phrase.thing is None or items[at].korean or not items[at].plays("at", "from", "for", "is"):
            return None
        if items[at].plays("is") and items[at].said.lower() != "to":
            return None
        last = at + 1
        while last < end and items[last].plays("the", "a") and not items[last].plays("side"):
            last += 1
        if last >= end or not items[last].plays("side", "most"):
            return None
        item, last = items[last], last + 1
        place = phrase.thing.place or Place()
        if items[at].plays("from"):
            place = replace(place, order=place.order or 1, counted_from=cast(Edge, item.roles.get("side", "left")))
        elif item.plays("most"):
            place = replace(place, order=1, counted_from=cast(Edge, item.roles["most"]))
        else:
            if last < end and items[last].noun and not items[last].plays("part", "shade") and not items[last].color:
                return None  # "on the left wall"
            place = replace(place, side=cast(Side, item.roles["side"]))
            if last < end and items[last].plays("side"):
                place, last = replace(place, order=1, counted_from=cast(Edge, items[last].roles["side"])), last + 1
        while last < end and items[last].plays("part"):
            last += 1
        thing = replace(phrase.thing, place=place)
        return replace(phrase, last=last, thing=thing)
