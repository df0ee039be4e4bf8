"""What a comparison found: means, differences paired by photo, their errors, pictures. Numbers are rounded where they
are shown, nowhere else.
"""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from toolkit.guidance import MAX_HINTS
from toolkit.measure.compare.measures import (
    COLORFUL,
    METRICS,
    SETS,
    SIZE_CHANGE,
    Floats,
    mean_and_error,
    paired,
    ratio_and_error,
)
from toolkit.measure.protocols import CEILING, PROTOCOLS, revealed

GRAY, TRUTH = "gray", "truth"
Key = tuple[int, str, int]  # the photo's number from 0, model, number of hints


@dataclass(frozen=True)
class CompareSetup:
    """What is measured, and how. Raises ValueError for invalid values.

    hints: numbers of hints; with any above 0 photos are the squares of `protocol`, else they get a short side of `size`
    px. vividness: of models whose name says none; None: 0.5, and 0 with hints. limit: only the first so many photos.
    keep: so many photos' pictures. sizes: working sizes of our models, two or more, between which colors should not
    change.
    """

    hints: tuple[int, ...] = (0,)
    metrics: tuple[str, ...] = ("psnr", "ssim", "lpips", "ciede2000", "colorfulness")
    baseline: str = GRAY
    size: int = 256
    limit: int | None = None
    protocol: str = "icolorit"
    vividness: float | None = None
    seed: int = 0  # of models that draw
    hint_seed: int = 1234  # of the places where hints are
    device: str = "auto"
    keep: int = 24
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "hints", tuple(sorted({int(n) for n in self.hints})))
        # PSNR is what everything is sorted and tested by
        asked = ("psnr", *self.metrics, *([SIZE_CHANGE] if self.sizes else ()))
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(asked)))
        known = [*METRICS, *SETS]
        if unknown := [name for name in self.metrics if name not in known]:
            raise ValueError(f"There is no metric {unknown[0]!r}; choose from {', '.join(known)}.")
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"There is no protocol {self.protocol!r}; choose from {', '.join(PROTOCOLS)}.")
        if not self.hints or not all(0 <= n <= MAX_HINTS for n in self.hints):
            raise ValueError(
                f"The number of hints must be from 0 to {MAX_HINTS:,}; got "
                f"{', '.join(map(str, self.hints)) or 'an empty list'}."
            )
        if (SIZE_CHANGE in self.metrics or self.sizes) and (len(self.sizes) < 2 or min(self.sizes) < 32):
            raise ValueError(
                "Colors are compared between two or more working sizes from 32 px on; give some, such as 192 and 256."
            )
        if self.size < 32 or (self.limit is not None and self.limit < 1) or self.keep < 0:
            raise ValueError(
                f"The size is at least 32 px and the limit at least 1 photo, not {self.size} and {self.limit}."
            )

    @property
    def hinted(self) -> bool:
        """Whether anybody gives hints."""
        return any(self.hints)

    @property
    def liveliness(self) -> float:
        """The vividness of models whose name says none."""
        return self.vividness if self.vividness is not None else 0.0 if self.hinted else 0.5

    @property
    def by_features(self) -> bool:
        """Whether whole sets of pictures are compared."""
        return any(name in SETS for name in self.metrics)

    def sentence(self) -> str:
        """The protocol in a few sentences."""
        photos = (
            revealed(self.protocol, self.hint_seed)
            if self.hinted
            else f"Photos resized to a short side of {self.size} px, no hints"
        )
        floor = f", PSNR of each photo at most {CEILING:g} dB" if self.hinted else ""
        return (
            f"{photos}; L kept, ab from each model at its own working size, gamut mapped at constant L, 8-bit RGB "
            f"against 8-bit truth as floats in [0, 1]{floor}, mean over photos ± its standard error; vividness "
            f"{self.liveliness:g} unless a name says another (@), seed {self.seed}. Differences are paired by photo, p "
            "by the two-sided Wilcoxon signed-rank test, not corrected for how many there are. "
            f"{self._of_sizes()}Seconds: median over photos; memory: the largest rise of the process above what it "
            "held before, weights loaded."
        )

    def _of_sizes(self) -> str:
        return (
            f"Change with size: mean CIEDE2000 between the results at {', '.join(map(str, self.sizes))} px. "
            if self.sizes
            else ""
        )


@dataclass(frozen=True)
class Record:
    """One model on one photo with one number of hints."""

    photo: int  # number from 0
    name: str  # of the photo
    model: str
    hints: int
    # by metric; also colorfulness of the truth, seconds, memory
    numbers: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None  # why there are no numbers, in a sentence
    digest: str = ""  # of the true photo's pixels

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.photo, self.model, self.hints


@dataclass(frozen=True, eq=False)
class Results:
    """All that was measured, as tables and sentences; `Comparison` draws and writes it, too."""

    setup: CompareSetup
    models: tuple[str, ...]  # in the order of the table
    records: tuple[Record, ...]
    pictures: Mapping[Key, Tensor]  # uint8 (3, H, W) of the photos that are kept; (photo, "truth", 0) is the truth
    skipped: tuple[str, ...] = ()  # photos left out, and why
    partial: bool = False  # it was stopped before the end
    # (2, D) for metrics of whole sets, as for pictures: plain, and chroma matched
    features: Mapping[Key, Tensor] = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a model and number of hints: n, failed, mean and standard error of each metric, seconds and memory, and
        the reason of a failure.
        """
        groups = self._groups()
        return pd.DataFrame(
            [
                self._row(model, count, groups.get((model, count), []))
                for model in self.models
                for count in self.setup.hints
            ]
        )

    @cached_property
    def photos(self) -> pd.DataFrame:
        """A row a photo, model and number of hints."""
        plain = [
            {"photo": r.photo, "name": r.name, "model": r.model, "hints": r.hints, **r.numbers, "error": r.error}
            for r in self.records
        ]
        return pd.DataFrame(plain)

    @property
    def protocol(self) -> str:
        """How it was measured, in a few sentences."""
        return self.setup.sentence() + (
            " Not finished: the table is of the photos that every model has been tried on." if self.partial else ""
        )

    def names(self) -> dict[int, str]:
        """The photos' names by their numbers."""
        return {record.photo: record.name for record in self.records}

    def picture(self, photo: int, model: str, hints: int = 0) -> Tensor | None:
        """One result, uint8 (3, H, W), or with model "truth" the true photo; None where it failed or was not kept."""
        return self.pictures.get((photo, model, 0 if model == TRUTH else hints))

    def versus(self, baseline: str | None = None, metric: str = "psnr") -> pd.DataFrame:
        """Differences to a baseline (None: the setup's), paired by photo: a row a model and number of hints.

        n, difference (model minus baseline), its standard error, wins, ties, p of the two-sided Wilcoxon signed-rank
        test (None below two photos), and the sentence that says it. Raises ValueError for a baseline or metric that was
        not measured.
        """
        baseline, about = baseline or self.setup.baseline, METRICS.get(metric)
        if baseline not in self.models:
            raise ValueError(f"The baseline {baseline!r} was not measured; choose from {', '.join(self.models)}.")
        if about is None or about.better == 0 or metric not in self.setup.metrics:
            measured = [name for name in self.setup.metrics if name in METRICS and METRICS[name].better]
            raise ValueError(f"There is nothing to win by {metric!r}; choose from {', '.join(measured)}.")
        groups, rows = self._groups(), []
        for count in self.setup.hints:
            base = _by_photo(groups.get((baseline, count), []), metric)
            for model in self.models:
                own = _by_photo(groups.get((model, count), []), metric)
                both = sorted(base.keys() & own.keys())
                if model != baseline and both:
                    found = paired([own[i] for i in both], [base[i] for i in both], about.better)
                    hints = f", {count} hint{'' if count == 1 else 's'}" if self.setup.hinted else ""
                    said = f"{model}{hints}: {found.sentence(baseline, about)}"
                    rows.append(
                        {
                            "model": model,
                            "hints": count,
                            "metric": metric,
                            "baseline": baseline,
                            **found.__dict__,
                            "sentence": said,
                        }
                    )
        return pd.DataFrame(
            rows,
            columns=["model", "hints", "metric", "baseline", "n", "difference", "se", "wins", "ties", "p", "sentence"],
        )

    def sentences(self, baseline: str | None = None, metric: str = "psnr") -> list[str]:
        """What `versus` found, in words."""
        return [str(sentence) for sentence in self.versus(baseline, metric)["sentence"]]

    def _groups(self) -> dict[tuple[str, int], list[Record]]:
        """Records by model and number of hints, of the photos that everybody has been tried on."""
        tried: dict[int, int] = {}
        for record in self.records:
            tried[record.photo] = tried.get(record.photo, 0) + 1
        groups: dict[tuple[str, int], list[Record]] = {}
        for record in self.records:
            if tried[record.photo] == len(self.models) * len(self.setup.hints):
                groups.setdefault((record.model, record.hints), []).append(record)
        return groups

    def _row(self, model: str, count: int, records: Sequence[Record]) -> dict[str, Any]:
        good = [record for record in records if record.error is None]
        row: dict[str, Any] = {"model": model, "hints": count, "n": len(good), "failed": len(records) - len(good)}

        def values(name: str) -> Floats:
            return np.array([record.numbers.get(name, math.nan) for record in good], float)

        for name in self.setup.metrics:
            if name in METRICS:
                row |= _with_error(name, mean_and_error(values(name)))
            if name in COLORFUL:
                own, true = values(name), values(f"true_{name}")
                row |= _with_error(f"{name}_ratio", ratio_and_error(own, true))
                row |= _with_error(f"{name}_difference", mean_and_error(own - true))  # as a table of means has it
                # too much here does not make up for too little there
                row |= _with_error(f"{name}_distance", mean_and_error(abs(own - true)))
        row |= self._of_sets([record.key for record in good])
        for name, of in (("looking", np.median), ("painting", np.median), ("peak_mb", np.max)):
            row[name] = float(of(values(name))) if good else math.nan
        row["reason"] = next((record.error for record in records if record.error), None)
        return row

    def _of_sets(self, keys: Sequence[Key]) -> dict[str, float]:
        """The metrics of whole sets; what warns of few photos is in `notes`."""
        from toolkit.measure.metrics import FewPhotos
        from toolkit.measure.set_metrics import frechet, kid

        row: dict[str, float] = {}
        # (n, 2, D)
        own = (
            torch.stack([self.features[key] for key in keys])
            if keys and self.setup.by_features
            else torch.empty(0, 2, 1)
        )
        true = torch.stack([self.features[key[0], TRUTH, 0] for key in keys]) if len(own) else own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FewPhotos)
            for name in self.setup.metrics:
                if name in ("frechet", "hue-frechet"):
                    which = int(name == "hue-frechet")
                    row[name] = frechet(own[:, which], true[:, which]) if len(own) > 1 else math.nan
                elif name == "kid":
                    value, _, error = kid(own[:, 0], true[:, 0]) if len(own) > 1 else (math.nan, math.nan, None)
                    row |= _with_error(name, (value, math.nan if error is None else error))
        return row

    def notes(self) -> list[str]:
        """What a reader must know beside the table: few photos, failures, photos left out."""
        from toolkit.measure.metrics import ENOUGH_FOR_ERRORS, few
        from toolkit.measure.set_metrics import ENOUGH, SUBSET

        n = int(self.table["n"].max())
        found = [few("standard errors", n, ENOUGH_FOR_ERRORS, "they may be far off") if n else None]
        if {"frechet", "hue-frechet"} & set(self.setup.metrics):
            found.append(few("a Fréchet distance", n, ENOUGH, "it comes out too large, so compare at equal n only"))
        if "kid" in self.setup.metrics:
            found.append(few("KID", n, SUBSET, "its subsets are smaller than the paper's and it is less sure"))
        failed = (
            self.table[self.table["failed"] > 0].groupby("model", sort=False).agg({"failed": "max", "reason": "first"})
        )
        found += [
            f"{model} failed on {int(row['failed'])} of {self.tried()} photos: {row['reason']}"
            for model, row in failed.iterrows()
        ]
        if (failed["failed"] < self.tried()).any():
            found.append(
                "Where n differs, means are over different photos; differences to the baseline are of the photos that "
                "both have."
            )
        found += [f"Left out: {line}" for line in self.skipped]
        return [line for line in found if line]

    def tried(self) -> int:
        """How many photos every model has been tried on."""
        return max((len(records) for records in self._groups().values()), default=0)


def _with_error(name: str, found: tuple[float, float]) -> dict[str, float]:
    return {name: found[0], f"{name}_se": found[1]}


def _by_photo(records: Iterable[Record], metric: str) -> dict[int, float]:
    return {record.photo: record.numbers[metric] for record in records if metric in record.numbers}
