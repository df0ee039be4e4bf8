"""Are a model's many colorings good ones, as many as there should be, and is the truth among them?

    scores, rows = evaluate_samples(open_truths(find_photos(["val.tar"]), 256, []), SampleSetup(models=("diffusion", "vit-hint"), samples=8))
    print(sample_table(scores))

No single number tells. PSNR of one sample is low where truth could have been otherwise, so the best of K and the mean of K stand beside it, and
models that give one answer; colorfulness and the Fréchet distance tell whether pictures look like photos; calibration tells whether samples differ as
much as the model does not know: truth is then like one more sample, and all K + 1 ranks are equally likely (Hamill 2001, "Interpretation of rank
histograms for verifying ensemble forecasts").
"""

import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, lab_to_rgb8, rgb_to_lab
from toolkit.measure import metrics
from toolkit.measure.evaluate import format_table
from toolkit.measure.set_metrics import ENOUGH, features, frechet
from toolkit.models.base import Dials, Sampler
from toolkit.models.devices import pick_device
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline import MOST_SAMPLES, Session

ANSWERS = (0.0, 0.5)  # vividness of models that give one answer: the mean that PSNR asks for, and their default
DRAWN = (0.5,)  # of models that draw: the temperature at which they were trained
EVERY = 2  # pixels: diversity looks at every second one each way, a quarter of the work and the same mean
Key = tuple[str, float | None, str]  # model, vividness, what of it
Titled = tuple[str, Tensor]  # a title and a picture, uint8 (3, H, W)


@dataclass(frozen=True)
class SampleSetup:
    """What is measured, and how. Raises ValueError for invalid values."""

    models: tuple[str, ...]
    samples: int = 8  # K
    vividness: tuple[float, ...] = ()  # of all models; none: ANSWERS and DRAWN
    steps: int = Dials.steps
    strength: float = Dials.strength
    size: int = 256  # px, short side of the photos that are compared
    lpips: bool = False
    device: str = "auto"
    seed: int = 0  # of the first sample

    def __post_init__(self) -> None:
        if not 2 <= self.samples <= MOST_SAMPLES:
            raise ValueError(f"Samples are compared with each other, so there have to be 2 to {MOST_SAMPLES} a photo, not {self.samples}.")

    def protocol(self, n: int) -> str:
        """The protocol for n photos in a few sentences."""
        K, looks = self.samples, f"{self.steps} step{'s' if self.steps > 1 else ''}"
        guided = "" if self.strength == 1 else f", guidance of strength {self.strength:g}"
        few = f", too large of {n} pictures as of any below {ENOUGH:,}, so compare at equal n only" if n < ENOUGH else ""
        return (
            f"Photos resized to a short side of {self.size} px, L kept, ab from the model at its own working size, gamut mapped at constant L, "
            f"8-bit RGB against 8-bit truth as floats in [0, 1], mean over photos ± standard error, no hints. Models that draw: {K} samples a photo, "
            f"seeds {self.seed} to {self.seed + K - 1}, {looks}{guided}; single: mean over the samples; best: the sample with the highest "
            f"PSNR; mean: the samples' mean ab. Fréchet distance on class tokens of DINOv2 ViT-S/14 of the whole picture resized to 224 x 224 px "
            f"(bicubic, antialiased), one picture a photo (of the samples the first) against the truths{few}. Diversity: mean CIEDE2000 over all "
            f"pairs of samples, on every second pixel each way. Calibration, on the model's own grid of ab (truth averaged to it): inside: share of "
            f"the true a and b between the smallest and the largest sample, {(K - 1) / (K + 1):.1%} of a calibrated sampler; spread: the samples' "
            f"standard deviation times sqrt(1 + 1/{K}) by the error of their mean, both root mean squares, 1 of a calibrated sampler and less of one "
            f"that is too sure."
        )


@dataclass(frozen=True)
class Spread:
    """How K samples of a photo differ from each other, and whether the truth could be one of them; means over photos."""

    samples: int  # K
    diversity: float  # mean CIEDE2000 over pairs
    diversity_se: float | None
    inside: float  # share of true a and b within the samples' range
    inside_se: float | None
    inside_calibrated: float  # what it is where truth is like one more sample: (K - 1) / (K + 1)
    spread_skill: float  # deviation / error
    deviation: float  # Lab units, the samples' standard deviation times sqrt(1 + 1/K), root mean square over a, b, pixels and photos
    error: float  # Lab units, root mean square error of the samples' mean
    ranks: tuple[float, ...]  # K + 1 shares: how often so many samples are below the truth
    diversity_lpips: float | None = None


@dataclass(frozen=True)
class SampleScore:
    """One model at one vividness, and what of it; means over photos."""

    model: str
    vividness: float | None  # None: the gray photo has none
    what: str  # "answer", or of a model that draws "single", "best of K", "mean of K"
    n: int
    psnr: float  # dB
    psnr_se: float | None  # dB, standard error of that mean; none of a single photo
    gray_psnr: float  # dB, of the gray photo on the same photos
    colorfulness_ratio: float  # mean colorfulness of the results / of the truth
    ciede2000: float  # mean difference to the truth
    frechet: float | None  # to the truths, on DINOv2 features; none of a single photo, nor of the best samples, which truth has chosen
    protocol: str
    lpips: float | None = None
    looking: float | None = None  # seconds per photo until the first picture can be drawn
    seconds: float | None = None  # per picture, drawn and painted
    step: float | None = None  # of these, between two steps of a sample
    spread: Spread | None = None  # of a model that draws, with its single samples


def ranks(samples: Tensor, truth: Tensor) -> Tensor:
    """How often 0, 1, ... K samples lie below the truth: samples (K, 2, h, w), truth (1, 2, h, w) -> shares (K + 1,) of all a and b.

    Flat if calibrated. Their middle, ranks[1:-1].sum(), is the share within the samples' range.
    """
    below = (samples < truth).sum(0).flatten()
    return torch.bincount(below, minlength=len(samples) + 1).double() / below.numel()


def spread_and_error(samples: Tensor, truth: Tensor) -> tuple[float, float]:
    """Mean squares over a, b and pixels, in Lab units: how far truth should be from the samples' mean, and how far it is.

    samples (K, 2, h, w), truth (1, 2, h, w). The former is the samples' unbiased variance times 1 + 1/K, as the mean of K has an error of its own
    (Fortin et al. 2014, "Why should ensemble spread match the RMSE of the ensemble mean?"). Equal on average if calibrated.
    """
    expected = samples.var(0, correction=1).mean() * (1 + 1 / len(samples))
    return float(expected), float((samples.mean(0) - truth).square().mean())


def diversity(pictures: Sequence[Tensor]) -> float:
    """Mean CIEDE2000 over all pairs of pictures, each uint8 (3, H, W), on every second pixel each way."""
    labs = [rgb_to_lab(_float(picture[:, ::EVERY, ::EVERY])) for picture in pictures]
    return statistics.fmean(float(delta_e(a, b).mean()) for a, b in combinations(labs, 2))


def painted(photo: Photo, ab: Tensor) -> Tensor:
    """A photo in colors of one's own, ab (1, 2, h, w), as a Session paints: uint8 (3, H, W)."""
    light = shrink(photo, (ab.shape[-2], ab.shape[-1]), averaged=True).lightness()
    L = photo.lightness()
    return lab_to_rgb8(torch.cat([L, Lift(ab, light, (photo.height, photo.width)).rows(L, 0)], 1)[0])


def evaluate_samples(
    photos: Iterable[Photo], setup: SampleSetup, *, keep: int = 0, progress: Callable[[int], None] | None = None
) -> tuple[list[SampleScore], list[list[Titled]]]:
    """Scores of gray and of each model, and for the first `keep` photos the pictures: the truth, models that give one answer, all samples.

    Raises ValueError for an unknown model, where none of them draws or there is no photo; WeightsError for bad weights.
    """
    sums = _Sums(setup)
    rows: list[list[Titled]] = []
    for n, photo in enumerate(photos, 1):
        row = sums.try_photo(photo)
        if n <= keep:
            rows.append(row)
        if progress:
            progress(n)
    if not sums.numbers:
        raise ValueError("There is no photo in color to evaluate on; give a folder or a tar of color photos.")
    return sums.scores(), rows


@dataclass(frozen=True)
class _Truth:
    photo: Photo
    rgb: Tensor  # (1, 3, H, W) in [0, 1]
    ab: Tensor  # (1, 2, H, W)
    colorfulness: float


class _Clock:
    """A progress callback that takes the time from step to step of a sample."""

    def __init__(self) -> None:
        self.at: dict[str, list[float]] = {}

    def __call__(self, done: int, of: int, what: str) -> None:
        self.at.setdefault(what, []).append(time.perf_counter())

    def between(self, steps: int) -> list[float]:
        """Seconds; the first so many reports about a sample are of its steps, later ones of its painting."""
        return [b - a for what, times in self.at.items() if what.startswith("drawing") for a, b in pairwise(times[:steps])]


class _Sums:
    """The numbers of every model, one a photo."""

    def __init__(self, setup: SampleSetup) -> None:
        self.setup = setup
        self.device = pick_device(setup.device).type
        self.draws = {model: isinstance(load_model(model, self.device), Sampler) for model in setup.models}  # loaded before anything is timed
        if not any(self.draws.values()):
            raise ValueError(f"Of {', '.join(setup.models)} none draws samples; name a model that does, such as diffusion.")
        self.lpips = metrics.Lpips() if setup.lpips else None
        self.numbers: dict[Key, dict[str, list[float]]] = {}
        self.features: dict[Key, list[Tensor]] = {}
        self.true_features: list[Tensor] = []
        self.ranks: dict[Key, list[Tensor]] = {}

    def try_photo(self, photo: Photo) -> list[Titled]:
        """All models on one photo; the pictures for the sheet."""
        rgb = _float(photo.rgb)
        truth = _Truth(photo, rgb, rgb_to_lab(rgb)[:, 1:], float(metrics.colorfulness(rgb)))
        self.true_features.append(features(rgb, self.device))
        gray = painted(photo, torch.zeros(1, 2, 1, 1))
        self._compare(("gray", None, "answer"), [gray], truth)
        self._look(("gray", None, "answer"), gray)
        answers: list[Titled] = [("truth", photo.rgb)]
        samples: list[Titled] = []
        for model, draws in self.draws.items():
            start = time.perf_counter()
            session = Session(photo, model, device=self.device)
            session.encode()
            looking = time.perf_counter() - start
            for vividness in self.setup.vividness or (DRAWN if draws else ANSWERS):
                if draws:
                    pictures = self._draw(session, model, vividness, truth, looking)
                    samples += [(f"{model} {vividness:g}, {i}", picture) for i, picture in enumerate(pictures, 1)]
                else:
                    answers.append((f"{model} {vividness:g}", self._answer(session, (model, vividness, "answer"), truth, looking)))
        return answers + samples

    def _answer(self, session: Session, key: Key, truth: _Truth, looking: float) -> Tensor:
        start = time.perf_counter()
        rgb = session.colorize(dials=Dials(vividness=key[1] or 0.0), seed=self.setup.seed).rgb
        self._add(key, looking=looking, seconds=time.perf_counter() - start)
        self._compare(key, [rgb], truth)
        self._look(key, rgb)
        return rgb

    def _draw(self, session: Session, model: str, vividness: float, truth: _Truth, looking: float) -> list[Tensor]:
        K = self.setup.samples
        single, best, mean = ((model, vividness, what) for what in ("single", f"best of {K}", f"mean of {K}"))
        clock, start = _Clock(), time.perf_counter()
        results = list(
            session.samples(
                K, dials=Dials(vividness=vividness, steps=self.setup.steps, strength=self.setup.strength), seed=self.setup.seed, progress=clock
            )
        )
        self._add(single, looking=looking, seconds=(time.perf_counter() - start) / K)
        if between := clock.between(self.setup.steps):
            self._add(single, step=statistics.median(between))
        pictures = [result.rgb for result in results]
        quality = self._compare(single, pictures, truth)
        self._compare(best, [pictures[quality.index(max(quality))]], truth)
        ab = torch.cat([result.ab for result in results])  # (K, 2, h, w)
        middle = painted(truth.photo, ab.mean(0, keepdim=True))
        self._compare(mean, [middle], truth)
        self._look(single, pictures[0])
        self._look(mean, middle)
        self._spread(single, ab, pictures, truth)
        return pictures

    def _spread(self, key: Key, ab: Tensor, pictures: list[Tensor], truth: _Truth) -> None:
        true_ab = F.interpolate(truth.ab, ab.shape[-2:], mode="area")
        deviation, error = spread_and_error(ab, true_ab)
        counts = ranks(ab, true_ab)
        self.ranks.setdefault(key, []).append(counts)
        self._add(key, deviation=deviation, error=error, inside=float(counts[1:-1].sum()), diversity=diversity(pictures))
        if self.lpips is not None:
            with torch.inference_mode():
                self._add(key, diversity_lpips=statistics.fmean(float(self.lpips(_float(a), _float(b))) for a, b in combinations(pictures, 2)))

    def _compare(self, key: Key, pictures: list[Tensor], truth: _Truth) -> list[float]:
        """Means over the pictures of one photo; returns the PSNR of each."""
        found: dict[str, list[float]] = {}
        measures = {"psnr": metrics.psnr, "ciede2000": metrics.ciede2000}
        if self.lpips is not None:
            measures["lpips"] = self.lpips
        with torch.inference_mode():
            for picture in map(_float, pictures):
                for name, measure in measures.items():
                    found.setdefault(name, []).append(float(measure(picture, truth.rgb)))
                found.setdefault("colorfulness", []).append(float(metrics.colorfulness(picture)))
        self._add(key, **{name: statistics.fmean(values) for name, values in found.items()}, true_colorfulness=truth.colorfulness)
        return found["psnr"]

    def _look(self, key: Key, rgb: Tensor) -> None:
        self.features.setdefault(key, []).append(features(_float(rgb), self.device))

    def _add(self, key: Key, **numbers: float) -> None:
        for name, value in numbers.items():
            self.numbers.setdefault(key, {}).setdefault(name, []).append(value)

    def scores(self) -> list[SampleScore]:
        gray = statistics.fmean(self.numbers["gray", None, "answer"]["psnr"])
        truths = torch.cat(self.true_features)
        found = []
        for key, numbers in self.numbers.items():
            model, vividness, what = key
            mean = {name: statistics.fmean(values) for name, values in numbers.items()}
            plain = {name: round(mean[name], 4) for name in ("psnr", "ciede2000", "lpips", "looking", "seconds", "step") if name in mean}
            found.append(
                SampleScore(
                    model=model,
                    vividness=vividness,
                    what=what,
                    n=len(numbers["psnr"]),
                    psnr_se=_se(numbers["psnr"]),
                    gray_psnr=round(gray, 4),
                    colorfulness_ratio=round(mean["colorfulness"] / max(mean["true_colorfulness"], 1e-3), 4),
                    frechet=self._frechet(key, truths),
                    protocol=self.setup.protocol(len(truths)),
                    spread=self._spread_score(key, mean) if key in self.ranks else None,
                    **plain,
                )
            )
        return found

    def _frechet(self, key: Key, truths: Tensor) -> float | None:
        if key not in self.features or len(truths) < 2:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", metrics.FewPhotos)  # the protocol says it
            return round(frechet(torch.cat(self.features[key]), truths), 3)

    def _spread_score(self, key: Key, mean: dict[str, float]) -> Spread:
        K, numbers = self.setup.samples, self.numbers[key]
        return Spread(
            samples=K,
            diversity=round(mean["diversity"], 4),
            diversity_se=_se(numbers["diversity"]),
            inside=round(mean["inside"], 4),
            inside_se=_se(numbers["inside"]),
            inside_calibrated=round((K - 1) / (K + 1), 4),
            spread_skill=round(math.sqrt(mean["deviation"] / max(mean["error"], 1e-9)), 4),
            deviation=round(math.sqrt(mean["deviation"]), 4),
            error=round(math.sqrt(mean["error"]), 4),
            ranks=tuple(round(share, 4) for share in torch.stack(self.ranks[key]).mean(0).tolist()),
            diversity_lpips=round(mean["diversity_lpips"], 4) if "diversity_lpips" in mean else None,
        )


def _se(values: Sequence[float]) -> float | None:
    return round(statistics.stdev(values) / math.sqrt(len(values)), 4) if len(values) > 1 else None


def _float(rgb: Tensor) -> Tensor:
    return rgb[None].float() / 255


def sample_table(scores: Sequence[SampleScore]) -> str:
    """The scores as text, columns that nobody measured left out, and the protocol below."""
    columns: dict[str, Callable[[SampleScore], object]] = {
        "model": lambda s: s.model,
        "vividness": lambda s: s.vividness,
        "what": lambda s: s.what,
        "psnr": lambda s: s.psnr,
        "psnr_se": lambda s: s.psnr_se,
        "above gray": lambda s: s.psnr - s.gray_psnr,
        "colorfulness": lambda s: s.colorfulness_ratio,
        "ciede2000": lambda s: s.ciede2000,
        "lpips": lambda s: s.lpips,
        "frechet": lambda s: s.frechet,
        "diversity": lambda s: s.spread and s.spread.diversity,
        "diversity lpips": lambda s: s.spread and s.spread.diversity_lpips,
        "inside": lambda s: s.spread and s.spread.inside,
        "spread": lambda s: s.spread and s.spread.spread_skill,
        "looking": lambda s: s.looking,
        "seconds": lambda s: s.seconds,
        "step": lambda s: s.step,
    }
    cells = {title: [value(score) for score in scores] for title, value in columns.items()}
    kept = [title for title, values in cells.items() if any(value is not None for value in values)]
    table = format_table(kept, list(zip(*(cells[title] for title in kept), strict=True)))
    return f"{scores[0].n} photos\n{table}\n{scores[0].protocol}"
