"""Does a point do what it is told, where it is told, and nowhere else?

    print(measure("obedience", ["regions-val.tar"], Setup(models=("unet",))).text())

One point in the middle of a labelled region asks for a color that is far from the automatic one. How far the region
goes along is its obedience; what the rest of the photo does is spill. The truth of the photo's colors plays no part.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import in_gamut, lab_to_rgb, rgb_to_lab, to_hex
from toolkit.guidance import Guidance, Hint
from toolkit.measure.regions import LARGEST, SMALLEST, Mask, Region, open_regions
from toolkit.measure.studies import Told, option, single
from toolkit.measure.tables import Column, Row
from toolkit.models.base import Dials
from toolkit.models.cards import default_model
from toolkit.pipeline import Result, Session

if TYPE_CHECKING:
    import pandas as pd

VISIBLE = 0.01  # share of the photo from which on other places are measured
FAR = 30.0  # ab units from the automatic mean at least
ASKED = 33.0  # what is asked for, so that FAR is left when the color is rounded to 8 bits
HUES = 36  # directions that are tried
WHERE = ("inside", "alike", "outside")
VIEWS = ("model", "picture")  # the ab it says, and the Lab of the pixels

by = ("model", "lasso", "measured_on")
food = "a tar of photos with larger labelled regions"
examples = (
    "regions-val.tar --models unet --json obedience.json",
    "regions-val.tar --limit 40                # 40 photos, evenly spread",
)
columns = (
    Column("model", "model"),
    Column("lasso", "lasso", show=lambda row: "yes" if row["lasso"] else "no"),
    Column("measured_on", "measured on the"),
    Column("inside", "region", 1, " %", error=True),
    Column("alike", "elsewhere in its class", 1, " %", error=True),
    Column("outside", "everywhere else", 1, " %", error=True),
    Column("n_alike", "n alike"),
    Column("impossible", "impossible"),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    models: tuple[str, ...] = option(lambda: (default_model(),), "names, or weights files")
    limit: int | None = option(None, "only N photos, evenly spread")
    vividness: float = option(0.0, "0 safe and dull to 1 lively")
    seed: int = option(0, "for the colors that are asked for")
    device: str = option("auto", "auto, cpu, cuda or mps")


def protocol(setup: Setup) -> str:
    """How it is measured, in a sentence."""
    return (
        f"One photo, one region: the largest connected part of one class with {SMALLEST:.0%} to {LARGEST:.0%} of the "
        f"pixels; one hint of 7 px at its pixel farthest from the border, {ASKED:g} ab units from the region's "
        f"automatic mean in a direction drawn with seed {setup.seed} (the first from there on inside sRGB at the "
        f"pixel's L), vividness {setup.vividness:g}, the model's own size; shares: how much the mean ab moves from the "
        "automatic result along the way from the region's automatic mean to the hint's ab, over photos ± standard "
        "error; measured on the ab that the model says, enlarged bilinearly to the labels' size (model), and on the "
        "Lab of the 8-bit picture (picture); outside: every pixel of another class or without one; alike: other parts "
        f"of the class, from {VISIBLE:.0%} of the photo on; lasso: the region's outer outline."
    )


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row a model, photo, lasso and what is measured; of a photo in which no color is far enough a row that only says
    so.
    """
    regions = list(open_regions(single(source), told.skipped, setup.limit))
    rows: list[Row] = []
    for done, (model, (index, region)) in enumerate(product(setup.models, enumerate(regions)), 1):
        found = _try(
            Session(region.photo, model, device=setup.device),
            region,
            setup.vividness,
            np.random.default_rng((setup.seed, index)),
        )
        for lasso, view in product((False, True), VIEWS):
            rows.append(
                {
                    "model": model,
                    "lasso": lasso,
                    "measured_on": view,
                    "impossible": float(not found),
                    **found.get((lasso, view), {}),
                }
            )
        told.done(done, len(setup.models) * len(regions))
    if any("inside" in row for row in rows):
        yield from rows


def more(frame: "pd.DataFrame") -> Row:
    """How many photos there are of each kind."""
    alike = int(frame["alike"].count()) if "alike" in frame else 0
    return {"n": int(frame["inside"].count()), "n_alike": alike, "impossible": int(frame["impossible"].sum())}


def far_color(mean: Tensor, L: float, rng: np.random.Generator) -> str | None:
    """A color at least 30 ab units from mean (2,) that is inside sRGB at lightness L, in a random direction; None where
    there is none.
    """
    start = rng.uniform(0, 2 * math.pi)
    angles = start + torch.arange(HUES) * (2 * math.pi / HUES)
    ab = mean + ASKED * torch.stack([angles.cos(), angles.sin()], 1)  # (HUES, 2)
    lab = torch.cat([torch.full((HUES, 1), L), ab], 1).T[..., None]  # (3, HUES, 1)
    rgb = lab_to_rgb(lab)[..., 0].T
    for color in (to_hex(rgb[i]) for i in in_gamut(lab).flatten().nonzero().flatten()):
        if float((torch.tensor(Hint(0, 0, color).ab) - mean).norm()) >= FAR:
            return color
    return None


def _try(
    session: Session, region: Region, vividness: float, rng: np.random.Generator
) -> dict[tuple[bool, str], dict[str, float]]:
    """By (lasso, what is measured): the shares inside, outside, and alike where there is any; nothing where no color is
    far enough.
    """
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
