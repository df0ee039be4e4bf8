"""Does a reference help where it corresponds to the photo, do no harm where it does not, and is it obeyed where it is meant?

    scores = evaluate_references(photos, ReferenceSetup(), words=read_words("photos.jsonl.gz"))
    scores += evaluate_classes(open_regions("regions-val.tar", []), ReferenceSetup())
    print(reference_table(scores))

Photos whose colors are known are colored with four kinds of references: with themselves, mirrored and cropped (what is there to be had at best); with
another photo of their source that shares words; with a photo that has nothing to do with them; and, region by region, with another thing of the
same class. The last is not about truth: a red car as the reference for a car asks for red.
"""

import gzip
import json
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toolkit.color import delta_e, rgb_to_lab
from toolkit.controls.reference import Reference, Take, see_reference, take_colors
from toolkit.controls.transfer import transfer
from toolkit.measure import metrics
from toolkit.measure.evaluate import format_table
from toolkit.measure.studies.obedience import LARGEST, SMALLEST, Region
from toolkit.models.base import Dials
from toolkit.models.matcher import Matcher
from toolkit.photo import Photo
from toolkit.pipeline import Result, Session

CROP = 0.75  # of each side of a photo that is its own reference
ITSELF, SAME, UNRELATED, CLASS, MARKED = "itself, mirrored and cropped", "same source and words", "unrelated", "same class", "same class, marked"
COLORED = 10.0  # Lab units of chroma from which on a reference's region has a hue
NEAR = 25.0  # degrees of hue that count as followed
CLASSICAL = ("reinhard", "transport")
COLUMNS = ("reference", "method", "n", "psnr_gain", "psnr_gain_se", "ciede2000", "ciede2000_change", "hue_near", "hue_n", "trust")
Words = Mapping[str, frozenset[str]]  # of each photo, by its name


@dataclass(frozen=True)
class ReferenceSetup:
    """What is measured, and how."""

    model: str = "vit-hint"
    weights: tuple[float, ...] = (0.5, 1.0)  # of the reference
    vividness: float = 0.0
    size: int = 256  # px, short side of the photos that are compared
    device: str = "auto"
    seed: int = 1234
    matcher: Matcher | None = None  # other than the one that ships
    classical: bool = True  # beside color transfer from the reference to the automatic result

    def protocol(self) -> str:
        """The protocol in one sentence."""
        return (
            f"{self.model} at vividness {self.vividness:g}, photos of a short side of {self.size} px, L kept, 8-bit RGB against 8-bit truth; gain "
            f"and change: against the automatic result of the same model for the same photo, mean ± standard error; itself: mirrored, a random "
            f"{CROP:.0%} of each side; same source and words: the photo of the same folder with the largest share of common words; unrelated: "
            f"another folder, no common word, by lot, seed {self.seed}; same class: regions of {SMALLEST:.0%} to {LARGEST:.0%} of the photo, another "
            f"photo's region of that class by lot, CIEDE2000 inside the region; hue near: share of pairs in which the hue of the region's mean ab is "
            f"within {NEAR:g} degrees of the reference region's, where that has a chroma of {COLORED:g} or more; marked: both regions outlined."
        )


@dataclass(frozen=True)
class ReferenceScore:
    """One method under one kind of reference; means over photos or pairs."""

    reference: str
    method: str
    n: int
    ciede2000: float  # to the truth; for classes inside the region
    ciede2000_change: float  # against the automatic result; below 0 is better
    ciede2000_change_se: float | None
    psnr_gain: float | None  # dB over the automatic result; None for regions
    psnr_gain_se: float | None
    hue_near: float | None  # share of the pairs of a class
    hue_n: int | None
    trust: float | None  # mean over places, 0 to 1
    protocol: str


def read_words(file: str | Path) -> Words:
    """Labels of photos from JSON lines with "name" and "words", plain or .gz. Raises ValueError."""
    try:
        raw = Path(file).read_bytes()
        lines = (gzip.decompress(raw) if str(file).endswith(".gz") else raw).decode().splitlines()
        records = [json.loads(line) for line in lines]
        return {record["name"]: frozenset(record.get("words", ())) for record in records}
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        raise ValueError(f"{file} holds no words of photos; give JSON lines with a name and words.") from None


def evaluate_references(
    photos: Sequence[Photo],
    setup: ReferenceSetup,
    words: Words | None = None,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[ReferenceScore], list[list[Tensor]]]:
    """Scores by kind of reference and method, and for each photo of the kind SAME the pictures: reference, automatic, each weight, truth.

    photos: named as in `words`, FOLDER/NAME; without words the kind SAME is left out. limit: so many of them are colored, evenly spread, as tars are
    often sorted by where their photos come from; references come from all. Raises ValueError where there is no photo, WeightsError.
    """
    if not photos:
        raise ValueError("There is no photo in color to evaluate on; give a folder or a tar of color photos.")
    sums = _Sums(setup)
    rows = []
    n = min(limit or len(photos), len(photos))
    for done, number in enumerate(i * len(photos) // n for i in range(n)):
        photo = photos[number]
        session = Session(photo, setup.model, device=setup.device)
        automatic = session.colorize(dials=Dials(vividness=setup.vividness))
        for kind, other in _references(photos, number, setup.seed, words or {}):
            pictures = sums.try_reference(session, automatic, kind, other)
            if kind == SAME:
                rows.append([other.rgb, automatic.rgb, *pictures, photo.rgb])
        if progress:
            progress(done + 1)
    return sums.scores(), rows


def evaluate_classes(
    regions: Iterable[Region], setup: ReferenceSetup, progress: Callable[[int], None] | None = None
) -> tuple[list[ReferenceScore], list[list[Tensor]]]:
    """Scores of regions with another region of the same class as reference, and the pictures: reference, automatic, unmarked, marked, truth.

    Raises ValueError where no class has two regions, WeightsError.
    """
    regions = list(regions)
    sums = _Sums(setup)
    rows = []
    for number, region in enumerate(regions):
        rng = np.random.default_rng((setup.seed, number))
        others = [other for other in regions if other.label == region.label and other is not region]
        if others:
            rows.append(sums.try_class(region, others[int(rng.integers(len(others)))]))
        if progress:
            progress(number + 1)
    if not rows:
        raise ValueError("No class has two regions here; give a tar with more labelled photos.")
    return sums.scores(), rows


def _references(photos: Sequence[Photo], number: int, seed: int, words: Words) -> Iterator[tuple[str, Photo]]:
    """The references of a photo, by kind."""
    photo = photos[number]
    rng = np.random.default_rng((seed, number))
    h, w = round(CROP * photo.height), round(CROP * photo.width)
    y, x = int(rng.integers(photo.height - h + 1)), int(rng.integers(photo.width - w + 1))
    yield ITSELF, Photo(photo.rgb[:, y : y + h, x : x + w].flip(-1).contiguous(), photo.name, "color")
    mine = words.get(photo.name, frozenset())
    alike = [(_jaccard(mine, words.get(p.name, frozenset())), -i) for i, p in enumerate(photos) if p is not photo and _folder(p) == _folder(photo)]
    best, index = max(alike, default=(0.0, 0))
    if best > 0:
        yield SAME, photos[-index]
    strangers = [p for p in photos if _folder(p) != _folder(photo) and not mine & words.get(p.name, frozenset())]
    if strangers:
        yield UNRELATED, strangers[int(rng.integers(len(strangers)))]


def _folder(photo: Photo) -> str:
    return photo.name.rpartition("/")[0]


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / max(1, len(a | b))


class _Sums:
    """The numbers of every kind of reference and method, one a photo."""

    def __init__(self, setup: ReferenceSetup) -> None:
        self.setup = setup
        self.numbers: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def try_reference(self, session: Session, automatic: Result, kind: str, other: Photo) -> list[Tensor]:
        """One photo under one reference: the pictures for each weight."""
        truth, base = _float(session.photo.rgb), _float(automatic.rgb)
        before = float(metrics.psnr(base, truth)), float(metrics.ciede2000(base, truth))
        reference = see_reference(other, session.device.type, self.setup.matcher)
        made = self._made(session, automatic.rgb, Take(reference))
        if self.setup.classical:
            colored = Photo(automatic.rgb, session.photo.name, "color")
            made |= {method: (transfer(colored, other, method), None) for method in CLASSICAL}
        for method, (rgb, trust) in made.items():
            found = {"psnr": float(metrics.psnr(_float(rgb), truth)), "ciede2000": float(metrics.ciede2000(_float(rgb), truth))}
            self._add(kind, method, found, psnr_gain=found["psnr"] - before[0], change=found["ciede2000"] - before[1], trust=trust)
        return [rgb for method, (rgb, _) in made.items() if method.startswith("reference")]

    def try_class(self, region: Region, other: Region) -> list[Tensor]:
        """One region with another of its class as reference, at each weight, without and with both outlined."""
        session = Session(region.photo, self.setup.model, device=self.setup.device)
        automatic = session.colorize(dials=Dials(vividness=self.setup.vividness)).rgb
        reference: Reference = see_reference(other.photo, session.device.type, self.setup.matcher)
        asked = _mean_ab(other.photo.rgb, other.inside)
        before = _inside(automatic, region)
        pictures = [other.photo.rgb, automatic]
        for kind, take in ((CLASS, Take(reference)), (MARKED, Take(reference, other.lasso(), region.lasso()))):
            for method, (rgb, trust) in self._made(session, automatic, take).items():
                error = _inside(rgb, region)
                followed = None if float(asked.norm()) < COLORED else float(_hue_apart(_mean_ab(rgb, region.inside), asked) <= NEAR)
                self._add(kind, method, {"ciede2000": error}, change=error - before, hue_near=followed, trust=trust)
            pictures.append(rgb)
        return [*pictures, region.photo.rgb]

    def _made(self, session: Session, automatic: Tensor, take: Take) -> dict[str, tuple[Tensor, float | None]]:
        """By method the picture and its mean trust: automatic, and with the reference at each weight."""
        made: dict[str, tuple[Tensor, float | None]] = {"automatic": (automatic, None)}
        for weight in self.setup.weights:
            taken = take_colors(session, [take], weight=weight, vividness=self.setup.vividness)
            rgb = session.colorize(taken.guidance, Dials(vividness=self.setup.vividness)).rgb
            made[f"reference, weight {weight:g}"] = rgb, float(taken.trust.mean())
        return made

    def _add(self, kind: str, method: str, found: Mapping[str, float], **more: float | None) -> None:
        for name, value in (*found.items(), *more.items()):
            if value is not None:
                self.numbers[kind, method][name].append(value)

    def scores(self) -> list[ReferenceScore]:
        """In the order in which they came."""
        scores = []
        for (kind, method), numbers in self.numbers.items():
            mean = {name: round(statistics.fmean(values), 4) for name, values in numbers.items()}
            scores.append(
                ReferenceScore(
                    reference=kind,
                    method=method,
                    n=len(numbers["ciede2000"]),
                    ciede2000=mean["ciede2000"],
                    ciede2000_change=mean["change"],
                    ciede2000_change_se=_error(numbers["change"]),
                    psnr_gain=mean.get("psnr_gain"),
                    psnr_gain_se=_error(numbers.get("psnr_gain", [])),
                    hue_near=mean.get("hue_near"),
                    hue_n=len(numbers["hue_near"]) if "hue_near" in numbers else None,
                    trust=mean.get("trust"),
                    protocol=self.setup.protocol(),
                )
            )
        return scores


def _error(values: Sequence[float]) -> float | None:
    return round(statistics.stdev(values) / math.sqrt(len(values)), 4) if len(values) > 1 else None


def _float(rgb: Tensor) -> Tensor:
    return rgb[None].float() / 255


def _mean_ab(rgb: Tensor, inside: Any) -> Tensor:
    """Mean a and b of the pixels of a mask, (2,)."""
    return rgb_to_lab(_float(rgb))[0, 1:, torch.from_numpy(inside)].mean(1)


def _inside(rgb: Tensor, region: Region) -> float:
    """Mean CIEDE2000 to the truth inside the region."""
    mask = torch.from_numpy(region.inside)
    return float(delta_e(rgb_to_lab(_float(rgb)), rgb_to_lab(_float(region.photo.rgb)))[..., mask].mean())


def _hue_apart(a: Tensor, b: Tensor) -> float:
    """Degrees between the hues of two ab, 0 to 180."""
    apart = math.degrees(float(torch.atan2(a[1], a[0]) - torch.atan2(b[1], b[0]))) % 360
    return min(apart, 360 - apart)


def reference_table(scores: Sequence[ReferenceScore]) -> str:
    """The scores as text and the protocol below."""
    records = [asdict(score) for score in scores]
    columns = [c for c in COLUMNS if any(r[c] is not None for r in records)]
    return format_table(columns, [[r[c] for c in columns] for r in records]) + "\n" + scores[0].protocol
