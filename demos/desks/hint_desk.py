"""What one visitor of *Click hints* has in front of them: a photo, its hints, the picture they give. No Gradio here."""

from math import hypot
from pathlib import Path
from threading import RLock
from typing import Any

import torch
from matplotlib.path import Path as Polygon
from torch import Tensor

from demos.desks import pictures
from demos.desks.alternatives_desk import Alternatives, hints_of
from demos.gate.door import number
from toolkit.color import parse_color, to_hex
from toolkit.guidance import MAX_HINTS, Guidance, GuidanceError
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.photo.pictures import data_url
from toolkit.photo.places import to_share
from toolkit.pipeline import Progress, Result, Session
from toolkit.show import canvas

SCREEN = 1200  # px, long side of the live picture
PALETTE = 5  # colors
LARGEST_HINTS = 20_000_000  # bytes: 2,000 hints with a lasso each
NEAR = 24  # px of the live picture: a person's hint speaks for its surroundings


class HintDesk:
    """One photo, looked at once; every change of hints is one decode of a small copy. Hints are in pixels of the full
    photo.
    """

    def __init__(self, photo: Photo, model: str, device: str, session: Session | None = None) -> None:
        """Cheap: no model runs yet. session: one that has looked at the photo already. Raises ValueError for an unknown
        model.
        """
        self.photo = photo
        self.session = session or Session(photo, model, device=device)
        self.screen = self.session.preview(SCREEN)
        self.guidance = Guidance()
        self.mask: Tensor | None = None  # a painted mask that was loaded, uint8 (4, H, W)
        self.look = Dials()
        self.lock = RLock()  # a click may come while the photo is still being looked at
        self.shown: Result | None = None  # the live picture
        self.waiting: list[dict[str, Any]] = []  # hints from elsewhere, until the browser has the photo
        self.alternatives: Alternatives | None = None
        self._added: set[tuple[int, int, str]] = set()  # the hints that came from the alternative chosen last
        self._asked: tuple[float, float] | None = None

    @property
    def before(self) -> str:
        """The photo without color, a data URL."""
        return data_url(pictures.before(self.screen.photo))

    def read(self, value: Any, vividness: Any, saturation: Any) -> tuple[Guidance, Dials]:
        """What the browser sent, checked. Raises GuidanceError, ValueError."""
        guidance = Guidance.from_canvas(value, self.photo.size) + Guidance(strokes=self.mask)
        colors = value.get("palette", [])
        if not isinstance(colors, list) or len(colors) > PALETTE:
            raise ValueError(f"A palette has at most {PALETTE} colors; take some out.")
        return guidance, Dials(
            number(vividness, 0, 1), number(saturation, 0, 2), tuple(to_hex(parse_color(color)) for color in colors)
        )

    def paint(self, guidance: Guidance, look: Dials, progress: Progress | None = None) -> Result:
        """The live picture; the last one where nothing has changed. Raises ValueError, Cancelled."""
        with self.lock:
            same = guidance == self.guidance and guidance.strokes is self.guidance.strokes and look == self.look
            if self.shown is None or not same:
                self.shown = _colorize(
                    self.screen, guidance.scaled(self.photo.size, self.screen.photo.size), look, progress
                )
                self.guidance, self.look = guidance, look
            return self.shown

    def finish(self, guidance: Guidance, look: Dials, progress: Progress | None = None) -> Result:
        """The full size. Raises ValueError, Cancelled."""
        return _colorize(self.session, guidance, look, progress)

    def suggestions(self, ask: Any) -> list[dict[str, Any]] | None:
        """Colors for the place {x, y}, in 0..1, that the browser asks about; None where it asked for them before.
        Raises GuidanceError.
        """
        if not isinstance(ask, dict):
            return None
        here = Guidance.from_canvas(
            {"hints": [ask | {"color": "#808080", "size": 1, "lasso": []}]}, self.photo.size
        ).hints[0]
        if (here.x, here.y) == self._asked:
            return None
        self._asked = here.x, here.y
        with self.lock:
            found = self.session.suggest_colors(here.x, here.y)
        return [{"color": s.color, "share": s.share, "name": s.name, "x": ask["x"], "y": ask["y"]} for s in found]

    def reach(self, value: dict[str, Any]) -> str:
        """Where the selected hint, or its brush stroke, acts: a data URL that darkens all else; "" where none is
        selected.
        """
        influence, chosen = self.shown.influence if self.shown else None, canvas.selected_hints(value)
        if influence is None or not chosen:
            return ""
        return data_url(canvas.reached(influence[chosen].sum(0).clamp(0, 1)))

    def next_click(self) -> dict[str, float]:
        """Where one more hint would tell most, {x, y} in 0..1."""
        with self.lock:
            x, y = to_share(self.session.suggest_click(self.guidance), self.photo.size)
        return {"x": x, "y": y}

    def open(self, path: Path) -> list[dict[str, Any]] | None:
        """Hints from a file, as the canvas takes them; None for a mask, which is kept here. Raises GuidanceError."""
        if path.suffix.lower() not in (".json", ".png"):
            raise GuidanceError(
                "Hints come as .json, or as a mask painted on a transparent .png; this file is neither."
            )
        if path.stat().st_size > LARGEST_HINTS and path.suffix.lower() == ".json":
            raise GuidanceError("This hint file is too large to be one; it should be far below 20 MB.")
        found = Guidance.load(path, self.photo.size)
        if found.strokes is None:
            return found.to_canvas(self.photo.size)
        self.mask = found.strokes
        return None

    def own(self, value: Any) -> dict[str, Any]:
        """What the browser sent without the hints of the alternative chosen last, which others are not to follow; one
        that was changed is a hand's.

        Raises GuidanceError.
        """
        plain = Guidance.from_canvas(value, self.photo.size).to_canvas(self.photo.size)
        hints = [sent for sent, hint in zip(value["hints"], plain, strict=True) if _name(hint) not in self._added]
        return dict(value) | {"hints": hints}

    def add_alternative(self, index: int, value: Any) -> list[dict[str, Any]]:
        """A person's own hints, then the colors of an alternative as hints wherever those leave room. Raises
        GuidanceError, ValueError.
        """
        if self.alternatives is None:
            raise ValueError("This alternative is not here any more; draw others.")
        value = self.own(value)
        own = Guidance.from_canvas(value, self.photo.size)
        near = NEAR * max(self.photo.size) / max(self.screen.photo.size)
        lassos = [Polygon(hint.lasso) for hint in own.hints if hint.lasso]
        free = [
            hint
            for hint in hints_of(self.alternatives.pick(index).result, self.photo).hints
            if all(hypot(hint.x - mine.x, hint.y - mine.y) > near for mine in own.hints)
            and not any(lasso.contains_point((hint.x, hint.y)) for lasso in lassos)
        ]
        added = Guidance(tuple(free[: MAX_HINTS - len(own.hints)])).to_canvas(self.photo.size)
        self._added = {_name(hint) for hint in added}
        return [*value["hints"], *added]

    def save(self, value: Any, path: Path) -> Path:
        """The hints that the browser sent as .json or, painted over a loaded mask, as .png. Raises GuidanceError."""
        guidance = Guidance.from_canvas(value, self.photo.size)
        if not guidance.hints:
            raise GuidanceError("There are no hints yet; set one in the photo first.")
        if path.suffix == ".json":
            return guidance.save(path)
        mask = (
            torch.zeros(4, self.photo.height, self.photo.width, dtype=torch.uint8)
            if self.mask is None
            else self.mask.clone()
        )
        for hint in guidance.hints:
            left, top, right, bottom = hint.box()
            color = [round(c * 255) for c in parse_color(hint.color)] + [255]
            mask[:, max(0, top) : bottom, max(0, left) : right] = torch.tensor(color, dtype=torch.uint8).view(4, 1, 1)
        return Guidance(strokes=mask).save(path)


def _name(hint: dict[str, Any]) -> tuple[int, int, str]:
    """Tells hints apart, before and after the browser has rounded them."""
    return round(1e5 * hint["x"]), round(1e5 * hint["y"]), hint["color"]


def _colorize(session: Session, guidance: Guidance, look: Dials, progress: Progress | None) -> Result:
    return session.colorize(guidance, look, progress=progress)
