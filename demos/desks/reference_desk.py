"""What one visitor of *Reference* has in front of them: a photo, others that lend it colors, the picture that gives. No
Gradio here.

The browser owns what is asked and sends all of it each time: the same wish gives the same picture, whatever was asked
before.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import RLock
from typing import Any

from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from demos.desks import pictures
from demos.desks.alternatives_desk import hints_of
from demos.desks.hint_desk import SCREEN, HintDesk
from demos.desks.reference_wish import Change, Lent, ReferenceDials, Wish, in_pixels
from demos.desks.samples import FIRST, Sample, samples
from toolkit.controls.palette import extract_palette, warmth_tint
from toolkit.controls.recoloring import dye_region
from toolkit.controls.reference import Reference, Take, Taken, see_reference, take_colors
from toolkit.guidance import Guidance, GuidanceError
from toolkit.models.base import Dials
from toolkit.photo import Photo, open_photo
from toolkit.photo.pictures import data_url, to_pil
from toolkit.photo.places import from_share, to_share
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Progress, Result, Session
from toolkit.show.canvas import dimmed
from toolkit.text.compiler import compile_text
from toolkit.text.localizer import load_localizer

KEPT = 8  # references that were looked at: those in use, and those that undo may bring back
SHOWN = 800  # px, long side of a reference on the screen
LITTLE = 0.15  # of trust: a place that took less kept its automatic color
GRAY = "This photo has no colors that could stay; add a color photo, or choose one of the other two ways."
ABSENT = "This reference is not here any more, to make room for others; add it again."
UNREAD = "None of these words could be understood; name a thing and a color, like “the sky blue”."


@dataclass(frozen=True, eq=False)
class Coat:
    """A change of a color photo that was carried out."""

    change: Change
    weight: float
    guidance: Guidance  # in pixels of the screen's copy
    result: Result
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Shown:
    """The picture for a wish, and how it came about."""

    wish: Wish
    dials: ReferenceDials
    result: Result
    guidance: Guidance = field(default_factory=Guidance)  # in pixels of the screen's copy
    taken: Taken | None = None
    coats: tuple[Coat, ...] = ()
    notes: tuple[str, ...] = ()


class ReferenceDesk:
    """One photo, looked at once, as is every reference; a dial or a region costs a decode of a small copy."""

    def __init__(self, photo: Photo, model: str, device: str, number: int = 0) -> None:
        """Cheap: no model runs yet. number: to tell photos apart. Raises ValueError for an unknown model."""
        self.photo = photo
        self.number = number
        self.model = model
        self.device = device
        self.session = Session(photo, model, device=device)
        self.screen = self.session.preview(SCREEN)
        self.lock = RLock()  # a wish may come while the photo is still being looked at
        self.shown: Shown | None = None
        self.dials: tuple[bool, ...] = ()  # which of them the page shows
        self.references: OrderedDict[str, Reference] = OrderedDict()
        self._coats: tuple[Coat, ...] = ()  # the last ones, most of which the next wish begins with
        self._uploads = 0

    @property
    def colored(self) -> bool:
        """Whether the photo has colors that can be kept."""
        return self.photo.tone == "color"

    def before(self, mode: str) -> str:
        """What the picture is compared with, a data URL: the photo as it came where its colors are kept, else without
        color.
        """
        photo = self.screen.photo
        return data_url(to_pil(photo.rgb) if mode == "recolor" and self.colored else pictures.before(photo))

    # photos that lend their colors

    def lend(self, photo: Photo) -> str:
        """Look at a visitor's reference; returns its name. Raises GuidanceError for one that has no color to give."""
        with self.lock:
            self._uploads += 1
            return self._keep(f"u{self._uploads}", photo)

    def reference(self, name: str) -> Reference:
        """One that was looked at, or an example ("s" and its number). Raises ValueError."""
        with self.lock:
            if name not in self.references:
                lenders = {f"s{i}": sample for i, sample in enumerate(samples()) if sample in color_samples()}
                if name not in lenders:
                    raise ValueError(ABSENT)
                self._keep(name, open_photo(lenders[name].path))
            self.references.move_to_end(name)
            return self.references[name]

    def _keep(self, name: str, photo: Photo) -> str:
        self.references[name] = see_reference(shrink(photo, SCREEN), self.session.device.type)
        while len(self.references) > KEPT:
            self.references.popitem(last=False)
        return name

    def describe(self, name: str) -> dict[str, Any]:
        """A reference for the browser: its picture, and its palette. Raises ValueError."""
        photo = self.reference(name).photo
        try:
            palette = [{"color": swatch.color, "share": swatch.share} for swatch in extract_palette(photo)]
        except GuidanceError:
            palette = []
        return {
            "src": data_url(to_pil(shrink(photo, SHOWN).rgb)),
            "shape": list(photo.size),
            "name": photo.name,
            "palette": palette,
        }

    # what is asked

    def ask(self, wish: Wish, dials: ReferenceDials, progress: Progress | None = None) -> Shown:
        """The picture for a wish; the last one where nothing has changed. Raises ValueError, PromptError, WeightsError,
        Cancelled.
        """
        with self.lock:
            if self.shown is None or (wish.part, dials) != (self.shown.wish.part, self.shown.dials):
                how = {"reference": self._like, "palette": self._with, "recolor": self._change}[wish.mode]
                self.shown = how(wish, dials, progress)
            return self.shown

    def _like(self, wish: Wish, dials: ReferenceDials, progress: Progress | None) -> Shown:
        if not wish.takes:
            return Shown(wish, dials, self.screen.colorize(dials=Dials(vividness=dials.vividness), progress=progress))
        taken = take_colors(
            self.screen, [self._take(lent) for lent in wish.takes], weight=dials.weight, vividness=dials.vividness
        )
        result = self.screen.colorize(taken.guidance, Dials(vividness=dials.vividness), progress=progress)
        return Shown(wish, dials, result, taken.guidance, taken, notes=taken.notes)

    def _with(self, wish: Wish, dials: ReferenceDials, progress: Progress | None) -> Shown:
        return Shown(wish, dials, self._tinted(self.screen, wish, dials, progress))

    def _tinted(self, session: Session, wish: Wish, dials: ReferenceDials, progress: Progress | None) -> Result:
        return session.colorize(
            dials=Dials(
                vividness=dials.vividness,
                saturation=dials.saturation,
                palette=wish.colors,
                tint=warmth_tint(dials.warmth),
            ),
            progress=progress,
        )

    def _change(self, wish: Wish, dials: ReferenceDials, progress: Progress | None) -> Shown:
        if not self.colored:
            raise ValueError(GRAY)
        coats: list[Coat] = []
        for i, change in enumerate(wish.changes):
            before = self._coats[i] if len(coats) == i < len(self._coats) else None
            if before is None or (before.change, before.weight) != (change, dials.weight if change.lent else 0.0):
                self._coats = tuple(coats)  # those after it were over another picture
                before = self._coat(
                    change, coats[-1].result if coats else None, dials.weight if change.lent else 0.0, progress
                )
            coats.append(before)
        self._coats = tuple(coats)
        result = coats[-1].result if coats else self.screen.recolor(Guidance(), progress=progress)
        return Shown(wish, dials, result, coats=self._coats, notes=coats[-1].notes if coats else ())

    def _coat(self, change: Change, under: Result | None, weight: float, progress: Progress | None) -> Coat:
        session = self.screen if under is None else self.screen.preview(replace(self.screen.photo, rgb=under.rgb))
        notes: tuple[str, ...] = ()
        if change.lent is not None:
            taken = take_colors(session, [self._take(change.lent)], weight=weight, recolor=True)
            guidance, notes = taken.guidance, taken.notes
        elif change.words:
            compiled = compile_text(change.words, session, localizer=load_localizer(self.device), recolor=True)
            guidance = compiled.guidance
            notes = tuple(row.note for row in compiled.rows if row.note and not row.ok) or (
                () if guidance.hints else (UNREAD,)
            )
        else:
            guidance = dye_region(session, in_pixels(change.region, session.photo.size), change.color)
        return Coat(change, weight, guidance, session.recolor(guidance, progress=progress), notes)

    def _take(self, lent: Lent) -> Take:
        reference = self.reference(lent.name)
        return Take(
            reference, in_pixels(lent.source, reference.photo.size), in_pixels(lent.target, self.screen.photo.size)
        )

    # what is seen

    def points(self) -> list[dict[str, Any]]:
        """The points of the last picture, for the browser: places in 0..1 of the photo (x, y) and of what lent the
        color (u, v).
        """
        taken = self.shown.taken if self.shown else None
        if self.shown is None or taken is None:
            return []
        sizes = [self.reference(lent.name).photo.size for lent in self.shown.wish.takes]
        places = taken.guidance.to_canvas(self.screen.photo.size)
        return [
            {
                "x": place["x"], "y": place["y"], "color": place["color"], "take": origin.take,
                "u": u, "v": v,
            }
            for place, origin in zip(places, taken.origins, strict=True) if origin.trust >= LITTLE
            for u, v in [to_share((origin.x, origin.y), sizes[origin.take])]
        ]  # fmt: skip

    def where_from(self, at: tuple[float, float]) -> list[str]:
        """From where a place, in 0..1 of the photo, took its color: a layer over each reference, a data URL, "" where
        it took none from it.
        """
        taken = self.shown.taken if self.shown else None
        if self.shown is None or taken is None:
            return []
        planes = taken.where_from(*from_share(at, self.screen.photo.size))
        references = [self.reference(lent.name) for lent in self.shown.wish.takes]
        most = max(float(plane.max()) for plane in planes)
        if most < LITTLE:
            return ["" for _ in planes]
        return [
            data_url(dimmed(_cut(plane / most, reference).sqrt()))
            for plane, reference in zip(planes, references, strict=True)
        ]  # a root, to see the rest

    def reach(self) -> str:
        """What the changes have changed: a data URL that darkens all else; "" where nothing has."""
        if self.shown is None or self.shown.wish.mode != "recolor":
            return ""
        own, now = self.screen.photo.rgb, self.shown.result.rgb
        changed = (own.int() - now.int()).abs().amax(0) > 1
        return data_url(dimmed(changed.float())) if bool(changed.any()) else ""

    # what is taken along

    def finish(self, wish: Wish, dials: ReferenceDials, progress: Progress | None = None) -> Result:
        """The full size. Raises as `ask` does."""
        shown = self.ask(wish, dials)
        if wish.mode == "palette":
            return self._tinted(self.session, wish, dials, progress)
        if wish.mode == "reference":
            return self.session.colorize(
                self._full(shown.guidance), Dials(vividness=dials.vividness), progress=progress
            )
        photo, session = self.photo, self.session
        for coat in shown.coats[:-1]:
            photo = replace(photo, rgb=session.recolor(self._full(coat.guidance), progress=progress).rgb)
            session = self.session.preview(photo)
        return session.recolor(self._full(shown.coats[-1].guidance) if shown.coats else Guidance(), progress=progress)

    def to_hints(self, wish: Wish, dials: ReferenceDials) -> tuple[HintDesk, Guidance, Dials]:
        """The photo, which need not be looked at again, and its colors as hints, for the tab where one clicks. Raises
        as `ask` does.
        """
        shown = self.ask(wish, dials)
        desk = HintDesk(self.photo, self.model, self.device, self.session)
        if shown.taken is not None:
            return desk, self._full(shown.guidance), Dials(dials.vividness)
        return desk, hints_of(_as_seen(shown.result), self.photo), Dials()

    def _full(self, guidance: Guidance) -> Guidance:
        return guidance.scaled(self.screen.photo.size, self.photo.size)


def _cut(plane: Tensor, reference: Reference) -> Tensor:
    """A plane over a reference's grid -> (h, w) over its photo alone: the grid reaches beyond its right and lower
    border.
    """
    cell = ((reference.centers[0] + 0.5) * 2).tolist()  # px
    fine = F.interpolate(plane[None, None].float(), scale_factor=8, mode="bilinear")
    width, height = (max(1, round(8 * side / length)) for side, length in zip(reference.photo.size, cell, strict=True))
    return fine[0, 0, :height, :width].clamp(0, 1)


def _as_seen(result: Result) -> Result:
    """A result whose small ab are those of its picture: recoloring keeps most of the photo's own."""
    copy = shrink(replace(result.photo, rgb=result.rgb), (result.ab.shape[-2], result.ab.shape[-1]), averaged=True)
    return replace(result, ab=copy.lab()[:, 1:])


@lru_cache(maxsize=1)
def color_samples() -> list[Sample]:
    """The examples that have color to lend."""
    return [sample for sample in samples() if sample.path.name not in FIRST]


@lru_cache(maxsize=1)
def lenders() -> list[dict[str, str]]:
    """The examples that have color to lend, for the browser: name, picture, title."""
    found = []
    for i, sample in enumerate(samples()):
        if sample in color_samples():
            with Image.open(sample.path) as image:
                image.draft("RGB", (256, 256))
                image.thumbnail((160, 160))
                found.append({"name": f"s{i}", "src": data_url(image.convert("RGB")), "title": sample.title})
    return found
