"""A sentence and a photo to colored points.

    compiled = compile_text("make the dress red and the sky light blue", session)
    session.colorize(compiled.guidance).save("out.png")
    for row in compiled.rows:
        print(row.phrase, row.color, row.note)

Every wish becomes a region, where the localizer finds the thing. Every connected part of a region gets an outline, and the outline is the lasso of
some hints: so a person can correct a sentence with the same hints. Regions never overlap; a region inside a larger one is taken out of the larger
one.

Lightness stays the photo's own. On a surface of one color, a and b are proportional to L + 16, from dark folds to bright places (L + 16, a and b are
all proportional to cube roots of light), so every hint gets the wished color at its own L. A bright wall cannot become navy: it becomes a navy of
that lightness, paler than the name says, and the row tells so. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import color_name, hex_to_lab, parse_color, rgb_to_lab
from toolkit.color.dyes import GRAYISH, ToAb, at_lightness, differs, hex_of, surface
from toolkit.controls import fields
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session
from toolkit.text import which
from toolkit.text.grammar.parser import ColorWords, Parsed, Place, Thing, Wish, parse
from toolkit.text.phrases import Language, say
from toolkit.text.settings import CHANGES, Settings, settled

if TYPE_CHECKING:
    from toolkit.text.localizer import Found, Localizer, Sight

HINT_SIZE = 3  # px
NEAR_WHOLE = 0.04  # of the long side: hair reaches beyond what is found as the woman
SHARE_IN_WHOLE = 0.2  # of the heat at least that has to lie in the whole for the whole to have a say
NESTED, SMALLER = 0.6, 0.7  # so much of a region in another that is so much larger: it is on it, like the belt on the dress
AGREES = 14.0  # ab units between a click and the wish up to which they mean the same
AROUND = 0.3  # a click that disagrees silences hints within this share of the part's extent
LIGHTER_BY = 22.0  # L units between the name and the place from which on the row says what it looks like
BASE = 256  # px, of the copy on which is seen what color a thing has now
# What lies behind the things a picture is of.
BEHIND = frozenset(
    "background sky cloud fog wall ceiling floor ground road street pavement grass field playing-field lawn tree vegetation forest wood bush plant "
    "mountain hill sea ocean lake river water snow ice sand beach dirt gravel rock building house city fence window door curtain blind carpet rug "
    "railroad bridge stairs roof room view scene picture photo park garden outdoors indoors".replace("-", " ").split()
) | {"playing field", "traffic light", "traffic sign"}
MOST_FRONT = 8


@dataclass(frozen=True)
class Row:
    """What was done about one part of the sentence."""

    phrase: str  # as in the sentence
    thing: str | None  # the word it was taken as; None: the whole picture, or nothing that is known
    confidence: float | None  # 0..1
    color: str | None  # "#rrggbb" at the region's own mean lightness: what will be seen
    note: str  # in the sentence's language; "" where there is nothing to say
    heat: Tensor | None = None  # (1, 1, h, w) in [0, 1], over the whole photo
    region: Tensor | None = None  # (1, 1, 2h, 2w) bool
    ok: bool = True  # whether it was done


@dataclass(frozen=True)
class Compiled:
    """A sentence as hints, and as a table that says what was understood."""

    guidance: Guidance  # the sentence's hints, then the clicks
    rows: tuple[Row, ...]
    settings: Settings
    language: Language


@dataclass
class _Claim:
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


def compile_text(
    prompt: str | Parsed,
    session: Session,
    *,
    clicks: Guidance | None = None,
    localizer: Localizer | None = None,
    subject: Thing | None = None,
    vividness: float = 0.5,
    recolor: bool = False,
) -> Compiled:
    """What a sentence in English or Korean asks for, as hints on this session's photo; the same arguments give the same hints.

    prompt: the sentence, or what was parsed of one. clicks: hints made by hand; they take precedence over the sentence. localizer: None for the one
    that ships. subject: what "it" means. vividness: the present value of the dial, from which "more vivid" starts. recolor: the photo's own colors
    are kept (Session.recolor), and "more vivid" starts from them. Raises PromptError for a prompt that is too long, GuidanceError for unusable
    clicks, WeightsError.
    """
    parsed = parse(prompt) if isinstance(prompt, str) else prompt
    language = parsed.language
    clicks = (clicks or Guidance()).checked(session.photo.size)
    compiler = _Compiler(session, localizer, language, vividness, recolor)
    claims, settings = [], Settings()
    last = subject
    for wish in parsed.wishes:
        if wish.thing is None and wish.color is None:
            settings, note = settled(settings, wish, vividness, language)
            claims.append(_Claim(wish, None, notes=[note] if note else [], ok=settings != Settings() or wish.change == "natural"))
            continue
        thing = wish.thing
        if thing is not None and thing.pronoun:
            thing = last
        claim = _Claim(wish, thing)
        claims.append(claim)
        if wish.thing is not None and thing is None:
            claim.ok = False
            claim.notes.append(say("not clear what it is", language, said=wish.thing.said))
            continue
        last = thing or last
        compiler.locate(claim)
    compiler.divide(claims)
    hints: list[Hint] = []
    for i, claim in enumerate(claims):
        hints += compiler.dye(claim, claims[:i], clicks)
    text = prompt if isinstance(prompt, str) else None
    rows = [compiler.row(claim, text) for claim in claims]
    for unknown in parsed.unknown:
        key = "not understood" if unknown.hint is None else "did you mean"
        rows.append(Row(unknown.words, None, None, None, say(key, language, words=unknown.words, hint=unknown.hint), ok=False))
    return Compiled(Guidance(tuple(hints)) + clicks, tuple(rows), settings, language)


class _Compiler:
    """One sentence on one photo."""

    def __init__(self, session: Session, localizer: Localizer | None, language: Language, vividness: float, recolor: bool) -> None:
        self.session, self.language, self.vividness, self.recolor = session, language, vividness, recolor
        self._localizer = localizer
        self._sight: Sight | None = None
        self._fields: dict[str, tuple[Found, fields.Field]] = {}
        self._L: fields.Field | None = None
        self._now: NDArray[np.float64] | None = None

    # where

    @property
    def sight(self) -> Sight:
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

    def locate(self, claim: _Claim) -> None:
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

    def _locate_thing(self, claim: _Claim, thing: Thing) -> None:
        found, plane = self.find(thing.noun)
        claim.found, claim.heat = found, found.heat
        if found.word is None:
            claim.ok = False
            claim.notes.append(say("unknown thing", self.language, said=thing.said))
            return
        if found.how in ("broader", "open") and found.word != thing.noun:
            claim.notes.append(say("taken as", self.language, said=self.spoken(thing.noun), thing=self.spoken(found.word)))
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

    def _within(self, claim: _Claim, plane: fields.Field, whole: Thing) -> fields.Field:
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

    def divide(self, claims: Sequence[_Claim]) -> None:
        """Make the regions disjoint: a region within another comes first, else the hotter place wins; a later wish overrules the same earlier one."""
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

    def _settle(self, claim: _Claim, plane: fields.Field) -> None:
        parts = fields.split(plane)
        claim.plane = fields.keep(plane, parts)
        area = float(sum(part.mean() for part in parts))
        if area < fields.LEAST / 4:
            claim.plane = None
            claim.ok = claim.taken_up
            if not claim.ok and say("overruled", self.language) not in claim.notes:
                claim.notes.append(say("nothing left" if area == 0 else "very small", self.language))

    # in which color

    def dye(self, claim: _Claim, earlier: Sequence[_Claim], clicks: Guidance) -> list[Hint]:
        """The hints of a claim whose region is known; sets its color."""
        if claim.plane is None or not claim.ok:
            return []
        inside = claim.plane > 0
        mean_L = float(self.L[inside].mean())
        if claim.wish.change == "natural":
            claim.notes.append(say("natural", self.language))
            return []
        to_ab = self._color_of(claim, mean_L, earlier)
        if to_ab is None:
            claim.ok = False
            return []
        cells = np.argwhere(inside)[:: max(1, int(inside.sum()) // 500)]
        seen = to_ab(cells, np.full(len(cells), mean_L, np.float32)).mean(0)
        claim.color = hex_of(mean_L, seen)
        self._tell_light(claim, mean_L)
        plane = self._beside_clicks(claim, clicks, to_ab)
        size = self.session.photo.size
        hints = []
        for part, lasso in fields.lassos(plane, size):
            chosen = np.array(self._silenced(part, fields.spots(part, self.L), claim, clicks, to_ab))
            if len(chosen):
                L = self.L[tuple(chosen.T)]
                for cell, light, ab in zip(chosen.tolist(), L.tolist(), to_ab(chosen, L), strict=True):
                    x, y = fields.to_pixel((cell[0], cell[1]), plane.shape, size)
                    hints.append(Hint(x, y, hex_of(light, ab), HINT_SIZE, lasso))
        return hints

    def _color_of(self, claim: _Claim, mean_L: float, earlier: Sequence[_Claim]) -> ToAb | None:
        """What the wish makes of the region; None, with a note, where it asks for no color that is known."""
        words, change = claim.wish.color, claim.wish.change
        base: ToAb | None = None
        if words is not None:
            ab = self._named(claim, words, mean_L)
            if ab is None:
                return None
            base = surface(ab, mean_L)
        elif change is None:
            claim.notes.append(say("no color said", self.language))
            return None
        if change is None:
            return base
        if base is None:
            said = [c.wish.color for c in earlier if c.thing == claim.thing and c.wish.color is not None and c.wish.color.color is not None]
            if said and (ab := self._named(claim, said[-1], mean_L)) is not None:
                base = surface(ab, mean_L)
        if change in ("darker", "lighter"):
            claim.notes.append(say("deeper" if change == "darker" else "paler", self.language))
        times, plus = CHANGES[change]
        shifted = surface(np.array(plus), mean_L)
        now = base or (lambda cells, L: self.now()[tuple(cells.T)])
        return lambda cells, L: now(cells, L) * times + shifted(cells, L)

    def _named(self, claim: _Claim, words: ColorWords, mean_L: float) -> NDArray[np.float64] | None:
        if words.color is None:
            claim.notes.append(say("unknown color", self.language, said=words.said))
            return None
        if not words.avoid:
            return at_lightness(words.color, mean_L, exact="#" in words.said)
        instead = self._instead(claim, words.color)
        if instead is None:
            claim.notes.append(say("nothing instead", self.language, said=words.said))
            return None
        claim.notes.append(say("instead", self.language, color=self.color_spoken(color_name(parse_color(instead)))))
        return at_lightness(instead, mean_L)

    def _instead(self, claim: _Claim, avoided: str) -> str | None:
        """The likeliest color at the heart of the region that is not the avoided one."""
        assert claim.plane is not None
        part = fields.split(claim.plane)[0]
        x, y = fields.to_pixel(fields.spots(part, self.L)[0], part.shape, self.session.photo.size)
        likely = [s.color for s in self.session.suggest_colors(x, y)]
        other = [color for color in likely if differs(color, avoided)]
        lively = [color for color in other if np.hypot(*hex_to_lab(color)[1:]) >= GRAYISH]
        return next(iter(lively + other), None)

    def _tell_light(self, claim: _Claim, mean_L: float) -> None:
        """Say what a color looks like where the photo is much lighter or darker than its name."""
        words = claim.wish.color
        if words is None or words.color is None or words.avoid or claim.color is None or abs(hex_to_lab(words.color)[0] - mean_L) < LIGHTER_BY:
            return
        name = color_name(parse_color(claim.color))
        if name != color_name(parse_color(words.color)):
            claim.notes.append(say("light stays", self.language, color=self.color_spoken(name)))

    def now(self) -> NDArray[np.float64]:
        """The colors that things have without the sentence, (h, w, 2): the photo's own where it is recolored, else the automatic ones."""
        if self._now is None:
            small = shrink(self.session.photo, BASE)
            rgb = small.rgb if self.recolor else self.session.preview(small).colorize(dials=Dials(vividness=self.vividness)).rgb
            ab = rgb_to_lab(rgb[None].float() / 255)[:, 1:]
            self._now = F.interpolate(ab, self.shape, mode="area")[0].permute(1, 2, 0).double().numpy()
        return self._now

    # clicks

    def _contrary(self, claim: _Claim, clicks: Guidance, to_ab: ToAb) -> list[tuple[tuple[int, int], Hint | None]]:
        """Clicks within the region that ask for another color: their cell, and the hint where it is one (a painted stroke is none)."""
        marks = clicks.points()
        found = []
        for i, (xy, ab) in enumerate(zip(marks.xy.tolist(), marks.ab.numpy(), strict=True)):
            assert claim.plane is not None
            cell = fields.to_cell(xy[0], xy[1], claim.plane.shape, self.session.photo.size)
            if claim.plane[cell] > 0:
                wished = to_ab(np.array([cell]), self.L[[cell[0]], [cell[1]]])[0]
                if np.linalg.norm(ab - wished) > AGREES:
                    found.append((cell, clicks.hints[i] if i < len(clicks.hints) else None))
        return found

    def _beside_clicks(self, claim: _Claim, clicks: Guidance, to_ab: ToAb) -> fields.Field:
        """The claim's field without what contrary clicks have drawn a lasso around."""
        assert claim.plane is not None
        plane = claim.plane
        contrary = self._contrary(claim, clicks, to_ab) if len(clicks) else []
        if contrary:
            claim.notes.append(say("click wins", self.language))
        for hint in {h for _, h in contrary if h is not None and h.lasso}:
            cover = Guidance((hint,)).regions(self.session.photo.size, self.shape)
            assert cover is not None
            plane = np.minimum(plane, 0.5 - cover[0].numpy())
        return plane

    def _silenced(self, part: fields.Mask, chosen: list[tuple[int, int]], claim: _Claim, clicks: Guidance, to_ab: ToAb) -> list[tuple[int, int]]:
        """The spots of a part that are not too near to a contrary click."""
        if not len(clicks):
            return chosen
        cells = [cell for cell, _ in self._contrary(claim, clicks, to_ab) if part[cell]]
        rows, columns = np.nonzero(part)
        reach = AROUND * max(np.ptp(rows), np.ptp(columns))
        return [spot for spot in chosen if all(np.hypot(spot[0] - y, spot[1] - x) > reach for y, x in cells)]

    # words

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

    def row(self, claim: _Claim, text: str | None) -> Row:
        """What to tell of a claim."""
        found, wish = claim.found, claim.wish
        region = None if claim.plane is None else torch.from_numpy(claim.plane > 0)[None, None]
        return Row(
            _phrase(wish) if text is None else text[wish.start : wish.end],
            None if found is None else found.word,
            None if found is None else found.confidence,
            claim.color,
            "; ".join(claim.notes),
            claim.heat,
            region if claim.ok else None,
            claim.ok,
        )


def _phrase(wish: Wish) -> str:
    """What a wish says where its sentence is not at hand."""
    thing = "" if wish.thing is None else wish.thing.said
    return f"{thing} {wish.change or '' if wish.color is None else wish.color.said}".strip()


def _rank(one: _Claim, mine: fields.Field, other: _Claim, its: fields.Field, later: bool) -> int:
    """Who has the place that two claim: 1 the first, -1 the other, 0 the hotter at each cell."""
    if (one.thing is None) != (other.thing is None):
        return -1 if one.thing is None else 1  # the whole picture is what is left
    if one.thing == other.thing:
        return 1 if later else -1
    if one.thing is not None and other.thing is not None:
        for a, b, sign in ((one.thing, other.thing, 1), (other.thing, one.thing, -1)):
            if (a.part_of is not None and a.part_of.noun == b.noun) or (a.noun == b.noun and a.place is not None and b.place is None):
                return sign
    me, it = mine > 0, its > 0
    both, mine_area, its_area = int((me & it).sum()), int(me.sum()), int(it.sum())
    if both > NESTED * mine_area and mine_area < SMALLER * its_area:
        return 1
    if both > NESTED * its_area and its_area < SMALLER * mine_area:
        return -1
    return 0
