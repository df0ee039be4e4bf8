"""A sentence and a photo to colored points.

    compiled = compile_text("make the dress red and the sky light blue", session)
    session.colorize(compiled.guidance).save("out.png")
    for row in compiled.rows:
        print(row.phrase, row.color, row.note)

Every wish becomes a region, where the localizer finds the thing. Every connected part of a region gets an outline, and
the outline is the lasso of some hints: so a person can correct a sentence with the same hints. Regions never overlap; a
region inside a larger one is taken out of the larger one.

Lightness stays the photo's own. On a surface of one color, a and b are proportional to L + 16, from dark folds to
bright places (L + 16, a and b are all proportional to cube roots of light), so every hint gets the wished color at its
own L. A bright wall cannot become navy: it becomes a navy of that lightness, paler than the name says, and the row
tells so. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from toolkit.photo.places import middle_pixel, to_cell
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session
from toolkit.text.grammar.parser import ColorWords, Parsed, Thing, Wish, parse
from toolkit.text.phrases import Language, say
from toolkit.text.scene import Claim, Scene
from toolkit.text.settings import CHANGES, Settings, settled

if TYPE_CHECKING:
    from toolkit.text.localizer import Localizer

HINT_SIZE = 3  # px
AGREES = 14.0  # ab units between a click and the wish up to which they mean the same
AROUND = 0.3  # a click that disagrees silences hints within this share of the part's extent
LIGHTER_BY = 22.0  # L units between the name and the place from which on the row says what it looks like
BASE = 256  # px, of the copy on which is seen what color a thing has now


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


def compile_text(
    prompt: str | Parsed,
    session: Session,
    *,
    clicks: Guidance | None = None,
    localizer: Localizer | None = None,
    vividness: float = 0.5,
    recolor: bool = False,
) -> Compiled:
    """What a sentence in English or Korean asks for, as hints on this session's photo; the same arguments give the same
    hints.

    prompt: the sentence, or what was parsed of one. clicks: hints made by hand; they take precedence over the sentence.
    localizer: None for the one that ships. vividness: the present value of the dial, from which "more vivid" starts.
    recolor: the photo's own colors are kept (Session.recolor), and "more vivid" starts from them. Raises PromptError
    for a prompt that is too long, GuidanceError for unusable clicks, WeightsError.
    """
    parsed = parse(prompt) if isinstance(prompt, str) else prompt
    language = parsed.language
    clicks = (clicks or Guidance()).checked(session.photo.size)
    scene = Scene(session, localizer, language)
    dyer = _Dyer(scene, vividness, recolor)
    claims, settings = [], Settings()
    last: Thing | None = None
    for wish in parsed.wishes:
        if wish.thing is None and wish.color is None:
            settings, note = settled(settings, wish, vividness, language)
            claims.append(
                Claim(wish, None, notes=[note] if note else [], ok=settings != Settings() or wish.change == "natural")
            )
            continue
        thing = wish.thing
        if thing is not None and thing.pronoun:
            thing = last
        claim = Claim(wish, thing)
        claims.append(claim)
        if wish.thing is not None and thing is None:
            claim.ok = False
            claim.notes.append(say("not clear what it is", language, said=wish.thing.said))
            continue
        last = thing or last
        scene.locate(claim)
    scene.divide(claims)
    hints: list[Hint] = []
    for i, claim in enumerate(claims):
        hints += dyer.dye(claim, claims[:i], clicks)
    text = prompt if isinstance(prompt, str) else None
    rows = [dyer.row(claim, text) for claim in claims]
    for unknown in parsed.unknown:
        key = "not understood" if unknown.hint is None else "did you mean"
        rows.append(
            Row(unknown.words, None, None, None, say(key, language, words=unknown.words, hint=unknown.hint), ok=False)
        )
    return Compiled(Guidance(tuple(hints)) + clicks, tuple(rows), settings, language)


class _Dyer:
    """One sentence's colors on one photo."""

    def __init__(self, scene: Scene, vividness: float, recolor: bool) -> None:
        self.scene, self.vividness, self.recolor = scene, vividness, recolor
        self.session, self.language = scene.session, scene.language
        self._now: NDArray[np.float64] | None = None

    # in which color

    def dye(self, claim: Claim, earlier: Sequence[Claim], clicks: Guidance) -> list[Hint]:
        """The hints of a claim whose region is known; sets its color."""
        if claim.plane is None or not claim.ok:
            return []
        inside = claim.plane > 0
        mean_L = float(self.scene.L[inside].mean())
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
            chosen = np.array(self._silenced(part, fields.spots(part, self.scene.L), claim, clicks, to_ab))
            if len(chosen):
                L = self.scene.L[tuple(chosen.T)]
                for cell, light, ab in zip(chosen.tolist(), L.tolist(), to_ab(chosen, L), strict=True):
                    x, y = middle_pixel((cell[0], cell[1]), plane.shape, size)
                    hints.append(Hint(x, y, hex_of(light, ab), HINT_SIZE, lasso))
        return hints

    def _color_of(self, claim: Claim, mean_L: float, earlier: Sequence[Claim]) -> ToAb | None:
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
            said = [
                c.wish.color
                for c in earlier
                if c.thing == claim.thing and c.wish.color is not None and c.wish.color.color is not None
            ]
            if said and (ab := self._named(claim, said[-1], mean_L)) is not None:
                base = surface(ab, mean_L)
        if change in ("darker", "lighter"):
            claim.notes.append(say("deeper" if change == "darker" else "paler", self.language))
        times, plus = CHANGES[change]
        shifted = surface(np.array(plus), mean_L)
        now = base or (lambda cells, L: self.now()[tuple(cells.T)])
        return lambda cells, L: now(cells, L) * times + shifted(cells, L)

    def _named(self, claim: Claim, words: ColorWords, mean_L: float) -> NDArray[np.float64] | None:
        if words.color is None:
            claim.notes.append(say("unknown color", self.language, said=words.said))
            return None
        if not words.avoid:
            return at_lightness(words.color, mean_L, exact="#" in words.said)
        instead = self._instead(claim, words.color)
        if instead is None:
            claim.notes.append(say("nothing instead", self.language, said=words.said))
            return None
        claim.notes.append(
            say("instead", self.language, color=self.scene.color_spoken(color_name(parse_color(instead))))
        )
        return at_lightness(instead, mean_L)

    def _instead(self, claim: Claim, avoided: str) -> str | None:
        """The likeliest color at the heart of the region that is not the avoided one."""
        assert claim.plane is not None
        part = fields.split(claim.plane)[0]
        x, y = middle_pixel(fields.spots(part, self.scene.L)[0], part.shape, self.session.photo.size)
        likely = [s.color for s in self.session.suggest_colors(x, y)]
        other = [color for color in likely if differs(color, avoided)]
        lively = [color for color in other if np.hypot(*hex_to_lab(color)[1:]) >= GRAYISH]
        return next(iter(lively + other), None)

    def _tell_light(self, claim: Claim, mean_L: float) -> None:
        """Say what a color looks like where the photo is much lighter or darker than its name."""
        words = claim.wish.color
        if (
            words is None
            or words.color is None
            or words.avoid
            or claim.color is None
            or abs(hex_to_lab(words.color)[0] - mean_L) < LIGHTER_BY
        ):
            return
        name = color_name(parse_color(claim.color))
        if name != color_name(parse_color(words.color)):
            claim.notes.append(say("light stays", self.language, color=self.scene.color_spoken(name)))

    def now(self) -> NDArray[np.float64]:
        """The colors that things have without the sentence, (h, w, 2): the photo's own where it is recolored, else the
        automatic ones.
        """
        if self._now is None:
            small = shrink(self.session.photo, BASE)
            rgb = (
                small.rgb
                if self.recolor
                else self.session.preview(small).colorize(dials=Dials(vividness=self.vividness)).rgb
            )
            ab = rgb_to_lab(rgb[None].float() / 255)[:, 1:]
            self._now = F.interpolate(ab, self.scene.shape, mode="area")[0].permute(1, 2, 0).double().numpy()
        return self._now

    # clicks

    def _contrary(self, claim: Claim, clicks: Guidance, to_ab: ToAb) -> list[tuple[tuple[int, int], Hint | None]]:
        """Clicks within the region that ask for another color: their cell, and the hint where it is one (a painted
        stroke is none).
        """
        marks = clicks.points()
        found = []
        for i, (xy, ab) in enumerate(zip(marks.xy.tolist(), marks.ab.numpy(), strict=True)):
            assert claim.plane is not None
            cell = to_cell((xy[0], xy[1]), self.session.photo.size, claim.plane.shape)
            if claim.plane[cell] > 0:
                wished = to_ab(np.array([cell]), self.scene.L[[cell[0]], [cell[1]]])[0]
                if np.linalg.norm(ab - wished) > AGREES:
                    found.append((cell, clicks.hints[i] if i < len(clicks.hints) else None))
        return found

    def _beside_clicks(self, claim: Claim, clicks: Guidance, to_ab: ToAb) -> fields.Field:
        """The claim's field without what contrary clicks have drawn a lasso around."""
        assert claim.plane is not None
        plane = claim.plane
        contrary = self._contrary(claim, clicks, to_ab) if len(clicks) else []
        if contrary:
            claim.notes.append(say("click wins", self.language))
        for hint in {h for _, h in contrary if h is not None and h.lasso}:
            cover = Guidance((hint,)).regions(self.session.photo.size, self.scene.shape)
            assert cover is not None
            plane = np.minimum(plane, 0.5 - cover[0].numpy())
        return plane

    def _silenced(
        self, part: fields.Mask, chosen: list[tuple[int, int]], claim: Claim, clicks: Guidance, to_ab: ToAb
    ) -> list[tuple[int, int]]:
        """The spots of a part that are not too near to a contrary click."""
        if not len(clicks):
            return chosen
        cells = [cell for cell, _ in self._contrary(claim, clicks, to_ab) if part[cell]]
        rows, columns = np.nonzero(part)
        reach = AROUND * max(np.ptp(rows), np.ptp(columns))
        return [spot for spot in chosen if all(np.hypot(spot[0] - y, spot[1] - x) > reach for y, x in cells)]

    def row(self, claim: Claim, text: str | None) -> Row:
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
