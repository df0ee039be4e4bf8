"""A photo and a model in one room: encode once, colorize many times, always at the photo's full size.

    session = Session("grandma.jpg")
    result = session.colorize(Guidance((Hint(120, 80, "#3a6ea5"),)), Dials(vividness=0.7))
    result.save("grandma-color.png")

The network sees a small copy and says only a and b; those are lifted to full size along the edges of the photo's own L, brought inside the gamut at
constant L and hue, and written strip by strip, so that 24 megapixels fit where one does.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import color_name, lab_to_rgb, lab_to_rgb8, rgb_to_lab, suggest, to_hex
from toolkit.guidance import Guidance
from toolkit.models.base import Colorizer, Dials, Encoded, Points, Prediction, Sampler, Step
from toolkit.models.cards import ModelCard, default_model, get_card
from toolkit.models.devices import pick_device
from toolkit.models.encoder import STRIDE
from toolkit.photo import Photo, open_photo, save_layer, save_photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline.frame import Frame
from toolkit.pipeline.seen import Seen

if TYPE_CHECKING:
    from PIL.Image import Image

Progress = Callable[[int, int, str], bool | None]  # (done, of, what); False cancels
T = TypeVar("T")

STRIP = 1 << 20  # pixels colored at a time: the working memory of the full size, about 100 MB
PREVIEW = 512  # px, long side of candidates
AREAS = (8, 4, 2)  # suggest_click looks for doubt over such parts of the short side: the middle of a large thing before a spot
MOST_SAMPLES = 64  # of models that draw
UNTOUCHED = 0.02  # share of the new color below which recoloring leaves a pixel's bytes alone
CANDIDATES = ((1.0, 0.5), (1.0, 0.0), (1.0, 1.0), (0.75, 0.7), (1.5, 0.5), (1.5, 0.9))  # (times the card's size, vividness)


class Cancelled(Exception):
    """The progress callback said stop."""


@dataclass(frozen=True)
class Result:
    """A colored photo."""

    rgb: Tensor  # uint8 (3, H, W), the photo's size
    ab: Tensor  # (1, 2, h, w), what the model said, Lab units
    uncertainty: Tensor | None  # (1, 1, h, w) in [0, 1]
    influence: Tensor | None  # (N, h, w) in [0, 1], for each point of the guidance
    photo: Photo
    model: str
    vividness: float
    seed: int
    notes: tuple[str, ...] = ()

    def save(self, path: str | Path, *, overwrite: bool = False, mark: bool = False) -> Path:
        """Write PNG, JPEG, WebP or TIFF, by the suffix. Raises PhotoError."""
        return save_photo(self.rgb, path, model=self.model, overwrite=overwrite, mark=mark)

    def save_layer(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the color alone, a PNG to lay over the original in an editor. Raises PhotoError."""
        return save_layer(self.rgb, path, model=self.model, overwrite=overwrite)

    def to_pil(self) -> "Image":
        """As a Pillow image."""
        from PIL import Image

        return Image.fromarray(self.rgb.permute(1, 2, 0).contiguous().numpy())


@dataclass(frozen=True)
class Candidate:
    """One proposal: a small result and the settings that give it at full size."""

    label: str
    size: int  # px, working size
    vividness: float
    result: Result


@dataclass(frozen=True)
class Suggestion:
    """A color that the model finds plausible at a point."""

    color: str  # "#rrggbb" at the point's own lightness
    share: float  # 0..1
    name: str


class Session:
    """One photo, one model, one working size."""

    def __init__(
        self,
        photo: Photo | str | Path,
        model: str | None = None,
        *,
        device: str = "auto",
        size: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """model: a name from `list_models`, or the path of own weights; None: the first of the list. size: short side in px at which it looks; None:
        what it was made for. Raises PhotoError, ValueError, WeightsError.
        """
        self.photo = photo if isinstance(photo, Photo) else open_photo(photo)
        card = get_card(model or default_model())
        size = card.size if size is None else size
        if not 32 <= size <= 2048:
            raise ValueError(f"The working size is {size}; choose one between 32 and 2048 px, best near {card.size}.")
        self.seen = Seen(self.photo, card, pick_device(device), size)  # shared with previews
        self._progress = progress
        self._kept: tuple[Tensor, Tensor] | None = None

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
        """The same session for a small copy of the photo: quick to paint, in the colors of the full size; the photo is looked at once for both.

        small_copy: its long side in px at most, or the copy itself where there is one.
        """
        small = copy(self)
        small.photo = small_copy if isinstance(small_copy, Photo) else shrink(self.photo, small_copy)
        small._kept = None
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
        progress: Progress | None = None,
    ) -> Result:
        """Color the photo at full size.

        dials: what can be turned; hints keep the colors they ask for. seed: of models that draw, see `samples`. Raises GuidanceError, Cancelled.
        """
        guidance = (guidance or Guidance()).checked(self.photo.size)
        report = _reporter(progress or self._progress)
        report(0, 100, "looking at the photo")
        prediction = self._predict(guidance, dials, seed)
        report(30, 100, "painting")
        rgb = self._paint(self.photo, prediction.ab, guidance, lambda done: report(30 + round(70 * done), 100, "painting"))
        return self._result(self.photo, rgb, prediction, dials.vividness, seed)

    def samples(
        self,
        n: int = 8,
        guidance: Guidance | None = None,
        dials: Dials = Dials(),
        *,
        seed: int = 0,
        progress: Progress | None = None,
        forming: Callable[[int, Tensor], None] | None = None,
    ) -> Iterator[Result]:
        """N colorings of the photo, one after the other, by seed, seed + 1, ...; each is the one that `colorize(seed=...)` gives.

        Of the dials, vividness is the temperature: 0 gives one calm answer again and again. forming(i, rgb) sees sample i take shape, a small
        picture, uint8 (3, h, w), after every step.
        Raises GuidanceError, Cancelled, ValueError, also for a model that gives one answer only.
        """
        if not 1 <= n <= MOST_SAMPLES:
            raise ValueError(f"{n} samples were asked for; choose a number from 1 to {MOST_SAMPLES}.")
        guidance = (guidance or Guidance()).checked(self.photo.size)
        report = _reporter(progress or self._progress)
        report(0, n, "looking at the photo")
        for i in range(n):

            def step(done: int, of: int, ab: Tensor, i: int = i) -> None:
                report(100 * i + 70 * done // of, 100 * n, f"drawing {i + 1} of {n}")
                if forming is not None:
                    forming(i, self._small(ab))

            prediction = self._predict(guidance, dials, seed + i, step)

            def painted(done: float, i: int = i) -> None:
                report(round(100 * i + 70 + 30 * done), 100 * n, f"drawing {i + 1} of {n}")

            rgb = self._paint(self.photo, prediction.ab, guidance, painted)
            yield self._result(self.photo, rgb, prediction, dials.vividness, seed + i)

    def recolor(self, guidance: Guidance, *, seed: int = 0, progress: Progress | None = None) -> Result:
        """Change the colors of a color photo where hints reach, and nothing else: every other pixel keeps its bytes, and L stays everywhere.

        A hint with a lasso reaches all of it and not a pixel more. Raises GuidanceError, Cancelled.
        """
        guidance = guidance.checked(self.photo.size)
        report = _reporter(progress or self._progress)
        report(0, 100, "looking at the photo")
        prediction = self._predict(guidance, Dials(0.0), seed)
        h, w = prediction.ab.shape[-2:]
        reach = prediction.ab.new_zeros(1, 1, h, w)
        if prediction.influence is not None:
            shares = prediction.influence.sum(0)[None, None].clamp(0, 1).to(reach)
            reach = F.interpolate(shares, (h, w), mode="bilinear", align_corners=False)
        regions = guidance.regions(self.photo.size, (h, w))
        if regions is not None:  # sharper than the model's own grid
            bound = torch.tensor([bool(hint.lasso) for hint in guidance.hints] + [False] * (len(regions) - len(guidance.hints)))
            cover = regions[bound].amax(0)[None, None].to(reach)
            reach = cover if bool(bound.all()) else torch.maximum(cover, reach)
        rgb = self._paint(self.photo, prediction.ab, guidance, lambda done: report(30 + round(70 * done), 100, "painting"), reach)
        return self._result(self.photo, rgb, prediction, 0.0, seed)

    def predict(
        self,
        guidance: Guidance | None = None,
        dials: Dials = Dials(),
        *,
        seed: int = 0,
    ) -> Prediction:
        """The small colors that `colorize` would paint, for anyone who wants to change them before `paint`. Raises GuidanceError, ValueError."""
        return self._predict((guidance or Guidance()).checked(self.photo.size), dials, seed)

    def paint(
        self, prediction: Prediction, guidance: Guidance | None = None, *, vividness: float = 0.5, seed: int = 0, progress: Progress | None = None
    ) -> Result:
        """Small colors at full size, every hinted pixel exactly its color. vividness, seed: only noted. Raises GuidanceError, Cancelled."""
        guidance = (guidance or Guidance()).checked(self.photo.size)
        report = _reporter(progress or self._progress)
        rgb = self._paint(self.photo, prediction.ab, guidance, lambda done: report(round(100 * done), 100, "painting"))
        return self._result(self.photo, rgb, prediction, vividness, seed)

    def _small(self, ab: Tensor) -> Tensor:
        """Small ab (1, 2, h, w) over the copy that the model sees: uint8 (3, 2h, 2w)."""
        _, frame, encoded = self._encoded()
        L = frame.crop(encoded.L, 1).cpu()
        return lab_to_rgb8(torch.cat([L, F.interpolate(ab.cpu(), L.shape[-2:], mode="bilinear", align_corners=False)], 1)[0])

    def candidates(self, guidance: Guidance | None = None, *, seed: int = 0, progress: Progress | None = None) -> list[Candidate]:
        """Proposals over sizes and vividness, small; `session.at(c.size).colorize(dials=Dials(c.vividness))` makes one large."""
        guidance = (guidance or Guidance()).checked(self.photo.size)
        report = _reporter(progress or self._progress)
        preview = shrink(self.photo, PREVIEW)
        found, sessions = [], {self.size: self}
        for i, (times, vividness) in enumerate(CANDIDATES):
            report(i, len(CANDIDATES), "trying sizes and temperatures")
            size = round(self.card.size * times / STRIDE) * STRIDE
            session = sessions.setdefault(size, self.at(size))
            prediction = session._predict(guidance, Dials(vividness), seed)
            rgb = session._paint(preview, prediction.ab, Guidance(), lambda done: None)
            label = f"{_mood(vividness)}, {_detail(times)}"
            found.append(Candidate(label, size, vividness, session._result(preview, rgb, prediction, vividness, seed)))
        report(len(CANDIDATES), len(CANDIDATES), "done")
        return found

    def suggest_colors(self, x: float, y: float, k: int = 9) -> list[Suggestion]:
        """Up to k colors that the model finds plausible at a pixel of the photo, the likeliest first."""
        model, frame, encoded = self._encoded()
        if encoded.logits is None or model.bins is None:
            return []
        logits = frame.crop(encoded.logits, encoded.L.shape[-1] // encoded.logits.shape[-1])[0]  # (Q, h, w)
        row, column = frame.to_cell(x, y, (logits.shape[1], logits.shape[2]))
        L = float(frame.crop(encoded.L, 1)[0, 0][frame.to_cell(x, y, (frame.h, frame.w))])
        found = []
        for (a, b), share in suggest(logits[:, row, column].softmax(0).cpu(), model.bins, k):
            rgb = lab_to_rgb(torch.tensor([L, a, b]).view(3, 1, 1)).flatten().tolist()
            found.append(Suggestion(to_hex((rgb[0], rgb[1], rgb[2])), share, color_name((rgb[0], rgb[1], rgb[2]))))
        return found

    def uncertainty(self) -> Tensor:
        """How unsure the model is at each place before any guidance: (1, 1, h, w) in [0, 1]; zeros for a model that cannot tell."""
        prediction = self._predict(Guidance(), Dials(), 0)
        return torch.zeros_like(prediction.ab[:, :1]) if prediction.uncertainty is None else prediction.uncertainty

    def suggest_click(self, guidance: Guidance | None = None) -> tuple[float, float]:
        """The pixel (x, y) of the photo where one more hint would tell most: the middle of the largest doubt that no hint has reached yet."""
        unsure = self._predict((guidance or Guidance()).checked(self.photo.size), Dials(), 0).uncertainty
        frame = self._encoded()[1]
        if unsure is None:
            return frame.from_cell((0, 0), (1, 1))
        h, w = unsure.shape[-2:]
        around = torch.zeros_like(unsure)
        for part in AREAS:  # beyond the border counts as sure: nobody wants to click there
            window = max(3, min(h, w) // part | 1)
            around += F.avg_pool2d(unsure, window, 1, window // 2)
        y, x = divmod(int(around.argmax()), w)
        return frame.from_cell((y, x), (h, w))

    def summary(self) -> str:
        """One sentence: where the model is sure, where not, and what it hesitates between."""
        unsure = self.uncertainty()
        cells = F.adaptive_avg_pool2d(unsure, 3)[0, 0]
        worst, best = divmod(int(cells.argmax()), 3), divmod(int(cells.argmin()), 3)
        share = round(100 * float((unsure < 0.45).float().mean()))
        names = list(dict.fromkeys(s.name for s in self._suggest_in(worst)))[:3]
        hesitates = f"; there it could be {' or '.join(names)}" if len(names) > 1 else ""
        return f"Fairly sure of {share} % of the picture, most in the {_place(best)}; least sure in the {_place(worst)}{hesitates}."

    def _suggest_in(self, cell: tuple[int, int]) -> list[Suggestion]:
        return self.suggest_colors(*self._encoded()[1].from_cell(cell, (3, 3)), 4)

    def _result(self, photo: Photo, rgb: Tensor, prediction: Prediction, vividness: float, seed: int) -> Result:
        small = (t if t is None else t.cpu() for t in (prediction.ab, prediction.uncertainty, prediction.influence))
        ab, uncertainty, influence = small
        assert ab is not None
        name = Path(self.card.name).name.removesuffix(".safetensors")  # own weights are named by their path, which is nobody else's business
        return Result(rgb, ab, uncertainty, influence, photo, name, vividness, seed, tuple(self.notes))

    def _predict(self, guidance: Guidance, dials: Dials, seed: int, step: Step | None = None) -> Prediction:
        """step: only for a model that draws."""
        marks = guidance.points()

        def decode() -> Prediction:
            model, frame, encoded = self._encoded()
            regions = guidance.regions(self.photo.size, (frame.h // 2, frame.w // 2))
            points = Points(
                frame.to_small(marks.xy).to(self.device),
                marks.ab.to(self.device),
                None if regions is None else frame.pad(regions[:, None], 2)[:, 0].to(self.device),
            )
            width = encoded.L.shape[-1]

            def seen(done: int, of: int, ab: Tensor) -> None:
                assert step is not None
                step(done, of, frame.crop(ab, width // ab.shape[-1]).float())

            with self.seen.precision():
                if step is None:
                    whole = model.decode(encoded, points, dials, seed)
                elif isinstance(model, Sampler):
                    whole = model.draw(encoded, points, dials, seed, seen)
                else:
                    raise ValueError(f"{self.card.name} gives one answer to a photo; choose a model that draws, such as diffusion.")

            def cut(tensor: Tensor | None) -> Tensor | None:
                return None if tensor is None else frame.crop(tensor, width // tensor.shape[-1]).float()

            return Prediction(frame.crop(whole.ab, width // whole.ab.shape[-1]).float(), cut(whole.uncertainty), cut(whole.influence))

        return self.seen.within_memory(decode)

    def _encoded(self) -> tuple[Colorizer, Frame, Encoded]:
        """As seen, with the geometry of this session's own photo, which in a preview is a small copy."""
        model, frame, encoded = self.seen.look()
        return model, replace(frame, height=self.photo.height, width=self.photo.width), encoded

    def _paint(self, photo: Photo, ab: Tensor, guidance: Guidance, report: Callable[[float], None], reach: Tensor | None = None) -> Tensor:
        """Small ab (1, 2, h, w) -> the photo in color, uint8 (3, H, W), strip by strip. reach (1, 1, h, w) in [0, 1]: elsewhere it keeps its own."""
        H, W = photo.height, photo.width
        whole, small = self._light(photo, (ab.shape[-2], ab.shape[-1]))
        lift = Lift(ab.cpu(), small, (H, W))
        share = None if reach is None else Lift(reach.cpu().expand(-1, 2, -1, -1), small, (H, W))
        out = torch.empty(3, H, W, dtype=torch.uint8)
        rows = max(1, STRIP // W)
        for top in range(0, H, rows):
            bottom = min(H, top + rows)
            L = photo.lightness(slice(top, bottom)) if whole is None else whole[:, :, top:bottom]
            color = guidance.stamp(lift.rows(L, top), top)
            if share is None:
                out[:, top:bottom] = lab_to_rgb8(torch.cat([L, color], 1)[0])
            else:
                own = photo.rgb[:, top:bottom]
                new = share.rows(L, top)[:, :1].clamp(0, 1)
                cover = guidance.cover(W, range(top, bottom))
                new = new if cover is None else new * cover  # what is lifted along edges may pass a line that was drawn, by a little
                color = torch.lerp(rgb_to_lab(own[None].float() / 255)[:, 1:], color, new)
                out[:, top:bottom] = torch.where(new[0] < UNTOUCHED, own, lab_to_rgb8(torch.cat([L, color], 1)[0]))
            report(bottom / H)
        return out

    def _light(self, photo: Photo, small: tuple[int, int]) -> tuple[Tensor | None, Tensor]:
        """Lightness of the photo, and averaged to a small size; for what a screen shows kept for the next click, for more megapixels not (None)."""
        if photo.height * photo.width > STRIP * 2 or photo is not self.photo:
            return None, shrink(photo, small, averaged=True).lightness()
        if self._kept is None or self._kept[1].shape[-2:] != small:
            self._kept = photo.lightness(), shrink(photo, small, averaged=True).lightness()
        return self._kept


def _reporter(progress: Progress | None) -> Callable[[int, int, str], None]:
    def report(done: int, of: int, what: str) -> None:
        if progress is not None and progress(done, of, what) is False:
            raise Cancelled("Stopped.")

    return report


def _place(cell: tuple[int, int]) -> str:
    row, column = ("top", "", "bottom")[cell[0]], ("left", "", "right")[cell[1]]
    return " ".join(filter(None, (row, column))) or "middle"


def _mood(vividness: float) -> str:
    return "calm" if vividness < 0.3 else "balanced" if vividness < 0.6 else "lively" if vividness < 0.95 else "vivid"


def _detail(times: float) -> str:
    return "whole scene" if times < 1 else "standard" if times == 1 else "fine detail"
