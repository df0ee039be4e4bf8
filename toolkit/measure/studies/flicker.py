"""How much does the color of a clip flicker, and does it drift?

    scores = measure_clips(find_photos(["val.tar"]), limit=10)
    print(temporal_table(scores))

A clip is made from a photo by a camera that we move, so it is known where each place of a frame was in the frame before, and what its color is. The
rest is told with the numbers, in `protocol`.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, rgb_to_lab
from toolkit.controls.temporal import HOLD, Memory
from toolkit.measure.evaluate import Source, format_table, open_truths
from toolkit.measure.metrics import colorfulness, psnr
from toolkit.models.base import Dials
from toolkit.models.cards import default_model
from toolkit.photo import Photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

Move = Literal["pan", "grain", "zoom"]
MOVES: tuple[Move, ...] = get_args(Move)
SIZE = 192  # px, side of the frames; half of what the model was made for, or 10 clips take an hour of one core
SUPER = 2  # samples a pixel each way: a camera averages
PHOTO = 3 * SIZE  # px at SUPER, short side of the photo: the camera sees two thirds of it
CLOSER = 0.33  # of a zoom
GRAIN = 6.0  # standard deviation in levels of 8 bit, another in each frame and channel
WAYS = ("frame by frame", "temporal")


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    model: str | None = None
    frames: int = 100  # of the pan
    others: int = 25  # of the grainy pan and of the zoom
    hold: float = HOLD
    vividness: float = 0.5
    device: str = "auto"

    def protocol(self) -> str:
        """The protocol in one sentence."""
        return (
            f"Clips of {SIZE} x {SIZE} px from photos of a short side of {PHOTO // SUPER} px: a camera goes from corner to corner and back "
            f"({self.frames} frames; grain: {self.others} frames at the same speed, with noise of {GRAIN:g} levels, another in each frame), or "
            f"closer by {CLOSER:.0%} and back (zoom, {self.others} frames), as a cosine, so by fractions of a pixel; the model looks at {SIZE} "
            f"px, vividness {self.vividness:g}, hold {self.hold:g}; flicker: mean CIEDE2000 between the 8-bit picture's ab at each pixel and "
            f"that of the frame before at the place where it was (known, bilinear), at the pixel's true L, mean over pixels seen in both, frames "
            f"and photos; floor: the same of the true colors; ratio: of the mean flickers; drift: mean CIEDE2000 between the first and the last "
            f"frame, the same view; apart: between the last frame and the one colored alone; colorfulness: of the last frame over that of the "
            f"first; PSNR to the clip's true colors, mean over frames; seconds a frame."
        )


@dataclass(frozen=True)
class TemporalScore:
    """One way to color one kind of clip; means over photos."""

    model: str
    move: str
    way: str
    n: int  # photos
    frames: int
    flicker: float  # CIEDE2000
    flicker_se: float | None
    floor: float  # the flicker of the true colors
    ratio: float  # flicker frame by frame / this flicker
    drift: float  # CIEDE2000
    drift_se: float | None
    drift_worst: float  # of the photos
    apart: float  # CIEDE2000
    colorfulness: float  # last over first
    psnr: float  # dB
    seconds: float  # a frame
    seconds_ratio: float  # to frame by frame
    protocol: str


@dataclass(frozen=True)
class View:
    """What the camera sees of a photo: the square with its centre at (x, y), `side` wide, in pixels of the photo."""

    x: float
    y: float
    side: float

    def places(self, n: int) -> Tensor:
        """The centres of n x n pixels, (n, n, 2) in pixels of the photo."""
        steps = ((torch.arange(n) + 0.5) / n - 0.5) * self.side
        return torch.stack([(self.x + steps).expand(n, n), (self.y + steps)[:, None].expand(n, n)], -1)

    def within(self, places: Tensor) -> Tensor:
        """Places of the photo (n, n, 2) -> where this view has them, (1, n, n, 2), -1..1 from border to border."""
        return ((places - places.new_tensor([self.x, self.y])) / (self.side / 2))[None]


def camera(photo: Photo, move: Move, setup: Setup) -> Iterator[View]:
    """The way of the camera, there and back."""
    n = setup.frames if move == "pan" else setup.others
    width, height, side = photo.width, photo.height, SUPER * SIZE
    reach = min(1.0, (n - 1) / (setup.frames - 1))  # fewer frames go less far, at the same speed
    for i in range(n):
        way = (1 - math.cos(2 * math.pi * i / (n - 1))) / 2
        if move == "zoom":
            yield View(width / 2, height / 2, side * (1 - CLOSER * way))
        else:
            yield View(side / 2 + reach * way * (width - side), side / 2 + reach * way * (height - side), side)


def film(photo: Photo, view: View, grain: torch.Generator | None = None) -> tuple[Photo, Tensor]:
    """A frame as the camera takes it, and its true colors without grain, uint8 (3, SIZE, SIZE)."""
    whole = View(photo.width / 2, photo.height / 2, 2)
    grid = whole.within(view.places(SUPER * SIZE)) / torch.tensor([photo.width / 2, photo.height / 2])
    fine = F.grid_sample(photo.rgb[None].float(), grid, mode="bicubic", padding_mode="border", align_corners=False)
    truth = F.avg_pool2d(fine, SUPER)[0]
    seen = truth if grain is None else truth + GRAIN * torch.randn(truth.shape, generator=grain)
    frame, clean = (x.round().clamp(0, 255).byte() for x in (seen, truth))
    return replace(photo, rgb=frame), clean


class _Trail:
    """One way of coloring, followed through a clip."""

    def __init__(self) -> None:
        self.flicker: list[float] = []
        self.psnr: list[float] = []
        self.pictures: list[Tensor] = []  # the first and the last, (1, 3, SIZE, SIZE) Lab
        self.colorful: list[float] = []
        self.seconds = 0.0
        self._ab: Tensor | None = None

    def add(self, rgb: Tensor, L: Tensor, source: Tensor | None, truth: Tensor) -> None:
        """The next frame: rgb and truth uint8 (3, h, w), its L (1, 1, h, w), where its places were (1, h, w, 2)."""
        ab = rgb_to_lab(rgb[None].float() / 255)[:, 1:]
        lab = torch.cat([L, ab], 1)
        if source is not None and self._ab is not None:
            was = F.grid_sample(self._ab, source, mode="bilinear", padding_mode="border", align_corners=False)
            seen = (source.abs() < 1).all(-1)[0]
            self.flicker.append(float(delta_e(lab, torch.cat([L, was], 1))[0, 0][seen].mean()))
        self._ab = ab
        self.psnr.append(float(psnr(rgb[None] / 255, truth[None] / 255)))
        self.colorful.append(float(colorfulness(rgb[None] / 255)))
        self.pictures = [*self.pictures[:1], lab]

    def drift(self) -> float:
        """Between the first picture and the last."""
        return float(delta_e(self.pictures[0], self.pictures[-1]).mean())


def follow(photo: Photo, move: Move, setup: Setup) -> dict[str, _Trail]:
    """One clip colored both ways, and its truth; each frame is looked at once for both."""
    trails = {way: _Trail() for way in ("truth", *WAYS)}
    memory = Memory(setup.hold)
    grain = torch.Generator().manual_seed(0) if move == "grain" else None
    before: View | None = None
    for view in camera(photo, move, setup):
        frame, truth = film(photo, view, grain)
        source = before.within(view.places(SIZE)) if before else None
        session = Session(frame, setup.model, device=setup.device, size=SIZE)
        began = time.perf_counter()
        prediction = session.predict(dials=Dials(vividness=setup.vividness))
        looked = time.perf_counter()
        alone = session.paint(prediction).rgb
        painted = time.perf_counter()
        h, w = session.seen_size()
        memory.see(shrink(frame, (h // 2, w // 2), averaged=True).lightness())
        held = session.paint(replace(prediction, ab=memory.settle(prediction.ab.cpu()))).rgb
        done = time.perf_counter()
        trails[WAYS[0]].seconds += painted - began
        trails[WAYS[1]].seconds += looked - began + done - painted
        L = rgb_to_lab(truth[None].float() / 255)[:, :1]
        for way, rgb in zip(trails, (truth, alone, held), strict=True):
            trails[way].add(rgb, L, source, truth)
        before = view
    return trails


def measure_clips(
    photos: Iterable[Source],
    setup: Setup | None = None,
    *,
    limit: int | None = None,
    skipped: list[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[TemporalScore]:
    """Scores of both ways for each kind of clip. progress(n): clips done, three a photo.

    Raises ValueError for an unknown model, or where there is no photo in color, WeightsError for bad weights.
    """
    setup = setup or Setup()
    if min(setup.frames, setup.others) < 3:
        raise ValueError(f"A camera needs 3 frames to go there and back, not {min(setup.frames, setup.others)}; give more.")
    clips: dict[Move, list[dict[str, _Trail]]] = {move: [] for move in MOVES}
    done = 0
    for photo in islice(open_truths(photos, PHOTO, [] if skipped is None else skipped), limit):
        for move in MOVES:
            clips[move].append(follow(photo, move, setup))
            done += 1
            if progress:
                progress(done)
    if not clips["pan"]:
        raise ValueError("There is no photo in color to make a clip of; give a folder or a tar of color photos.")
    return [_score(setup, move, way, trails) for move, trails in clips.items() for way in WAYS]


def _score(setup: Setup, move: Move, way: str, clips: Sequence[dict[str, _Trail]]) -> TemporalScore:
    mine, alone, truth = ([clip[w] for clip in clips] for w in (way, WAYS[0], "truth"))

    def flickers(trails: Sequence[_Trail]) -> list[float]:
        return [statistics.fmean(trail.flicker) for trail in trails]

    drifts = [trail.drift() for trail in mine]
    frames = len(mine[0].psnr)
    seconds, plain = (sum(t.seconds for t in trails) / frames / len(clips) for trails in (mine, alone))
    flicker = statistics.fmean(flickers(mine))
    return TemporalScore(
        model=setup.model or default_model(),
        move=move,
        way=way,
        n=len(clips),
        frames=frames,
        flicker=round(flicker, 4),
        flicker_se=_error(flickers(mine)),
        floor=round(statistics.fmean(flickers(truth)), 4),
        ratio=round(statistics.fmean(flickers(alone)) / max(flicker, 1e-6), 3),
        drift=round(statistics.fmean(drifts), 4),
        drift_se=_error(drifts),
        drift_worst=round(max(drifts), 4),
        apart=round(statistics.fmean(float(delta_e(m.pictures[-1], a.pictures[-1]).mean()) for m, a in zip(mine, alone, strict=True)), 4),
        colorfulness=round(sum(t.colorful[-1] for t in mine) / max(1e-6, sum(t.colorful[0] for t in mine)), 4),
        psnr=round(statistics.fmean(statistics.fmean(t.psnr) for t in mine), 3),
        seconds=round(seconds, 3),
        seconds_ratio=round(seconds / plain, 3),
        protocol=setup.protocol(),
    )


def _error(values: Sequence[float]) -> float | None:
    return round(statistics.stdev(values) / math.sqrt(len(values)), 4) if len(values) > 1 else None


def temporal_table(scores: Sequence[TemporalScore]) -> str:
    """A line for each way and kind of clip, and the protocol below."""
    header = ["clip", "way", "n", "frames", "flicker", "floor", "ratio", "drift", "worst", "apart", "colorfulness", "PSNR", "times a frame alone"]
    rows = [[s.move, s.way, s.n, s.frames, *_cells(s)] for s in scores]
    return format_table(header, rows) + "\n" + scores[0].protocol


def _cells(s: TemporalScore) -> list[str]:
    colors = [_pm(s.drift, s.drift_se), f"{s.drift_worst:.2f}", f"{s.apart:.2f}", f"{s.colorfulness:.2f}", f"{s.psnr:.2f}"]
    return [_pm(s.flicker, s.flicker_se), f"{s.floor:.2f}", f"{s.ratio:.1f}", *colors, f"{s.seconds_ratio:.2f}"]


def _pm(value: float, error: float | None) -> str:
    return f"{value:.2f}" + ("" if error is None else f"±{error:.2f}")
