"""Does a point do what it is told, where it is told, and nowhere else?

    scores = obey(open_regions("regions-val.tar", []), "unet")
    print(obedience_table(scores))

One point in the middle of a labelled region asks for a color that is far from the automatic one. How far the region goes along is its obedience; what
the rest of the photo does is spill. The truth of the photo's colors plays no part.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import in_gamut, lab_to_rgb, rgb_to_lab, to_hex
from toolkit.guidance import Guidance, Hint
from toolkit.measure.evaluate import format_table
from toolkit.measure.labelled import LabelledPhotos
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.pipeline import Result, Session

Mask = NDArray[np.bool_]  # (H, W)

SMALLEST, LARGEST = 0.03, 0.5  # share of the photo: a region has to be seen, and there has to be something outside of it
VISIBLE = 0.01  # share of the photo from which on other places are measured
FAR = 30.0  # ab units from the automatic mean at least
ASKED = 33.0  # what is asked for, so that FAR is left when the color is rounded to 8 bits
HUES = 36  # directions that are tried
TOLERANCE = 1.5  # px that the lasso may differ from the region's outline
WHERE = ("inside", "alike", "outside")


@dataclass(frozen=True, eq=False)
class Region:
    """A photo, and the parts of it that a point in one labelled region should and should not color."""

    photo: Photo
    label: str
    inside: Mask  # the region: connected, of one class
    alike: Mask  # other places of its class: a point may or may not mean these, so they count apart
    outside: Mask  # everything of other classes and without a class

    def heart(self) -> tuple[int, int]:
        """The pixel (x, y) farthest from everything that is not the region, the photo's border included."""
        from scipy.ndimage import distance_transform_edt

        depth = distance_transform_edt(np.pad(self.inside, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        return int(x), int(y)

    def lasso(self) -> tuple[tuple[float, float], ...]:
        """The region's outer outline as a person might draw it, corners (x, y) in pixels."""
        from skimage.measure import approximate_polygon, find_contours

        outline = max(find_contours(np.pad(self.inside, 1).astype(float), 0.5), key=len) - 1
        return tuple((float(x), float(y)) for y, x in approximate_polygon(outline, TOLERANCE)[:-1])  # the last corner is the first


@dataclass(frozen=True)
class ObedienceScore:
    """One model, without or with a lasso; shares of the way to the color asked for, means over photos."""

    model: str
    lasso: bool
    measured_on: str  # "model": the ab it says; "picture": the Lab of the pixels
    n: int  # photos
    inside: float
    inside_se: float | None
    outside: float | None
    outside_se: float | None
    alike: float | None  # None: no photo has any
    alike_se: float | None
    n_alike: int
    impossible: int  # photos in which no color far enough is inside sRGB at the pixel's L
    protocol: str


def protocol(vividness: float, seed: int) -> str:
    """The protocol in one sentence."""
    return (
        f"One photo, one region: the largest connected part of one class with {SMALLEST:.0%} to {LARGEST:.0%} of the pixels; one hint of 7 px at "
        f"its pixel farthest from the border, {ASKED:g} ab units from the region's automatic mean in a direction drawn with seed {seed} (the first "
        f"from there on inside sRGB at the pixel's L), vividness {vividness:g}, the model's own size; shares: how much the mean ab moves from the "
        f"automatic result along the way from the region's automatic mean to the hint's ab, over photos ± standard error; measured on the ab that "
        f"the model says, enlarged bilinearly to the labels' size (model), and on the Lab of the 8-bit picture (picture); outside: every pixel of "
        f"another class or without one; alike: other parts of the class, from {VISIBLE:.0%} of the photo on; lasso: the region's outer outline."
    )


def open_regions(source: str | Path, skipped: list[str], limit: int | None = None) -> Iterator[Region]:
    """The regions of a tar of photos NAME.webp with labels NAME.png (0: unlabelled) and classes.json, one a photo, in the tar's order.

    limit: this many photos, evenly spread, as such tars are sorted by where their photos come from. Photos without a region of a fitting size are
    told in `skipped`. Raises ValueError for a file that is no such tar.
    """
    with LabelledPhotos(source) as labelled:
        classes = {str(value): label for value, label in labelled.classes.items()}
        n = min(limit or len(labelled.names), len(labelled.names))
        for name in (labelled.names[i * len(labelled.names) // n] for i in range(n)):
            photo = labelled.photo(name)
            region = find_region(photo, labelled.labels(name), classes)
            if region is None:
                skipped.append(f"{photo.name}: has no region of {SMALLEST:.0%} to {LARGEST:.0%} of the photo")
            else:
                yield region


def find_region(photo: Photo, labels: NDArray[np.uint8], classes: dict[str, str]) -> Region | None:
    """The largest connected part of one class that is neither too small nor too large; None where there is none.

    labels: (H, W) of the photo's size, 0 where nothing is said; classes: name by number. Raises ValueError for labels of another size.
    """
    from scipy.ndimage import label

    if labels.shape != (photo.height, photo.width):
        raise ValueError(f"The labels of {photo.name} are {labels.shape[::-1]} and the photo is {photo.size}; save them at one size.")
    best, found = 0, None
    for value in np.unique(labels[labels > 0]):
        same = labels == value
        parts, _ = label(same)
        sizes = np.bincount(parts.ravel())[1:]
        for part in np.flatnonzero((sizes > best) & (sizes >= SMALLEST * labels.size) & (sizes <= LARGEST * labels.size)):
            if sizes[part] > best:
                inside = parts == part + 1
                best, found = int(sizes[part]), Region(photo, classes.get(str(value), str(value)), inside, same & ~inside, ~same)
    return found


def far_color(mean: Tensor, L: float, rng: np.random.Generator) -> str | None:
    """A color at least 30 ab units from mean (2,) that is inside sRGB at lightness L, in a random direction; None where there is none."""
    start = rng.uniform(0, 2 * math.pi)
    angles = start + torch.arange(HUES) * (2 * math.pi / HUES)
    ab = mean + ASKED * torch.stack([angles.cos(), angles.sin()], 1)  # (HUES, 2)
    lab = torch.cat([torch.full((HUES, 1), L), ab], 1).T[..., None]  # (3, HUES, 1)
    rgb = lab_to_rgb(lab)[..., 0].T
    for color in (to_hex(rgb[i]) for i in in_gamut(lab).flatten().nonzero().flatten()):
        if float((torch.tensor(Hint(0, 0, color).ab) - mean).norm()) >= FAR:
            return color
    return None


def obey(
    regions: Iterable[Region],
    model: str,
    vividness: float = 0.0,
    seed: int = 0,
    device: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> list[ObedienceScore]:
    """Scores without and with a lasso, each measured on what the model says and on the picture.

    Raises ValueError for an unknown model or where there is nothing to measure, WeightsError for bad weights.
    """
    shares: dict[tuple[bool, str], list[dict[str, float]]] = defaultdict(list)
    impossible = 0
    for index, region in enumerate(regions):
        found = _try(Session(region.photo, model, device=device), region, vividness, np.random.default_rng((seed, index)))
        impossible += not found
        for key, share in found.items():
            shares[key].append(share)
        if progress:
            progress(index + 1)
    if not shares:
        raise ValueError("There is no region in which a point could ask for another color; give a tar with larger labelled regions.")
    sentence = protocol(vividness, seed)
    return [_score(model, *key, records, impossible, sentence) for key, records in sorted(shares.items())]


def _try(session: Session, region: Region, vividness: float, rng: np.random.Generator) -> dict[tuple[bool, str], dict[str, float]]:
    """By (lasso, what is measured): the shares inside, outside, and alike where there is any; nothing where no color is far enough."""
    before = _views(session.colorize(dials=Dials(vividness=vividness)))
    x, y = region.heart()
    L = float(region.photo.lightness(slice(y, y + 1))[0, 0, 0, x])
    color = far_color(_mean(before["model"], region.inside), L, rng)
    if color is None:
        return {}
    found = {}
    for lasso in (False, True):
        hint = Hint(x, y, color, 7, region.lasso() if lasso else ())
        for view, after in _views(session.colorize(Guidance((hint,)), Dials(vividness=vividness))).items():
            way = torch.tensor(hint.ab) - _mean(before[view], region.inside)
            found[lasso, view] = {
                name: float((_mean(after, mask) - _mean(before[view], mask)) @ way / (way @ way))
                for name in WHERE
                if (mask := getattr(region, name)).mean() >= VISIBLE
            }
    return found


def _views(result: Result) -> dict[str, Tensor]:
    """The ab of a result, (2, H, W), as the model says it and as the picture shows it."""
    size = result.rgb.shape[1:]
    said = F.interpolate(result.ab, size, mode="bilinear", align_corners=False)[0]
    return {"model": said, "picture": rgb_to_lab(result.rgb.float() / 255)[1:]}


def _mean(ab: Tensor, mask: Mask) -> Tensor:
    return ab[:, torch.from_numpy(mask)].mean(1)


def _score(model: str, lasso: bool, view: str, records: list[dict[str, float]], impossible: int, sentence: str) -> ObedienceScore:
    numbers: dict[str, Any] = {}
    for name in WHERE:
        values = [record[name] for record in records if name in record]
        numbers[name] = round(statistics.fmean(values), 4) if values else None
        numbers[f"{name}_se"] = round(statistics.stdev(values) / math.sqrt(len(values)), 4) if len(values) > 1 else None
    n_alike = sum("alike" in record for record in records)
    return ObedienceScore(
        model=model, lasso=lasso, measured_on=view, n=len(records), n_alike=n_alike, impossible=impossible, protocol=sentence, **numbers
    )


def obedience_table(scores: Sequence[ObedienceScore]) -> str:
    """Shares of the way in percent with their standard errors, and the protocol below."""
    rows = []
    for s in scores:
        shares = [_percent(getattr(s, name), getattr(s, f"{name}_se")) for name in WHERE]
        rows.append([s.model, "yes" if s.lasso else "no", s.measured_on, s.n, *shares, s.n_alike, s.impossible])
    header = ["model", "lasso", "measured on", "n", *(f"{name} %" for name in WHERE), "n alike", "impossible"]
    return format_table(header, rows) + "\n" + scores[0].protocol


def _percent(value: float | None, error: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}" + ("" if error is None else f"±{100 * error:.1f}")
