"""The numbers of a comparison: what they are called, which way is better, and how sure a mean, a ratio and a difference
are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """How a number is called and read."""

    title: str
    unit: str
    better: int  # 1: higher is better, -1: lower, 0: neither
    digits: int  # behind the point, where it is shown


METRICS = {
    "psnr": Metric("PSNR", "dB", 1, 2),
    "ssim": Metric("SSIM", "", 1, 4),
    "lpips": Metric("LPIPS", "", -1, 4),
    "ciede2000": Metric("CIEDE2000", "", -1, 2),
    "hue-ciede2000": Metric("CIEDE2000, chroma matched", "", -1, 2),
    "bleeding": Metric("bleeding", "Lab units", 0, 2),
    "colorfulness": Metric("colorfulness", "", 0, 1),
    "colorfulness-absolute": Metric("colorfulness of absolutes", "", 0, 1),
    "size-change": Metric("change with size", "", -1, 2),
}
SIZE_CHANGE = "size-change"  # measured where the setup has sizes
SETS = {  # of all pictures of a model at once
    "frechet": Metric("Fréchet (DINOv2)", "", -1, 1),
    "hue-frechet": Metric("Fréchet, chroma matched", "", -1, 1),
    "kid": Metric("KID (DINOv2)", "", -1, 4),
}
COLORFUL = ("colorfulness", "colorfulness-absolute")  # read beside the truth's
TESTABLE = 6  # photos: of fewer, the rank test's p is above 0.05 whatever they say


@dataclass(frozen=True)
class Paired:
    """The differences of two sets of numbers of the same photos."""

    n: int
    difference: float  # mean of the first minus the second
    se: float  # standard error of that mean; nan of a single photo
    wins: int  # photos on which the first is better
    ties: int
    p: float | None  # of the two-sided Wilcoxon signed-rank test

    def sentence(self, baseline: str, metric: Metric) -> str:
        """Such as "better than levin2004 by 1.2 ± 0.1 dB, wins 22 of 24 (p < 0.0001)"."""
        size = f"{abs(self.difference):.{metric.digits}f}" + (
            "" if math.isnan(self.se) else f" ± {self.se:.{metric.digits}f}"
        )
        by = f"{size} {metric.unit or metric.title}, wins {self.wins} of {self.n}" + (
            f", {self.ties} alike" if self.ties else ""
        )
        if self.ties == self.n:
            return f"the same as {baseline} on all {self.n}"
        ahead, more = self.difference * metric.better > 0, self.wins - (self.n - self.wins - self.ties)
        if self.p is None or self.n < TESTABLE:
            return f"{'ahead of' if ahead else 'behind'} {baseline} by {by}; too few photos to be sure"
        # the second: few large differences against many small ones
        if self.p >= 0.05 or more * (1 if ahead else -1) < 0:
            return f"no clear difference to {baseline}: {'ahead' if ahead else 'behind'} by {by} (p = {self.p:.2f})"
        return (
            f"{'better' if ahead else 'worse'} than {baseline} by {by} "
            f"({f'p = {self.p:.4f}' if self.p >= 1e-4 else 'p < 0.0001'})"
        )


def paired(first: Sequence[float], second: Sequence[float], better: int = 1) -> Paired:
    """Compare two sets of numbers of the same photos. better: 1 where higher is better, -1 where lower."""
    from scipy.stats import wilcoxon

    d = np.asarray(first, float) - np.asarray(second, float)
    ties = int((d == 0).sum())
    p = None if len(d) < 2 else 1.0 if ties == len(d) else float(wilcoxon(d).pvalue)
    difference, se = mean_and_error(d)
    return Paired(len(d), difference, se, int((d * better > 0).sum()), ties, p)


def mean_and_error(values: Floats) -> tuple[float, float]:
    """Mean and its standard error over the numbers that are there; nan where there are too few."""
    values = values[np.isfinite(values)]
    mean = float(values.mean()) if len(values) else math.nan
    return mean, float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan


def ratio_and_error(x: Floats, y: Floats) -> tuple[float, float]:
    """Ratio of the means of x and y, and its standard error to first order (the
    delta method; Cochran 1977, eq. 6.13).
    """
    if not len(x):
        return math.nan, math.nan
    below = max(float(y.mean()), 1e-3)
    ratio = float(x.mean()) / below
    return ratio, mean_and_error(x - ratio * y)[1] / below
