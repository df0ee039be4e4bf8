"""Which part of a region is meant: "the left one", "the second dog", "the largest"."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from toolkit.controls.fields import Field, Mask, coordinates, keep, split
from toolkit.text.grammar.parser import Place

LEAST_TO_COUNT = 0.12  # share of the largest from which on a part is one of several things
WIDE = 0.5  # share of the photo's side from which on "the left one" of a single part means its left half
# of the photo's side; of the highest; of the largest: things in a row are of a kind
SMOOTH, VALLEY, LEAST_OF_ROW = 0.012, 0.1, 0.3


def side_of_picture(shape: tuple[int, int], side: str) -> Field:
    """One half of the picture as a field; "middle": its middle third each way."""
    y, x = coordinates(shape)
    planes = {"left": -x, "right": x, "top": -y, "bottom": y, "middle": np.float32(1 / 3) - np.maximum(abs(x), abs(y))}
    return np.asarray(planes[side].clip(-0.5, 0.5), dtype=np.float32)


def choose(field: Field, place: Place) -> tuple[Field, str | None]:
    """The parts of a cleaned field that a place means, and the key of a phrase to tell the person if it could not be
    followed exactly.

    An order that is too high ("the fifth dog" of three) gives an empty field and the phrase "only so many".
    """
    parts = split(field)
    if not parts:
        return field, None
    # a speck on the right is not "the right dog"
    parts = [part for part in parts if part.sum() >= LEAST_TO_COUNT * parts[0].sum()]
    if place.order is not None:
        start = place.counted_from
        wanted = place.order if place.order < 0 else place.order - 1
        ordered = sorted(_single(field, parts, int(start in ("left", "right"))), key=lambda part: _along(part, start))
        if not -len(ordered) <= wanted < len(ordered):
            return keep(field, []), "only so many"
        return keep(field, [ordered[wanted]]), None
    if place.largest is not None:
        if len(parts) == 1:
            return field, "only one"
        return keep(field, [parts[0] if place.largest else parts[-1]]), None
    if place.side is None:
        return field, None
    if place.side in ("foreground", "background"):
        if len(parts) == 1:
            return field, "only one"
        # who stands nearest reaches lowest
        front = max(range(len(parts)), key=lambda i: (int(np.flatnonzero(parts[i].any(1))[-1]), -i))
        others = [part for i, part in enumerate(parts) if i != front]
        return keep(field, [parts[front]] if place.side == "foreground" else others), None
    if place.side == "middle":
        y, x = coordinates((field.shape[0], field.shape[1]))
        return keep(field, [min(parts, key=lambda part: float(np.hypot(y[part].mean(), x[part].mean())))]), None
    side = place.side
    parts = _single(field, parts, int(side in ("left", "right")))
    if len(parts) > 1:
        return keep(field, [min(parts, key=lambda part: _along(part, side))]), None
    return _half(field, parts[0], side)


def _along(part: Mask, start: str) -> float:
    """How far a part lies from one side of the photo."""
    rows, columns = np.nonzero(part)
    return float({"left": columns, "right": -columns, "top": rows, "bottom": -rows}[start].mean())


def _half(field: Field, part: Mask, side: str) -> tuple[Field, str]:
    axis = 1 if side in ("left", "right") else 0
    places = np.flatnonzero(part.any(1 - axis))
    first, last = int(places[0]), int(places[-1])
    if last - first < WIDE * field.shape[axis]:
        return field, "only one"
    ramp = ((first + last) / 2 - np.arange(field.shape[axis])) * (1 if side in ("left", "top") else -1) * 0.1
    return np.minimum(field, np.expand_dims(ramp, 1 - axis)).astype(np.float32), "one side"


def _single(field: Field, parts: list[Mask], axis: int) -> list[Mask]:
    """Parts in which several things touch, such as people in a row, cut where the row is lowest between them; along x
    (axis 1) or y (axis 0).
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    single: list[Mask] = []
    for part in parts:
        profile = gaussian_filter1d(part.sum(1 - axis).astype(float), SMOOTH * field.shape[axis])
        peaks, _ = find_peaks(np.pad(profile, 1), prominence=VALLEY * profile.max())
        cuts = [a + int(profile[a:b].argmin()) for a, b in pairwise(peaks - 1)]
        places = np.arange(field.shape[axis])
        pieces = [
            part & np.expand_dims((places >= a) & (places < b), 1 - axis) for a, b in pairwise([0, *cuts, len(places)])
        ]
        sizes = [int(piece.sum()) for piece in pieces]
        single += pieces if min(sizes) > LEAST_OF_ROW * max(sizes) else [part]
    return single
