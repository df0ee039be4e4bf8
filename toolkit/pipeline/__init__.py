"""A photo and a model in one room: encode once, colorize many times, always at the photo's full size.

    session = Session("grandma.jpg")
    result = session.colorize(Guidance((Hint(120, 80, "#3a6ea5"),)), Dials(vividness=0.7))
    result.save("grandma-color.png")

The network sees a small copy and says only a and b; those are lifted to full size along the edges of the photo's own L,
brought inside the gamut at constant L and hue, and written strip by strip, so that 24 megapixels fit where one does.
"""

from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import torch
from torch import Tensor

from toolkit.guidance import Guidance
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction
from toolkit.models.cards import ModelCard, default_model, get_card
from toolkit.models.devices import pick_device
from toolkit.models.encoder import STRIDE
from toolkit.photo import Photo, open_photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import advice
from toolkit.pipeline.advice import Candidate, Suggestion
from toolkit.pipeline.frame import Frame
from toolkit.pipeline.painting import FullSize, reach, small_picture
from toolkit.pipeline.progress import Cancelled, Progress, Reports, reporter, while_painting
from toolkit.pipeline.result import Result
from toolkit.pipeline.seen import Seen

__all__ = ["Cancelled", "Candidate", "Frame", "Progress", "Result", "Session", "Suggestion"]

PREVIEW = 512  # px, long side of candidates
MOST_SAMPLES = 64  # of models that draw


class Session:
    """One photo, one model, one working size."""

    def __init__(
        self,
        photo: Photo | str | Path,
        model: str | None = None,
        *,
        device: str = "auto",
        size: int | None = None,
        progress: Reports = None,
    ) -> None:
        """model: a name from `list_models`, or the path of own weights; None: the first of the list. size: short side
        in px at which it looks; None: what it was made for. Raises PhotoError, ValueError, WeightsError.
        """
        self.photo = photo if isinstance(photo, Photo) else open_photo(photo)
        card = get_card(model or default_model())
        size = card.size if size is None else size
        if not 32 <= size <= 2048:
            raise ValueError(f"The working size is {size}; choose one between 32 and 2048 px, best near {card.size}.")
        self.seen = Seen(self.photo, card, pick_device(device), size)  # shared with previews
        self._progress = progress
        self._full = FullSize(self.photo)

    @property
    def card(self) -> ModelCard:
        """The model's."""
        return self.seen.card

    @property
    def device(self) -> torch.device:
        """Where the model runs; where memory was short, not the one that was asked for."""
        return self.seen.device

    @property
    def size(self) -> int:
        """Short side in px at which the model looks; where memory was short, less than was asked for."""
        return self.seen.size

    @property
    def notes(self) -> list[str]:
        """What had to be done to fit into memory."""
        return self.seen.notes

    def at(self, size: int) -> "Session":
        """The same photo and model at another working size."""
        return Session(self.photo, self.card.name, device=self.device.type, size=size, progress=self._progress)

    def preview(self, small_copy: int | Photo) -> "Session":
        """The same session for a small copy of the photo: quick to paint, in the colors of the full size; the photo is
        looked at once for both.

        small_copy: its long side in px at most, or the copy itself where there is one.
        """
        small = copy(self)
        small.photo = small_copy if isinstance(small_copy, Photo) else shrink(self.photo, small_copy)
        small._full = FullSize(small.photo)
        return small

    def encode(self) -> Encoded:
        """Look at the photo now; else the first question does it."""
        return self.seen.within_memory(lambda: self._encoded()[2])

    def seen_size(self) -> tuple[int, int]:
        """(h, w) of the small copy of the photo that was encoded, without padding."""
        _, frame, _ = self._encoded()
        return frame.h, frame.w

    def colorize(
        self,
        guidance: Guidance | None = None,
        dials: Dials = Dials(),
        *,
        seed: int = 0,
        progress: Reports = None,
    ) -> Result:
        """Color the photo at full size.

        dials: what can be turned; hints keep the colors they ask for. seed: of models that draw, see `samples`. Raises
        GuidanceError, Cancelled.
        """
        guidance = self._checked(guidance)
        report = reporter(progress or self._progress)
        report(0, 100, "looking at the photo")
        prediction = self.seen.predict(guidance, dials, seed)
        report(30, 100, "painting")
        rgb = self._full.paint(prediction.ab, guidance, while_painting(report, 30))
        return self._result(self.photo, rgb, prediction, dials.vividness, seed)

    def samples(
        self,
        n: int = 8,
        guidance: Guidance | None = None,
        dials: Dials = Dials(),
        *,
        seed: int = 0,
        progress: Reports = None,
        forming: Callable[[int, Tensor], None] | None = None,
    ) -> Iterator[Result]:
        """N colorings of the photo, by seed, seed + 1, ...; each is the one that `colorize(seed=...)` gives.

        Of the dials, vividness is the temperature: 0 gives one calm answer again and again. forming(i, rgb) sees sample
        i take shape, a small picture, uint8 (3, h, w), after every step.
        Raises GuidanceError, Cancelled, ValueError, also for a model that gives one answer only.
        """
        if not 1 <= n <= MOST_SAMPLES:
            raise ValueError(f"{n} samples were asked for; choose a number from 1 to {MOST_SAMPLES}.")
        guidance = self._checked(guidance)
        report = reporter(progress or self._progress)
        report(0, n, "looking at the photo")
        for i in range(n):

            def step(done: int, of: int, ab: Tensor, i: int = i) -> None:
                report(100 * i + 70 * done // of, 100 * n, f"drawing {i + 1} of {n}")
                if forming is not None:
                    forming(i, small_picture(*self._encoded()[1:], ab))

            prediction = self.seen.predict(guidance, dials, seed + i, step)

            def painted(done: float, i: int = i) -> None:
                report(round(100 * i + 70 + 30 * done), 100 * n, f"drawing {i + 1} of {n}")

            rgb = self._full.paint(prediction.ab, guidance, painted)
            yield self._result(self.photo, rgb, prediction, dials.vividness, seed + i)

    def recolor(self, guidance: Guidance, *, seed: int = 0, progress: Reports = None) -> Result:
        """Change the colors of a color photo where hints reach; every other pixel keeps its bytes, and L stays.

        A hint with a lasso reaches all of it and not a pixel more. Raises GuidanceError, Cancelled.
        """
        guidance = self._checked(guidance)
        report = reporter(progress or self._progress)
        report(0, 100, "looking at the photo")
        prediction = self.seen.predict(guidance, Dials(0.0), seed)
        rgb = self._full.paint(prediction.ab, guidance, while_painting(report, 30), reach(prediction, guidance))
        return self._result(self.photo, rgb, prediction, 0.0, seed)

    def predict(self, guidance: Guidance | None = None, dials: Dials = Dials(), *, seed: int = 0) -> Prediction:
        """The small colors that `colorize` would paint, to change before `paint`. Raises GuidanceError, ValueError."""
        return self.seen.predict(self._checked(guidance), dials, seed)

    def paint(
        self,
        prediction: Prediction,
        guidance: Guidance | None = None,
        *,
        vividness: float = 0.5,
        seed: int = 0,
        progress: Reports = None,
    ) -> Result:
        """Small colors at full size, hinted pixels exactly in theirs. vividness, seed: only noted. Raises Cancelled."""
        guidance = self._checked(guidance)
        report = reporter(progress or self._progress)
        rgb = self._full.paint(prediction.ab, guidance, while_painting(report))
        return self._result(self.photo, rgb, prediction, vividness, seed)

    def candidates(
        self, guidance: Guidance | None = None, *, seed: int = 0, progress: Reports = None
    ) -> list[Candidate]:
        """Small proposals of sizes and vividness; `at(c.size).colorize(dials=Dials(c.vividness))` makes one large."""
        guidance = self._checked(guidance)
        report = reporter(progress or self._progress)
        preview = FullSize(shrink(self.photo, PREVIEW))
        found, sessions = [], {self.size: self}
        for i, (times, vividness) in enumerate(advice.CANDIDATES):
            report(i, len(advice.CANDIDATES), "trying sizes and temperatures")
            size = round(self.card.size * times / STRIDE) * STRIDE
            session = sessions.setdefault(size, self.at(size))
            prediction = session.seen.predict(guidance, Dials(vividness), seed)
            rgb = preview.paint(prediction.ab, Guidance(), lambda done: None)
            result = session._result(preview.photo, rgb, prediction, vividness, seed)
            found.append(Candidate(advice.label(times, vividness), size, vividness, result))
        report(len(advice.CANDIDATES), len(advice.CANDIDATES), "done")
        return found

    def suggest_colors(self, x: float, y: float, k: int = 9) -> list[Suggestion]:
        """Up to k colors that the model finds plausible at a pixel of the photo, the likeliest first."""
        return advice.plausible_colors(*self._encoded(), (x, y), k)

    def uncertainty(self) -> Tensor:
        """How unsure the model is before any guidance: (1, 1, h, w) in [0, 1]; zeros for a model that cannot tell."""
        prediction = self.predict()
        return torch.zeros_like(prediction.ab[:, :1]) if prediction.uncertainty is None else prediction.uncertainty

    def suggest_click(self, guidance: Guidance | None = None) -> tuple[float, float]:
        """The pixel (x, y) where one more hint would tell most: the middle of the largest doubt without a hint yet."""
        unsure = self.predict(guidance).uncertainty
        frame = self._encoded()[1]
        if unsure is None:
            return frame.from_cell((0, 0), (1, 1))
        return frame.from_cell(advice.largest_doubt(unsure), (unsure.shape[-2], unsure.shape[-1]))

    def summary(self) -> str:
        """One sentence: where the model is sure, where not, and what it hesitates between."""
        frame = self._encoded()[1]
        return advice.summary(self.uncertainty(), lambda cell: self.suggest_colors(*frame.from_cell(cell, (3, 3)), 4))

    def _checked(self, guidance: Guidance | None) -> Guidance:
        return (guidance or Guidance()).checked(self.photo.size)

    def _encoded(self) -> tuple[Colorizer, Frame, Encoded]:
        """As seen, with the geometry of this session's own photo, which in a preview is a small copy."""
        return self.seen.look_at(self.photo.size)

    def _result(self, photo: Photo, rgb: Tensor, prediction: Prediction, vividness: float, seed: int) -> Result:
        unsure, influence = (t if t is None else t.cpu() for t in (prediction.uncertainty, prediction.influence))
        # own weights are named by their path, which is nobody else's business
        name = Path(self.card.name).name.removesuffix(".safetensors")
        return Result(rgb, prediction.ab.cpu(), unsure, influence, photo, name, vividness, seed, tuple(self.notes))
