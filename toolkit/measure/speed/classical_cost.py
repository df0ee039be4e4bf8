"""What the classical models cost and how near they come, at full size: `levin2004` solves every pixel, the others a
small copy that is lifted.

Photos of one size, points of the true color at random places, all methods one after the other on the same photo in one
run, so that a busy machine slows them alike. A point has the share of the photo that it has in iColoriT's protocol, 2
of 224 px.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.measure.metrics import psnr
from toolkit.measure.speed.tables import cost_table
from toolkit.measure.tables import text_table
from toolkit.models.classical import levin2004
from toolkit.models.variational import levin_fast, variational
from toolkit.photo import Photo, open_photo
from toolkit.photo.sizes import shrink

METHODS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "levin2004": levin2004,
    "levin_fast": levin_fast,
    "variational": variational,
}
POINT = 2 / 224  # of the short side


def measure_classical(
    photos: Sequence[str | Path], megapixels: float = 1.0, hints: int = 100, seed: int = 0
) -> dict[str, Any]:
    """Seconds and PSNR of each method on color photos brought to one size, with so many points of their true color,
    from a seed.

    {"megapixels", "hints", "photos", "methods": [{"method", "seconds" (median over photos), "times_faster" (median of
    the ratios to levin2004 on the same photo), "psnr" (dB, mean), "gain" (dB above levin2004, mean), "least_gain"}]}.
    Raises PhotoError.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    # what a first call loads is not its cost
    _score(levin_fast, *_problem(np.random.default_rng(seed), _sized(open_photo(photos[0]), 0.05), 1))
    for index, path in enumerate(photos):
        problem = _problem(np.random.default_rng((seed, index)), _sized(open_photo(path), megapixels), hints)
        for name, method in METHODS.items():
            found[name].append(_score(method, *problem))
    whole = found["levin2004"]
    rows = []
    for name, scores in found.items():
        ratios = [direct / seconds for (seconds, _), (direct, _) in zip(scores, whole, strict=True)]
        gains = [db - reference for (_, db), (_, reference) in zip(scores, whole, strict=True)]
        seconds, decibels = (statistics.median(s for s, _ in scores), statistics.fmean(db for _, db in scores))
        row = {
            "method": name,
            "seconds": round(seconds, 3),
            "times_faster": round(statistics.median(ratios), 1),
            "psnr": round(decibels, 2),
        }
        rows.append(row | {"gain": round(statistics.fmean(gains), 2), "least_gain": round(min(gains), 2)})
    return {"megapixels": megapixels, "hints": hints, "photos": len(photos), "methods": rows}


def reveal(rng: np.random.Generator, ab: Tensor, hints: int) -> tuple[Tensor, Tensor]:
    """Points of the true color: ab (1, 2, H, W) -> their ab, the mean of each square, and bool (1, 1, H, W) of where
    they are.
    """
    H, W = ab.shape[-2:]
    size = max(1, round(POINT * min(H, W)))
    given, hinted = torch.zeros_like(ab), torch.zeros_like(ab[:, :1], dtype=torch.bool)
    for x, y in zip(rng.integers(0, W - size + 1, hints), rng.integers(0, H - size + 1, hints), strict=True):
        square = slice(y, y + size), slice(x, x + size)
        given[:, :, *square] = ab[:, :, *square].mean((2, 3), keepdim=True)
        hinted[:, :, *square] = True
    return given, hinted


def _sized(photo: Photo, megapixels: float) -> Tensor:
    scale = (megapixels * 1e6 / (photo.width * photo.height)) ** 0.5
    return (
        shrink(photo, (max(1, round(photo.height * scale)), max(1, round(photo.width * scale)))).rgb[None].float() / 255
    )


def _problem(rng: np.random.Generator, rgb: Tensor, hints: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    L, ab = rgb_to_lab(rgb).split([1, 2], 1)
    return rgb, L, *reveal(rng, ab, hints)


def _score(
    method: Callable[[Tensor, Tensor, Tensor], Tensor], rgb: Tensor, L: Tensor, given: Tensor, hinted: Tensor
) -> tuple[float, float]:
    """Seconds and dB."""
    start = time.perf_counter()
    ab = method(L, given, hinted)
    seconds = time.perf_counter() - start
    return seconds, float(psnr(lab_to_rgb(torch.cat([L, ab], 1)), rgb))


def classical_text(report: dict[str, Any]) -> str:
    """The record as a table to read."""
    return text_table(*cost_table("classical", report))
