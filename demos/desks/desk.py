"""What one visitor has in front of them: a photo, its colors, the proposals. No Gradio here.

Everything on the screen is made from a copy of at most PREVIEW pixels, so that a 24-megapixel photo answers as fast as
a small one; the full size is painted once, for the download.
"""

from dataclasses import dataclass, field
from typing import Any

from demos.desks import pictures
from demos.desks.alternatives_desk import Alternatives, Draw, hints_of
from demos.desks.hint_desk import HintDesk
from demos.desks.visits import Room, Turns
from demos.gate.door import index
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.models.cards import ModelCard, get_card
from toolkit.photo import Photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Candidate, Progress, Result, Session

PREVIEW = 1600  # px, long side of what the screen shows
NONE_TAKEN = "None of the alternatives was chosen yet; choose one first."


@dataclass(frozen=True)
class Shop:
    """What all tabs share."""

    device: str
    models: tuple[ModelCard, ...]
    room: Room = field(default_factory=Room)
    turns: Turns = field(default_factory=Turns)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models that a page may choose from."""
        return tuple(card.name for card in self.models)


class Desk:
    """One photo under one model; the sessions of two working sizes are kept, so that a dial costs a decode and not an
    encode.
    """

    def __init__(self, photo: Photo, model: str, device: str) -> None:
        """Cheap: no model runs yet. Raises ValueError for an unknown model."""
        self.photo = photo
        self.preview = shrink(photo, PREVIEW)
        self.before = pictures.before(self.preview)
        self._device = device
        self._clicking: Session | None = None  # of the tab where one clicks
        self.alternatives: Alternatives | None = None
        self.use(model)

    def use(self, model: str) -> None:
        """Change the model; its proposals come anew."""
        self.model = model
        self.size = get_card(model).size
        self.vividness = 0.5
        self.result: Result | None = None
        self.taken: Draw | None = None  # what the result was drawn from, where it is one of the alternatives
        self.candidates: list[Candidate] = []
        self._sessions: dict[int, tuple[Session, Session]] = {}

    @property
    def session(self) -> Session:
        """The preview's session at the present working size."""
        return self._both()[1]

    def _both(self) -> tuple[Session, Session]:
        """The photo's session and the preview's, which share what the model saw."""
        if self.size not in self._sessions:
            standard = get_card(self.model).size
            # each holds some 40 MB
            self._sessions = {size: pair for size, pair in self._sessions.items() if size == standard}
            whole = Session(self.photo, self.model, device=self._device, size=self.size)
            self._sessions[self.size] = whole, whole.preview(self.preview)
        return self._sessions[self.size]

    def colorize(self, vividness: float, progress: Progress | None = None) -> Result:
        """Color the preview. Raises Cancelled."""
        result = self.session.colorize(dials=Dials(vividness=vividness), progress=progress)
        self.vividness, self.result, self.taken = vividness, result, None
        if self.alternatives is not None:
            self.alternatives.chosen = -1
        return result

    def propose(self, progress: Progress | None = None) -> list[Candidate]:
        """Small proposals over sizes and vividness. Raises Cancelled."""
        self.candidates = self.session.candidates(progress=progress)
        return self.candidates

    def adopt(self, place: Any, progress: Progress | None = None) -> Result:
        """Color the preview as a proposal was. Raises Cancelled, ValueError."""
        candidate = self.candidates[index(place, len(self.candidates))]
        self.size = candidate.size
        return self.colorize(candidate.vividness, progress)

    def take(self, index: int, progress: Progress | None = None) -> Result:
        """Color the preview as one of the alternatives was. Raises Cancelled, ValueError."""
        if self.alternatives is None:
            raise ValueError(NONE_TAKEN)
        draw = self.alternatives.pick(index).draw
        self.result, self.taken = self.alternatives.paint(draw, self.preview, progress), draw
        return self.result

    def to_hints(self, model: str) -> tuple[HintDesk, Guidance]:
        """The photo for the tab where one clicks, and the alternative that was
        taken as hints there. Raises ValueError.
        """
        if self.taken is None or self.result is None:
            raise ValueError(NONE_TAKEN)
        if self._clicking is None:
            whole = self._both()[0] if model == self.model else None
            self._clicking = (
                whole
                if whole is not None and whole.size == whole.card.size
                else Session(self.photo, model, device=self._device)
            )
        return HintDesk(self.photo, model, self._device, self._clicking), hints_of(self.result, self.photo)

    def finish(self, progress: Progress | None = None) -> Result:
        """The full size, as the preview was made last. Raises Cancelled."""
        if self.taken is not None and self.alternatives is not None:
            return self.alternatives.paint(self.taken, progress=progress)
        return self._both()[0].colorize(dials=Dials(vividness=self.vividness), progress=progress)

    def remarks(self) -> list[str]:
        """Sentences about the present result: what the model is sure of, what is known of the photo, what memory made
        necessary.
        """
        found = [
            self.session.summary()
            if self.taken is None
            else f"This is number {self.taken.seed + 1} of many plausible colorings."
        ]
        if self.photo.tone == "color":
            found.append("This photo had color already; only its lightness was used.")
        elif self.photo.tone == "sepia":
            found.append("The sepia tone was taken away before coloring.")
        return found + self.session.notes
