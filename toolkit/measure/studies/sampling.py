"""Are a model's many colorings good ones, as many as there should be, and is the truth among them?

    print(measure("sampling", ["val.tar"], Setup(models=("diffusion", "vit-hint"), samples=8)).text())

No single number tells. PSNR of one sample is low where truth could have been otherwise, so the best of K and the mean
of K stand beside it, and models that give one answer; colorfulness and the Fréchet distance tell whether pictures look
like photos; calibration tells whether samples differ as much as the model does not know: truth is then like one more
sample, and all K + 1 ranks are equally likely (Hamill 2001, "Interpretation of rank histograms for verifying ensemble
forecasts").
"""

import math
import statistics
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, islice, pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, lab_to_rgb8, rgb_to_lab
from toolkit.measure import metrics
from toolkit.measure.photos import find_photos, floats, open_truths
from toolkit.measure.set_metrics import ENOUGH, features, frechet
from toolkit.measure.studies import Told, option
from toolkit.measure.tables import Column, Row, hidden, ratio
from toolkit.models.base import Dials, Sampler
from toolkit.models.cards import default_model, drawing_model
from toolkit.models.devices import pick_device
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline import MOST_SAMPLES, Session

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ANSWERS = (0.0, 0.5)  # vividness of models that give one answer: the mean that PSNR asks for, and their default
DRAWN = (0.5,)  # of models that draw: the temperature at which they were trained
EVERY = 2  # pixels: diversity looks at every second one each way, a quarter of the work and the same mean

by = ("model", "vividness", "what")
sheet_rows = 24  # photos
food = "a folder or a tar of color photos"
examples = (
    "val.tar --models diffusion,unet,vit-hint --samples 8 --json samples.json --plot ranks.png",
    "photos/ --limit 20 --sheet samples.png",
)


def _called(row: Row) -> str:
    return "the photo left gray" if row["model"] == "gray" else f"{row['model']}, vividness {row['vividness']:g}"


def _what(row: Row) -> str:
    return {"answer": "" if row["model"] == "gray" else "its one answer", "single": "a single sample"}.get(
        row["what"], str(row["what"])
    )


INSIDE = Column("inside", "truth inside the samples' range", 1, " %", error=True)
columns = (
    Column("model", "", show=_called),
    Column("what", "what", show=_what),
    Column("psnr", "PSNR, dB", 2, error=True),
    Column("gray_psnr", "gray", show=hidden),
    Column(
        "above",
        "above gray, dB",
        show=lambda row: "" if row["model"] == "gray" else f"{row['psnr'] - row['gray_psnr']:+.2f}",
    ),
    Column("colorfulness_ratio", "colorfulness", 0, "%"),
    Column("ciede2000", "CIEDE2000", 2),
    Column("lpips", "LPIPS", 3),
    Column("frechet", "Fréchet distance", 0),
    Column("diversity", "diversity, CIEDE2000", 1, error=True),
    Column("diversity_lpips", "diversity, LPIPS", 3),
    replace(
        INSIDE,
        show=lambda row: (
            f"{found} ({row['inside_calibrated']:.1%} if calibrated)" if (found := INSIDE.cell(row)) else ""
        ),
    ),
    Column("spread_skill", "spread by error", 2, unit=" (1 if calibrated)"),
    Column("looking", "looking, s", 3),
    Column("seconds", "a picture, s", 3),
    Column("step", "a step, s", 3),
    # for JSON
    *(Column(key, key, show=hidden) for key in ("samples", "inside_calibrated", "deviation", "error", "ranks")),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how. Raises ValueError for invalid values."""

    models: tuple[str, ...] = option(
        lambda: (drawing_model(), default_model()), "names, or weights files; one of them draws"
    )
    limit: int | None = option(None, "only the first N photos")
    samples: int = option(8, "colorings of each photo by models that draw")
    vividness: tuple[float, ...] = option((), "of all models; without: 0,0.5, and 0.5 of models that draw")
    steps: int = option(Dials.steps, "of each sample")
    strength: float = option(Dials.strength, "of classifier-free guidance, 0 to 8; 1 is none")
    size: int = option(256, "short side in px at which pictures are compared")
    lpips: bool = option(False, "measure LPIPS too")
    seed: int = option(0, "of the first sample")
    device: str = option("auto", "auto, cpu, cuda or mps")

    def __post_init__(self) -> None:
        if not 2 <= self.samples <= MOST_SAMPLES:
            raise ValueError(
                f"Samples are compared with each other, so there have to be 2 to {MOST_SAMPLES} a photo, not "
                f"{self.samples}."
            )


def protocol(setup: Setup) -> str:
    """How it is measured, in a few sentences."""
    K, looks = setup.samples, f"{setup.steps} step{'s' if setup.steps > 1 else ''}"
    guided = "" if setup.strength == 1 else f", guidance of strength {setup.strength:g}"
    return (
        f"Photos resized to a short side of {setup.size} px, L kept, ab from the model at its own working size, gamut "
        "mapped at constant L, 8-bit RGB against 8-bit truth as floats in [0, 1], mean over photos ± standard error, "
        f"no hints. Models that draw: {K} samples a photo, seeds {setup.seed} to {setup.seed + K - 1}, "
        f"{looks}{guided}; single: mean over the samples; best: the sample with the highest PSNR; mean: the samples' "
        "mean ab. Fréchet distance on class tokens of DINOv2 ViT-S/14 of the whole picture resized to 224 x 224 px "
        "(bicubic, antialiased), one picture a photo (of the samples the first) against the truths, too large of fewer "
        f"than {ENOUGH:,}, so compare at equal n only. Diversity: mean CIEDE2000 over all pairs of samples, on every "
        "second pixel each way. Calibration, on the model's own grid of ab (truth averaged to it): inside: share of "
        f"the true a and b between the smallest and the largest sample, {(K - 1) / (K + 1):.1%} of a calibrated "
        f"sampler; spread: the samples' standard deviation times sqrt(1 + 1/{K}) by the error of their mean, both root "
        "mean squares, 1 of a calibrated sampler and less of one that is too sure."
    )


def ranks(samples: Tensor, truth: Tensor) -> Tensor:
    """How often 0, 1, ... K samples lie below the truth: samples (K, 2, h, w), truth (1, 2, h, w) -> shares (K + 1,) of
    all a and b.

    Flat if calibrated. Their middle, ranks[1:-1].sum(), is the share within the samples' range.
    """
    below = (samples < truth).sum(0).flatten()
    return torch.bincount(below, minlength=len(samples) + 1).double() / below.numel()


def spread_and_error(samples: Tensor, truth: Tensor) -> tuple[float, float]:
    """Mean squares over a, b and pixels, in Lab units: how far truth should be from the samples' mean, and how far it
    is.

    samples (K, 2, h, w), truth (1, 2, h, w). The former is the samples' unbiased variance times 1 + 1/K, as the mean of
    K has an error of its own (Fortin et al. 2014, "Why should ensemble spread match the RMSE of the ensemble mean?").
    Equal on average if calibrated.
    """
    expected = samples.var(0, correction=1).mean() * (1 + 1 / len(samples))
    return float(expected), float((samples.mean(0) - truth).square().mean())


def diversity(pictures: Sequence[Tensor]) -> float:
    """Mean CIEDE2000 over all pairs of pictures, each uint8 (3, H, W), on every second pixel each way."""
    labs = [rgb_to_lab(floats(picture[:, ::EVERY, ::EVERY])) for picture in pictures]
    return statistics.fmean(float(delta_e(a, b).mean()) for a, b in combinations(labs, 2))


def painted(photo: Photo, ab: Tensor) -> Tensor:
    """A photo in colors of one's own, ab (1, 2, h, w), as a Session paints: uint8 (3, H, W)."""
    light = shrink(photo, (ab.shape[-2], ab.shape[-1]), averaged=True).lightness()
    L = photo.lightness()
    return lab_to_rgb8(torch.cat([L, Lift(ab, light, (photo.height, photo.width)).rows(L, 0)], 1)[0])


class _Clock:
    """A progress callback that takes the time from step to step of a sample."""

    def __init__(self) -> None:
        self.at: dict[str, list[float]] = {}

    def __call__(self, done: int, of: int, what: str) -> None:
        self.at.setdefault(what, []).append(time.perf_counter())

    def between(self, steps: int) -> list[float]:
        """Seconds; the first so many reports about a sample are of its steps, later ones of its painting."""
        return [
            b - a for what, times in self.at.items() if what.startswith("drawing") for a, b in pairwise(times[:steps])
        ]


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row a photo, model, vividness and kind of picture; gray first."""
    trial = _Trial(setup)
    for done, photo in enumerate(islice(open_truths(find_photos(source), setup.size, told.skipped), setup.limit), 1):
        pictures: list[tuple[str, Tensor]] = [("truth", photo.rgb)]
        yield from trial.rows(photo, pictures)
        told.show(sorted(pictures, key=lambda titled: ", " in titled[0]))  # samples come last
        told.done(done, setup.limit)


def more(frame: "pd.DataFrame") -> Row:
    """What is no mean over photos: ratios of means, distances of whole sets, shares by rank."""
    found: Row = {"colorfulness_ratio": ratio(frame["colorfulness"], frame["true_colorfulness"])}
    if "features" in frame and len(frame) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", metrics.FewPhotos)  # the protocol says it
            found["frechet"] = round(
                frechet(torch.cat(list(frame["features"])), torch.cat(list(frame["true_features"]))), 3
            )
    if "ranks" in frame:
        shares = torch.stack(list(frame["ranks"])).mean(0).tolist()
        K, deviation, error = len(shares) - 1, float(frame["deviation"].mean()), float(frame["error"].mean())
        found |= {"samples": K, "inside_calibrated": (K - 1) / (K + 1), "ranks": [round(share, 4) for share in shares]}
        found |= {
            "spread_skill": math.sqrt(deviation / max(error, 1e-9)),
            "deviation": math.sqrt(deviation),
            "error": math.sqrt(error),
        }
    return found


@dataclass(frozen=True)
class _Truth:
    """A photo and what its colorings are compared with."""

    photo: Photo
    device: str

    @cached_property
    def rgb(self) -> Tensor:
        return floats(self.photo.rgb)  # (1, 3, H, W)

    @cached_property
    def ab(self) -> Tensor:
        return rgb_to_lab(self.rgb)[:, 1:]

    @cached_property
    def shared(self) -> Row:
        """What every row of the photo says."""
        gray = floats(painted(self.photo, torch.zeros(1, 2, 1, 1)))
        return {
            "true_colorfulness": float(metrics.colorfulness(self.rgb)),
            "gray_psnr": float(metrics.psnr(gray, self.rgb)),
        }

    @cached_property
    def features(self) -> Tensor:
        return features(self.rgb, self.device)

    def seen(self, rgb: Tensor) -> Row:
        """What the distance of whole sets needs."""
        return {"features": features(floats(rgb), self.device), "true_features": self.features}


class _Trial:
    """All models on one photo after the other."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.device = pick_device(setup.device).type
        # loaded before anything is timed
        self.draws = {model: isinstance(load_model(model, self.device), Sampler) for model in setup.models}
        if not any(self.draws.values()):
            raise ValueError(
                f"Of {', '.join(setup.models)} none draws samples; name a model that does, such as diffusion."
            )
        self.lpips = metrics.Lpips() if setup.lpips else None

    def rows(self, photo: Photo, pictures: list[tuple[str, Tensor]]) -> Iterator[Row]:
        """The rows of a photo; pictures are added to those that are given."""
        truth = _Truth(photo, self.device)
        gray = painted(photo, torch.zeros(1, 2, 1, 1))
        yield self._row(("gray", None, "answer"), [gray], truth) | truth.seen(gray)
        for model, draws in self.draws.items():
            start = time.perf_counter()
            session = Session(photo, model, device=self.device)
            session.encode()
            looking = time.perf_counter() - start
            for vividness in self.setup.vividness or (DRAWN if draws else ANSWERS):
                if draws:
                    yield from self._draw(session, (model, vividness), truth, looking, pictures)
                else:
                    start = time.perf_counter()
                    rgb = session.colorize(dials=Dials(vividness=vividness), seed=self.setup.seed).rgb
                    took = {"looking": looking, "seconds": time.perf_counter() - start}
                    yield self._row((model, vividness, "answer"), [rgb], truth) | took | truth.seen(rgb)
                    pictures.append((f"{model} {vividness:g}", rgb))

    def _draw(
        self,
        session: Session,
        key: tuple[str, float],
        truth: _Truth,
        looking: float,
        pictures: list[tuple[str, Tensor]],
    ) -> Iterator[Row]:
        K, setup = self.setup.samples, self.setup
        clock, start = _Clock(), time.perf_counter()
        dials = Dials(vividness=key[1], steps=setup.steps, strength=setup.strength)
        results = list(session.samples(K, dials=dials, seed=setup.seed, progress=clock))
        took = {"looking": looking, "seconds": (time.perf_counter() - start) / K}
        if between := clock.between(setup.steps):
            took["step"] = statistics.median(between)
        drawn = [result.rgb for result in results]
        pictures += [(f"{key[0]} {key[1]:g}, {i}", picture) for i, picture in enumerate(drawn, 1)]
        ab = torch.cat([result.ab for result in results])  # (K, 2, h, w)
        yield self._row((*key, "single"), drawn, truth) | took | self._spread(ab, drawn, truth) | truth.seen(drawn[0])
        best = max(drawn, key=lambda picture: float(metrics.psnr(floats(picture), truth.rgb)))
        yield self._row((*key, f"best of {K}"), [best], truth)  # chosen by the truth: no distance of whole sets
        middle = painted(truth.photo, ab.mean(0, keepdim=True))
        yield self._row((*key, f"mean of {K}"), [middle], truth) | truth.seen(middle)

    def _spread(self, ab: Tensor, pictures: list[Tensor], truth: _Truth) -> Row:
        true_ab = F.interpolate(truth.ab, ab.shape[-2:], mode="area")
        deviation, error = spread_and_error(ab, true_ab)
        counts = ranks(ab, true_ab)
        row: Row = {
            "ranks": counts,
            "deviation": deviation,
            "error": error,
            "inside": float(counts[1:-1].sum()),
            "diversity": diversity(pictures),
        }
        if self.lpips is not None:
            with torch.inference_mode():
                row["diversity_lpips"] = statistics.fmean(
                    float(self.lpips(floats(a), floats(b))) for a, b in combinations(pictures, 2)
                )
        return row

    @torch.inference_mode()
    def _row(self, key: tuple[str, float | None, str], pictures: list[Tensor], truth: _Truth) -> Row:
        """Means over the pictures of one photo."""
        measures = {
            "psnr": metrics.psnr,
            "ciede2000": metrics.ciede2000,
            "colorfulness": lambda picture, _: metrics.colorfulness(picture),
        }
        if self.lpips is not None:
            measures["lpips"] = self.lpips
        found = {
            name: statistics.fmean(float(measure(floats(picture), truth.rgb)) for picture in pictures)
            for name, measure in measures.items()
        }
        return dict(zip(by, key, strict=True)) | found | truth.shared


def plot(rows: Sequence[Row]) -> "Figure":
    """Rank histograms: how often so many of the K samples lie below the truth, bars for each model that draws; dashed,
    a calibrated model's.

    High ends: the samples are too much alike. A slope: the model leans to one side.
    """
    from toolkit.show.figures import HAIR, INK, LINES, QUIET, Chart

    drawn = [(f"{row['model']}, {row['vividness']:g}", row["ranks"]) for row in rows if row.get("ranks")]
    figure = Chart(1010, 560)
    axes = figure.place(90, 50, 870, 420)
    width = 0.8 / len(drawn)
    for i, (name, shares) in enumerate(drawn):
        left = (i - (len(drawn) - 1) / 2) * width
        axes.bar([rank + left for rank in range(len(shares))], shares, width, color=LINES[i % len(LINES)], label=name)
    axes.axhline(1 / len(drawn[0][1]), color=INK, linewidth=1, linestyle=(0, (4, 3)), label="calibrated")
    axes.set_title("share of the true a and b", loc="left", fontsize=9.5, color=INK, pad=8)
    axes.set_xlabel("samples below the truth", color=QUIET, fontsize=8)
    axes.set_xticks(range(len(drawn[0][1])))
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(HAIR)
    axes.tick_params(colors=QUIET, labelsize=8, length=0)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure
