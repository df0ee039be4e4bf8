"""How much does the color of a clip flicker, and does it drift?

    print(measure("flicker", ["val.tar"]).text())

A clip is made from a photo by a camera that we move, so it is known where each place of a frame was in the frame
before, and what its color is. The rest is told with the numbers, in `protocol`.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, rgb_to_lab
from toolkit.controls.temporal import HOLD, Memory
from toolkit.measure.metrics import colorfulness, psnr
from toolkit.measure.photos import find_photos, floats, open_truths
from toolkit.measure.studies import Told, option
from toolkit.measure.tables import Column, Row, ratio
from toolkit.models.base import Dials
from toolkit.models.cards import default_model
from toolkit.photo import Photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

if TYPE_CHECKING:
    import pandas as pd

Move = Literal["pan", "grain", "zoom"]
MOVES: tuple[Move, ...] = get_args(Move)
SIZE = 192  # px, side of the frames; half of what the model was made for, or 10 clips take an hour of one core
SUPER = 2  # samples a pixel each way: a camera averages
PHOTO = 3 * SIZE  # px at SUPER, short side of the photo: the camera sees two thirds of it
CLOSER = 0.33  # of a zoom
GRAIN = 6.0  # standard deviation in levels of 8 bit, another in each frame and channel
WAYS = ("frame by frame", "temporal")

by = ("model", "move", "way", "frames")
food = "a folder or a tar of color photos"
examples = (
    "val.tar --json temporal.json              # ten photos, 100 frames: a quarter of an hour of one core",
    "photos/ --limit 3 --frames 30 --hold 0.8",
)
columns = (
    Column("move", "", show=lambda row: f"{row['move']}, {row['frames']} frames"),
    Column("way", ""),
    Column("flicker", "flicker", 2, error=True),
    Column("floor", "floor", 2),
    Column("ratio", "times lower", 1),
    Column("drift", "drift", 2, error=True),
    Column("drift_worst", "worst", 2),
    Column("apart", "apart", 2),
    Column("colorfulness", "colorfulness", 0, "%"),
    Column("psnr", "PSNR, dB", 2),
    Column("seconds", "seconds", 3),
    Column("seconds_ratio", "time", 2),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how. Raises ValueError for invalid values."""

    model: str = option(default_model, "a name from `models`, or a weights file")
    limit: int = option(10, "only the first N photos")
    frames: int = option(100, "of the pan, 3 or more")
    others: int = option(25, "of the clip with grain and of the zoom")
    hold: float = option(HOLD, "share of the color before that stays, 0 to 0.99")
    vividness: float = option(0.5, "0 safe and dull to 1 lively")
    device: str = option("auto", "auto, cpu, cuda or mps")

    def __post_init__(self) -> None:
        if min(self.frames, self.others) < 3:
            raise ValueError(
                f"A camera needs 3 frames to go there and back, not {min(self.frames, self.others)}; give more."
            )


def protocol(setup: Setup) -> str:
    """How it is measured, in a sentence."""
    return (
        f"Clips of {SIZE} x {SIZE} px from photos of a short side of {PHOTO // SUPER} px: a camera goes from corner to "
        f"corner and back ({setup.frames} frames; grain: {setup.others} frames at the same speed, with noise of "
        f"{GRAIN:g} levels, another in each frame), or closer by {CLOSER:.0%} and back (zoom, {setup.others} frames), "
        f"as a cosine, so by fractions of a pixel; the model looks at {SIZE} px, vividness {setup.vividness:g}, hold "
        f"{setup.hold:g}; flicker: mean CIEDE2000 between the 8-bit picture's ab at each pixel and that of the frame "
        "before at the place where it was (known, bilinear), at the pixel's true L, mean over pixels seen in both, "
        "frames and photos; floor: the same of the true colors; ratio: of the mean flickers; drift: mean CIEDE2000 "
        "between the first and the last frame, the same view; apart: between the last frame and the one colored alone; "
        "colorfulness: of the last frame over that of the first; PSNR to the clip's true colors, mean over frames; "
        "seconds a frame."
    )


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
        ab = rgb_to_lab(floats(rgb))[:, 1:]
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
        L = rgb_to_lab(floats(truth))[:, :1]
        for way, rgb in zip(trails, (truth, alone, held), strict=True):
            trails[way].add(rgb, L, source, truth)
        before = view
    return trails


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row a photo, kind of clip and way."""
    done = 0
    for photo in islice(open_truths(find_photos(source), PHOTO, told.skipped), setup.limit):
        for move in MOVES:
            trails = follow(photo, move, setup)
            truth, alone = trails["truth"], trails[WAYS[0]]
            for way in WAYS:
                mine = trails[way]
                frames = len(mine.psnr)
                yield {
                    "model": setup.model,
                    "move": move,
                    "way": way,
                    "frames": frames,
                    "flicker": fmean(mine.flicker),
                    "floor": fmean(truth.flicker),
                    "alone": fmean(alone.flicker),
                    "drift": mine.drift(),
                    "apart": float(delta_e(mine.pictures[-1], alone.pictures[-1]).mean()),
                    "first": mine.colorful[0],
                    "last": mine.colorful[-1],
                    "psnr": fmean(mine.psnr),
                    "seconds": mine.seconds / frames,
                    "plain": alone.seconds / frames,
                }
            done += 1
            told.done(done, len(MOVES) * setup.limit)


def more(frame: "pd.DataFrame") -> Row:
    """Ratios of means, and the worst photo."""
    return {
        "ratio": round(ratio(frame["alone"], frame["flicker"], 1e-6), 3),
        "psnr": round(float(frame["psnr"].mean()), 3),
        "drift_worst": float(frame["drift"].max()),
        "colorfulness": ratio(frame["last"], frame["first"], 1e-6),
        "seconds_ratio": ratio(frame["seconds"], frame["plain"], 1e-9),
    }
