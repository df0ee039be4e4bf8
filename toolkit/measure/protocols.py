"""How close do the colors come, the more points a person gives? The two protocols of the literature, and the curve over the number of hints.

    scores = evaluate_hints(open_squares(find_photos(["kodak.tar"]), "icolorit", []), HintSetup(models=("unet", "levin2004")))
    print(hint_table(scores))

The hints are simulated: true colors of the photo at random places. All models of a table get the same hints, and so does the classical
reference, `levin2004`.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from toolkit.color import lab_to_rgb, rgb_to_lab, to_hex
from toolkit.guidance import MAX_HINTS, Guidance, Hint
from toolkit.measure import metrics
from toolkit.measure.contestants import Model, Painter, contestant
from toolkit.measure.evaluate import Source, format_table, open_truths
from toolkit.photo import Photo

COUNTS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
CEILING = 50.0  # dB: iColoriT's floor of 1e-5 under the squared error


class Patch(NamedTuple):
    """A square of a photo whose mean color is revealed, in pixels."""

    left: int
    top: int
    size: int


def icolorit(rng: np.random.Generator, side: int, n: int) -> list[Patch]:
    """Where Yun, Lee, Park and Choo reveal color: "iColoriT: Towards Propagating Local Hints to the Right Region in
    Interactive Colorization by Leveraging Vision Transformer", WACV 2023.

    The photo is 224 x 224 px and laid out in squares of 2 x 2; hints are some of these, all equally likely, none twice. Of a photo that is not
    square, the centre is cut out here, as squeezing would bend what is in it.
    """
    cells = side // 2
    return [Patch(2 * int(i % cells), 2 * int(i // cells), 2) for i in rng.permutation(cells * cells)[:n]]


def siggraph17(rng: np.random.Generator, side: int, n: int) -> list[Patch]:
    """Where Zhang et al. reveal color: "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017, as
    users of its local hints network.

    The photo is 256 x 256 px; patches of 1 to 9 px, all sizes equally likely, lie around its middle by a Gaussian whose standard deviation is a
    quarter of the side; those beyond the border are moved inside. In training the paper draws how many, and now and then reveals everything; a
    measurement is asked for counts.
    """
    patches = []
    for _ in range(n):
        size = int(rng.integers(1, 10))
        left, top = (int(v) for v in np.clip(np.rint(rng.normal(side / 2, side / 4, 2) - size / 2), 0, side - size))
        patches.append(Patch(left, top, size))
    return patches


@dataclass(frozen=True)
class Protocol:
    """Photos of one size, and the places where their color is revealed."""

    side: int  # px of the square
    draw: Callable[[np.random.Generator, int, int], list[Patch]]
    places: str


PROTOCOLS = {
    "icolorit": Protocol(224, icolorit, "2 x 2 px at uniform random places of the 2 px grid, none twice"),
    "siggraph17": Protocol(256, siggraph17, "1 to 9 px (uniform) at places Gaussian around the middle (standard deviation a quarter of the side)"),
}


@dataclass(frozen=True)
class HintSetup:
    """What is measured, and how. models: as `contestant` knows them. Raises ValueError for invalid values."""

    models: tuple[str, ...] = ("unet",)
    hints: tuple[int, ...] = COUNTS
    protocol: str = "icolorit"
    vividness: tuple[float, ...] = (0.0,)  # the mean is what PSNR asks for; and hints say what is lively
    device: str = "auto"
    seed: int = 1234

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"There is no protocol {self.protocol!r}; choose from {', '.join(PROTOCOLS)}.")
        if not self.hints or not all(0 <= n <= MAX_HINTS for n in self.hints):
            raise ValueError(f"The number of hints must be from 0 to {MAX_HINTS:,}; got {', '.join(map(str, self.hints)) or 'an empty list'}.")

    def sentence(self) -> str:
        """The protocol in one sentence."""
        return (
            f"{revealed(self.protocol, self.seed)}; L kept, gamut mapped at constant L, 8-bit RGB against 8-bit truth as floats in "
            f"[0, 1], squared error over pixels and channels of each photo floored at 1e-5, PSNR averaged over photos ± its standard error; a model "
            f"works at its own size and with the vividness given in its row; colorfulness is that of the results without hints by the truth's."
        )

    def hints_for(self, photo: Photo, index: int) -> tuple[Hint, ...]:
        """As many hints as any count asks for, for the photo of that number; fewer hints are the first of them."""
        protocol = PROTOCOLS[self.protocol]
        lab = rgb_to_lab(_float(photo.rgb))[0]
        return tuple(reveal(lab, patch) for patch in protocol.draw(np.random.default_rng((self.seed, index)), protocol.side, max(self.hints)))


@dataclass(frozen=True)
class HintScore:
    """One model at one vividness with one number of hints; means over photos."""

    model: str
    vividness: float | None  # None: there is nothing to turn
    hints: int
    n: int  # photos
    psnr: float  # dB
    psnr_se: float | None  # dB, standard error of that mean; none of a single photo
    colorfulness_ratio: float  # mean colorfulness of the results / of the truth
    seconds: float  # to paint a photo with these hints; a model has looked at it before
    protocol: str


def revealed(protocol: str, seed: int) -> str:
    """Which photos and which hints, as the beginning of a sentence."""
    about = PROTOCOLS[protocol]
    return (
        f"Protocol {protocol}: centre squares of photos at {about.side} x {about.side} px; hints are patches of {about.places}, in "
        f"the patch's mean a and b as the nearest 8-bit color at its mean L, for n hints the first n of one draw a photo, from numpy's "
        f"default_rng(({seed}, the photo's number from 0))"
    )


def reveal(lab: Tensor, patch: Patch) -> Hint:
    """The hint that covers exactly this patch of lab (3, H, W) in its mean a and b.

    A hint's color is 8-bit RGB, and its L is not used: at the patch's own mean L it moves a and b by a quarter of a unit on average, which costs
    levin2004 0.004 dB at 100 hints.
    """
    left, top, size = patch
    rgb = lab_to_rgb(lab[:, top : top + size, left : left + size].mean((1, 2)).view(3, 1, 1))
    centre = (size - 1) // 2 + (0.49 if size % 2 == 0 else 0)  # between two pixels, as near as it may be without being rounded up
    return Hint(left + centre, top + centre, to_hex(rgb.flatten()), size)


def open_squares(sources: Iterable[Source], protocol: str, skipped: list[str]) -> Iterator[Photo]:
    """The centre squares of the photos in color, at the protocol's size; what is left out is told in `skipped`."""
    side = PROTOCOLS[protocol].side
    for photo in open_truths(sources, side, skipped):
        left, top = (photo.width - side) // 2, (photo.height - side) // 2
        yield replace(photo, rgb=photo.rgb[:, top : top + side, left : left + side].contiguous())


def evaluate_hints(photos: Iterable[Photo], setup: HintSetup, progress: Callable[[int], None] | None = None) -> list[HintScore]:
    """Scores of gray and of each model at each vividness, for each number of hints.

    Photos come from `open_squares`. Raises ValueError for an unknown model or where there is no photo, WeightsError for bad weights.
    """
    found: dict[tuple[str, float | None, int], list[dict[str, float]]] = {}
    for index, photo in enumerate(photos):
        hints = setup.hints_for(photo, index)
        for model, vividness, paint in _painters(photo, setup):
            for count in setup.hints:
                found.setdefault((model, vividness, count), []).append(_measure(paint, Guidance(hints[:count]), photo))
        if progress:
            progress(index + 1)
    if not found:
        raise ValueError("There is no photo in color to evaluate on; give a folder or a tar of color photos.")
    return [_score(*key, records, setup.sentence()) for key, records in found.items()]


def _painters(photo: Photo, setup: HintSetup) -> Iterator[tuple[str, float | None, Painter]]:
    """(name, vividness, what paints this photo) of everything in the table; a model looks at the photo once."""
    for name in ("gray", *setup.models):
        one = contestant(name)
        if isinstance(one, Model):
            session = one.session(photo, setup.device)
            for vividness in setup.vividness:
                yield name, vividness, one.painter(session, vividness)
        else:
            yield name, None, one.look(photo, setup.device)


def _measure(paint: Painter, guidance: Guidance, photo: Photo) -> dict[str, float]:
    start = time.perf_counter()
    picture, truth = _float(paint(guidance)), _float(photo.rgb)
    seconds = time.perf_counter() - start
    return {
        "psnr": min(float(metrics.psnr(picture, truth)), CEILING),
        "colorfulness": float(metrics.colorfulness(picture)),
        "true_colorfulness": float(metrics.colorfulness(truth)),
        "seconds": seconds,
    }


def _score(model: str, vividness: float | None, hints: int, records: list[dict[str, float]], protocol: str) -> HintScore:
    psnr = [record["psnr"] for record in records]
    mean = {name: statistics.fmean(record[name] for record in records) for name in records[0]}
    return HintScore(
        model=model,
        vividness=vividness,
        hints=hints,
        n=len(records),
        psnr=round(mean["psnr"], 4),
        psnr_se=round(statistics.stdev(psnr) / math.sqrt(len(psnr)), 4) if len(psnr) > 1 else None,
        colorfulness_ratio=round(mean["colorfulness"] / max(mean["true_colorfulness"], 1e-3), 4),
        seconds=round(mean["seconds"], 4),
        protocol=protocol,
    )


def _float(rgb: Tensor) -> Tensor:
    return rgb[None].float() / 255


def hint_table(scores: Sequence[HintScore]) -> str:
    """PSNR in dB with its standard error, a row a model and a column a number of hints, and the protocol below."""
    counts = list(dict.fromkeys(score.hints for score in scores))
    rows: dict[tuple[str, float | None], list[HintScore]] = {}
    for score in scores:
        rows.setdefault((score.model, score.vividness), []).append(score)
    header = ["model", "vividness", "n", *(f"@{count}" for count in counts), "colorfulness", "seconds"]
    table: list[list[Any]] = []
    for (model, vividness), cells in rows.items():
        free = next((cell.colorfulness_ratio for cell in cells if cell.hints == 0), None)
        table.append([model, vividness, cells[0].n, *map(_cell, cells), free, cells[-1].seconds])
    return format_table(header, table) + "\n" + scores[0].protocol


def _cell(score: HintScore) -> str:
    return f"{score.psnr:.2f}" + ("" if score.psnr_se is None else f"±{score.psnr_se:.2f}")
