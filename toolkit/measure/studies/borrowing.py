"""Does a reference help where it corresponds to the photo, do no harm where it does not, and is it obeyed where it is
meant?

    print(measure("borrowing", ["val.tar"], Setup(words="photos.jsonl.gz", regions="regions-val.tar")).text())

Photos whose colors are known are colored with four kinds of references: with themselves, mirrored and cropped (what is
there to be had at best); with another photo of their source that shares words; with a photo that has nothing to do with
them; and, region by region, with another thing of the same class. The last is not about truth: a red car as the
reference for a car asks for red.
"""

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from toolkit.color import delta_e, rgb_to_lab
from toolkit.controls.reference import Take, see_reference, take_colors
from toolkit.controls.transfer import transfer
from toolkit.measure import metrics
from toolkit.measure.photos import find_photos, floats, open_truths
from toolkit.measure.regions import LARGEST, SMALLEST, Region, open_regions
from toolkit.measure.studies import Told, option
from toolkit.measure.tables import Column, Row, hidden
from toolkit.models.base import Dials
from toolkit.models.cards import default_model
from toolkit.models.matcher import Matcher, read_matcher
from toolkit.photo import Photo
from toolkit.pipeline import Result, Session

if TYPE_CHECKING:
    import pandas as pd

CROP = 0.75  # of each side of a photo that is its own reference
ITSELF = "itself, mirrored and cropped"
SAME = "same source and words"
UNRELATED = "unrelated"
CLASS = "same class"
MARKED = "same class, marked"
COLORED = 10.0  # Lab units of chroma from which on a reference's region has a hue
NEAR = 25.0  # degrees of hue that count as followed
CLASSICAL = ("reinhard", "transport")
Words = Mapping[str, frozenset[str]]  # of each photo, by its name
Made = dict[str, tuple[Tensor, float | None]]  # by method a picture and its mean trust
SIZE = 256  # px, short side of the photos that are compared

by = ("reference", "method")
sheet_rows = 24  # photos
food = "a folder or a tar of color photos, or a tar of labelled photos with --regions"
examples = (
    "val.tar --words photos.jsonl.gz --regions regions-val.tar --json reference.json",
    "photos/ --limit 40 --sheet sheet.png",
    "--regions regions-val.tar --weights 1     # only class to class, the dial at full",
)
CHANGE = Column("ciede2000_change", "change", 2, sign=True, error=True)
columns = (
    Column("reference", "the reference is"),
    Column("method", ""),
    Column("n", "n"),
    Column("psnr_gain", "PSNR gain, dB", 2, sign=True, error=True),
    Column("ciede2000", "CIEDE2000", 2),
    replace(CHANGE, show=lambda row: "" if row["method"] == "automatic" else CHANGE.cell(row)),
    Column(
        "hue_near",
        "hue followed",
        show=lambda row: "" if row.get("hue_near") is None else f"{row['hue_near']:.0%} of {row['hue_n']}",
    ),
    Column("hue_n", "of", show=hidden),
    Column("trust", "trust", 3),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    model: str = option(default_model, "a name from `models`")
    limit: int | None = option(None, "only so many photos, and regions, evenly spread")
    words: str | None = option(None, "labels of the photos: JSON lines with name and words, plain or .gz")
    regions: str | None = option(None, "a tar of photos NAME.webp with labels NAME.png, and classes.json")
    matcher: str | None = option(
        None, "other weights of the matcher: the checkpoint.safetensors that `train matcher` writes"
    )
    weights: tuple[float, ...] = option((0.5, 1.0), "of the reference, 0 to 1")
    vividness: float = option(0.0, "0 safe and dull to 1 lively")
    no_classical: bool = option(False, "leave classical color transfer out")
    seed: int = option(1234, "for crops, strangers and partners")
    device: str = option("auto", "auto, cpu, cuda or mps")


def protocol(setup: Setup) -> str:
    """How it is measured, in a sentence."""
    return (
        f"{setup.model} at vividness {setup.vividness:g}, photos of a short side of {SIZE} px, L kept, 8-bit RGB "
        "against 8-bit truth; gain and change: against the automatic result of the same model for the same photo, mean "
        f"± standard error; itself: mirrored, a random {CROP:.0%} of each side; same source and words: the photo of "
        "the same folder with the largest share of common words; unrelated: another folder, no common word, by lot, "
        f"seed {setup.seed}; same class: regions of {SMALLEST:.0%} to {LARGEST:.0%} of the photo, another photo's "
        "region of that class by lot, CIEDE2000 inside the region; hue near: share of pairs in which the hue of the "
        f"region's mean ab is within {NEAR:g} degrees of the reference region's, where that has a chroma of "
        f"{COLORED:g} or more; marked: both regions outlined."
    )


def read_words(file: str | Path) -> Words:
    """Labels of photos from JSON lines with "name" and "words", plain or .gz. Raises ValueError."""
    try:
        raw = Path(file).read_bytes()
        lines = (gzip.decompress(raw) if str(file).endswith(".gz") else raw).decode().splitlines()
        records = [json.loads(line) for line in lines]
        return {record["name"]: frozenset(record.get("words", ())) for record in records}
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        raise ValueError(f"{file} holds no words of photos; give JSON lines with a name and words.") from None


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row a photo, kind of reference and method: first of the photos, then of the labelled regions."""
    trial = _Trial(setup)
    words = read_words(setup.words) if setup.words else {}
    photos = list(open_truths(find_photos(source), SIZE, told.skipped))
    regions = list(open_regions(setup.regions, told.skipped, setup.limit)) if setup.regions else []
    alike = False
    # evenly spread, as tars are often sorted by where their photos come from
    n = min(setup.limit or len(photos), len(photos))
    for done, number in enumerate(i * len(photos) // n for i in range(n)):
        photo = photos[number]
        session = Session(photo, setup.model, device=setup.device)
        automatic = session.colorize(dials=Dials(vividness=setup.vividness))
        for kind, other in _references(photos, number, setup.seed, words):
            alike = alike or kind == SAME
            made = trial.under(session, automatic, other)
            yield from _compared(photo, automatic, kind, made)
            if kind == SAME and (done + 1) * told.keep // n > len(told.pictures):
                pictures = [
                    (method.removeprefix("reference, "), rgb)
                    for method, (rgb, _) in made.items()
                    if method not in CLASSICAL
                ]
                told.show([("reference", other.rgb), *pictures, ("truth", photo.rgb)])
        told.done(done + 1, n + len(regions))
    if photos and not alike:
        told.skipped.append(
            "no photo shares words with another of its folder; name their words with --words to measure that too"
        )
    if regions and len({region.label for region in regions}) == len(regions):
        told.skipped.append("no class has two regions; give a tar with more labelled photos")
    for number, region in enumerate(regions):
        rng = np.random.default_rng((setup.seed, number))
        others = [other for other in regions if other.label == region.label and other is not region]
        if others:
            # a sheet is of one kind
            yield from trial.of_class(region, others[int(rng.integers(len(others)))], Told() if alike else told)
        told.done(n + number + 1, n + len(regions))


def _references(photos: Sequence[Photo], number: int, seed: int, words: Words) -> Iterator[tuple[str, Photo]]:
    """The references of a photo, by kind; without words SAME is left out."""
    photo = photos[number]
    rng = np.random.default_rng((seed, number))
    h, w = round(CROP * photo.height), round(CROP * photo.width)
    y, x = int(rng.integers(photo.height - h + 1)), int(rng.integers(photo.width - w + 1))
    yield ITSELF, Photo(photo.rgb[:, y : y + h, x : x + w].flip(-1).contiguous(), photo.name, "color")
    mine = words.get(photo.name, frozenset())
    alike = [
        (_jaccard(mine, words.get(p.name, frozenset())), -i)
        for i, p in enumerate(photos)
        if p is not photo and _folder(p) == _folder(photo)
    ]
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


def more(frame: "pd.DataFrame") -> Row:
    """Of how many pairs the hue is known."""
    return {"hue_n": int(frame["hue_near"].count()) if "hue_near" in frame else None}


def _compared(photo: Photo, automatic: Result, kind: str, made: Made) -> Iterator[Row]:
    """How near to the truth each method comes, and how much nearer than the automatic result."""
    truth, base = floats(photo.rgb), floats(automatic.rgb)
    before = float(metrics.psnr(base, truth)), float(metrics.ciede2000(base, truth))
    for method, (rgb, trust) in made.items():
        psnr, error = float(metrics.psnr(floats(rgb), truth)), float(metrics.ciede2000(floats(rgb), truth))
        row = {"reference": kind, "method": method, "ciede2000": error, "ciede2000_change": error - before[1]}
        yield row | {"psnr_gain": psnr - before[0], "trust": trust}


class _Trial:
    """Photos and regions under references."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.matcher: Matcher | None = read_matcher(str(Path(setup.matcher).absolute())) if setup.matcher else None

    def under(self, session: Session, automatic: Result, other: Photo) -> Made:
        """A photo under one reference, by every method."""
        made = self._made(session, automatic.rgb, Take(see_reference(other, session.device.type, self.matcher)))
        if not self.setup.no_classical:
            colored = Photo(automatic.rgb, session.photo.name, "color")
            made |= {method: (transfer(colored, other, method), None) for method in CLASSICAL}
        return made

    def of_class(self, region: Region, other: Region, told: Told) -> Iterator[Row]:
        """A region with another of its class as reference, without and with both outlined."""
        session = Session(region.photo, self.setup.model, device=self.setup.device)
        automatic = session.colorize(dials=Dials(vividness=self.setup.vividness)).rgb
        reference = see_reference(other.photo, session.device.type, self.matcher)
        asked = _mean_ab(other.photo.rgb, other.inside)
        before = _inside(automatic, region)
        pictures = [("reference", other.photo.rgb), ("automatic", automatic)]
        for kind, title, take in (
            (CLASS, "unmarked", Take(reference)),
            (MARKED, "marked", Take(reference, other.lasso(), region.lasso())),
        ):
            for method, (rgb, trust) in self._made(session, automatic, take).items():
                error = _inside(rgb, region)
                row = {
                    "reference": kind,
                    "method": method,
                    "ciede2000": error,
                    "ciede2000_change": error - before,
                    "trust": trust,
                }
                if float(asked.norm()) >= COLORED:
                    row["hue_near"] = float(_hue_apart(_mean_ab(rgb, region.inside), asked) <= NEAR)
                yield row
            pictures.append((title, rgb))
        told.show([*pictures, ("truth", region.photo.rgb)])

    def _made(self, session: Session, automatic: Tensor, take: Take) -> Made:
        """The automatic result, and the one with the reference at each weight."""
        made: Made = {"automatic": (automatic, None)}
        for weight in self.setup.weights:
            taken = take_colors(session, [take], weight=weight, vividness=self.setup.vividness)
            rgb = session.colorize(taken.guidance, Dials(vividness=self.setup.vividness)).rgb
            made[f"reference, weight {weight:g}"] = rgb, float(taken.trust.mean())
        return made


def _mean_ab(rgb: Tensor, inside: Any) -> Tensor:
    """Mean a and b of the pixels of a mask, (2,)."""
    return rgb_to_lab(floats(rgb))[0, 1:, torch.from_numpy(inside)].mean(1)


def _inside(rgb: Tensor, region: Region) -> float:
    """Mean CIEDE2000 to the truth inside the region."""
    mask = torch.from_numpy(region.inside)
    return float(delta_e(rgb_to_lab(floats(rgb)), rgb_to_lab(floats(region.photo.rgb)))[..., mask].mean())


def _hue_apart(a: Tensor, b: Tensor) -> float:
    """Degrees between the hues of two ab, 0 to 180."""
    apart = math.degrees(float(torch.atan2(a[1], a[0]) - torch.atan2(b[1], b[0]))) % 360
    return min(apart, 360 - apart)
