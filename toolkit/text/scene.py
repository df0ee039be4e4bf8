"""A photo as a sentence sees it: where each thing of the sentence is, so that no place belongs to two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from toolkit.controls import fields
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session
from toolkit.text import which
from toolkit.text.grammar.parser import Place, Thing, Wish
from toolkit.text.phrases import Language, say

if TYPE_CHECKING:
    from toolkit.text.localizer import Found, Localizer, Sight

NEAR_WHOLE = 0.04  # of the long side: hair reaches beyond what is found as the woman
SHARE_IN_WHOLE = 0.2  # of the heat at least that has to lie in the whole for the whole to have a say
# so much of a region in another that is so much larger: it is on it, like the belt on the dress
NESTED, SMALLER = 0.6, 0.7
# What lies behind the things a picture is of.
BEHIND = frozenset(
    "background sky cloud fog wall ceiling floor ground road street pavement grass field playing-field lawn tree "
    "vegetation forest wood bush plant mountain hill sea ocean lake river water snow ice sand beach dirt gravel rock "
    "building house city fence window door curtain blind carpet rug railroad bridge stairs roof room view scene "
    "picture photo park garden outdoors indoors".replace("-", " ").split()
) | {"playing field", "traffic light", "traffic sign"}
MOST_FRONT = 8


@dataclass
class Claim:
    """A wish on its way."""

    wish: Wish
    thing: Thing | None
    found: Found | None = None
    plane: fields.Field | None = None  # its region as a field
    heat: Tensor | None = None
    notes: list[str] = field(default_factory=list)
    ok: bool = True
    color: str | None = None
    taken_up: bool = False  # by a later wish such as "darker" for the same thing, which starts from this one's color


class Scene:
    """The things of one photo, for one sentence."""

    def __init__(self, session: Session, localizer: Localizer | None, language: Language) -> None:
        """localizer: None: the one that ships."""
        self.session, self.language = session, language
        self._localizer = localizer
        self._sight: Sight | None = None
        self._fields: dict[str, tuple[Found, fields.Field]] = {}
        self._L: fields.Field | None = None

    @property
    def sight(self) -> Sight:
        """The photo for the localizer, looked at when first asked for."""
        if self._sight is None:
            if self._localizer is None:
                from toolkit.text.localizer import load_localizer

                self._localizer = load_localizer(self.session.device.type)
            self._sight = self._localizer.look(self.session)
        return self._sight

    def find(self, noun: str) -> tuple[Found, fields.Field]:
        """The thing and its cleaned field; each noun is looked for once a sentence."""
        if noun not in self._fields:
            found = self.sight.find(noun)
            self._fields[noun] = found, fields.clean(fields.to_field(found.heat))
        return self._fields[noun]

    @property
    def shape(self) -> tuple[int, int]:
        """Cells of a field, (h, w)."""
        if self._fields:
            h, w = next(iter(self._fields.values()))[1].shape
            return h, w
        h, w = self.session.seen_size()
        return -(-h // 4) * fields.FINER, -(-w // 4) * fields.FINER

    @property
    def L(self) -> fields.Field:
        """The photo's lightness, averaged over each cell."""
        if self._L is None or self._L.shape != self.shape:
            self._L = shrink(self.session.photo, self.shape, averaged=True).lightness()[0, 0].numpy()
        return self._L

    def locate(self, claim: Claim) -> None:
        """Set the claim's heat and field, or say why there is none."""
        thing = claim.thing
        if thing is None:
            claim.plane = np.full(self.shape, 0.5, np.float32)
        elif thing.rest:
            pass  # what the others leave: `divide` knows
        elif not thing.noun:
            claim.plane = self.part_of_picture(thing.place)
        else:
            self._locate_thing(claim, thing)

    def _locate_thing(self, claim: Claim, thing: Thing) -> None:
        found, plane = self.find(thing.noun)
        claim.found, claim.heat = found, found.heat
        if found.word is None:
            claim.ok = False
            claim.notes.append(say("unknown thing", self.language, said=thing.said))
            return
        if found.how in ("broader", "open") and found.word != thing.noun:
            claim.notes.append(
                say("taken as", self.language, said=self.spoken(thing.noun), thing=self.spoken(found.word))
            )
        if not found.present or not (plane > 0).any():
            claim.ok = False
            claim.notes.append(say("not in photo", self.language, thing=self.spoken(found.word)))
            return
        if thing.part_of is not None:
            plane = self._within(claim, plane, thing.part_of)
        if thing.place is not None:
            plane, why = which.choose(plane, thing.place)
            if why == "only so many":
                count = len(fields.split(self.find(thing.noun)[1]))
                claim.ok = False
                claim.notes.append(say(why, self.language, count=count))
                return
            if why:
                claim.notes.append(say(why, self.language))
        claim.plane = plane

    def _within(self, claim: Claim, plane: fields.Field, whole: Thing) -> fields.Field:
        """The part of a field that belongs to a whole: the woman's hair, the door of the left house."""
        found, around = self.find(whole.noun)
        place = whole.place
        if found.present and place is not None:
            around, _ = which.choose(around, place)
        near = fields.dilated(around, NEAR_WHOLE)
        inside = float((near & (plane > 0)).sum()) / max(1, int((plane > 0).sum()))
        if not found.present or inside < SHARE_IN_WHOLE * (place is None):
            part = self.spoken(claim.thing.noun if claim.thing else "")
            claim.notes.append(say("whole not found", self.language, whole=self.spoken(whole.noun), said=part))
            return plane
        return np.where(near, plane, -np.abs(plane) - 1e-3).astype(np.float32)

    def part_of_picture(self, place: Place | None) -> fields.Field:
        """A side of the picture, what is in front, or what lies behind it."""
        if place is None or place.side is None:
            return np.full(self.shape, 0.5, np.float32)
        if place.side not in ("foreground", "background"):
            return which.side_of_picture(self.shape, place.side)
        names = [name for name, _ in self.sight.names() if name not in BEHIND][:MOST_FRONT]
        front = np.full(self.shape, -0.5, np.float32)
        for name in names:
            front = np.maximum(front, self.find(name)[1])
        return front if place.side == "foreground" else -front

    def divide(self, claims: Sequence[Claim]) -> None:
        """Make the regions disjoint: a region within another comes first, else the hotter place wins; a later wish
        overrules the same earlier one.
        """
        located = [(claim, claim.plane) for claim in claims if claim.plane is not None]
        for i, (claim, mine) in enumerate(located):
            left = mine
            for j, (other, its) in enumerate(located):
                if i == j or not ((mine > 0) & (its > 0)).any():
                    continue
                rank = _rank(claim, mine, other, its, later=i > j)
                if rank < 0:
                    if claim.thing == other.thing:
                        claim.taken_up = other.wish.color is None
                        if not claim.taken_up:
                            claim.notes.append(say("overruled", self.language))
                    left = np.minimum(left, -its)
                elif rank == 0:
                    left = np.minimum(left, mine - its + (1e-6 if i > j else 0))
            claim.plane = left.astype(np.float32)
        taken = [c.plane for c in claims if c.plane is not None]
        for claim in claims:
            if claim.thing is not None and claim.thing.rest:
                left = np.full(self.shape, 0.5, np.float32)
                for plane in taken:
                    left = np.minimum(left, -plane)
                claim.plane = left
            if claim.plane is not None:
                self._settle(claim, claim.plane)

    def _settle(self, claim: Claim, plane: fields.Field) -> None:
        parts = fields.split(plane)
        claim.plane = fields.keep(plane, parts)
        area = float(sum(part.mean() for part in parts))
        if area < fields.LEAST / 4:
            claim.plane = None
            claim.ok = claim.taken_up
            if not claim.ok and say("overruled", self.language) not in claim.notes:
                claim.notes.append(say("nothing left" if area == 0 else "very small", self.language))

    def spoken(self, noun: str) -> str:
        """A noun in the language of the sentence."""
        if self.language == "en":
            return noun
        from toolkit.text.grammar.lexicon import korean

        return korean(noun) or noun

    def color_spoken(self, name: str) -> str:
        """A color's name in the language of the sentence."""
        if self.language == "en":
            return name
        from toolkit.color.korean import korean_color

        return korean_color(name)


def _rank(one: Claim, mine: fields.Field, other: Claim, its: fields.Field, later: bool) -> int:
    """Who has the place that two claim: 1 the first, -1 the other, 0 the hotter at each cell."""
    if (one.thing is None) != (other.thing is None):
        return -1 if one.thing is None else 1  # the whole picture is what is left
    if one.thing == other.thing:
        return 1 if later else -1
    if one.thing is not None and other.thing is not None:
        for a, b, sign in ((one.thing, other.thing, 1), (other.thing, one.thing, -1)):
            if (a.part_of is not None and a.part_of.noun == b.noun) or (
                a.noun == b.noun and a.place is not None and b.place is None
            ):
                return sign
    me, it = mine > 0, its > 0
    both, mine_area, its_area = int((me & it).sum()), int(me.sum()), int(it.sum())
    if both > NESTED * mine_area and mine_area < SMALLER * its_area:
        return 1
    if both > NESTED * its_area and its_area < SMALLER * mine_area:
        return -1
    return 0
