"""Palettes: the main colors of a photo, and warm and cool.

    swatches = extract_palette(open_photo("aunt.jpg"))          # (Swatch("#c8b294", 0.41, "sand"), ...)
    # in these shares; or any colors: palette=("navy", "#d8c0a0")
    session.colorize(dials=Dials(palette=tuple(swatches)))

How they steer the automatic colors is in toolkit/models/steering.py.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import color_name, lab_to_rgb, rgb_to_lab, to_hex
from toolkit.color.palette import MOST, Swatch
from toolkit.guidance import GuidanceError
from toolkit.photo import Photo

LOOKED_AT = 128  # px, long side of the copy that colors are counted on
CELL = 6.0  # Lab units, side of the cells that pixels are counted in
APART = 30.0  # Lab units within which a seed takes the weight from others
ALIKE = 9.0  # Lab units: colors nearer than this are one
LIGHT = 0.5  # how much a difference of L counts beside one of a or b: a red in shade and in sun is one color
LEAST = 0.004  # share of the photo below which a color is no part of its palette
# ab between two colors of what passes for sepia, from which it is a flag or a sheet of colors, not a faded print
TINTS = 35.0
WARM = (6.0, 22.0)  # ab at the end of the dial, about 20 Lab units towards tungsten light


def extract_palette(photo: Photo, k: int = 6) -> list[Swatch]:
    """At most k colors that represent a color photo, the most frequent first; shares sum to 1.

    Weighted k-means over a histogram in Lab, seeded greedily by weight and distance (Chang et al., "Palette-based photo
    recoloring", SIGGRAPH 2015, section 3.2), so that a small red umbrella counts beside a large gray street, and the
    same photo always gives the same colors. Colors that a person would call one are merged, so there may be fewer than
    k. Raises GuidanceError for a photo without colors, ValueError for an invalid k.
    """
    if not 1 <= k <= MOST:
        raise ValueError(f"A palette of {k} colors was asked for; choose a number from 1 to {MOST}.")
    cells, counts = _histogram(photo)
    centers = _clusters(cells, counts, k)
    member = torch.cdist(_felt(cells), _felt(centers)).argmin(1)
    shares = torch.zeros(len(centers)).index_add_(0, member, counts) / counts.sum()
    centers, shares = _merged(centers, shares)
    tints = float(torch.cdist(centers[:, 1:], centers[:, 1:]).max())
    if photo.tone == "gray" or (photo.tone == "sepia" and tints < TINTS):
        raise GuidanceError(f"{photo.name} has no colors to take a palette from; choose a color photo.")
    order = shares.argsort(descending=True, stable=True)
    rgb = lab_to_rgb(centers[order].T[..., None])[..., 0].T  # (k, 3)
    return [
        Swatch(to_hex(color), float(share), color_name(color)) for color, share in zip(rgb, shares[order], strict=True)
    ]


def warmth_tint(warmth: float) -> tuple[float, float]:
    """-1 (cool) to 1 (warm) -> the a and b that are added to automatic colors, along the hues of daylight. Raises
    ValueError.
    """
    if not -1 <= warmth <= 1:
        raise ValueError(f"Warmth is {warmth}; choose a number from -1 (cool) to 1 (warm).")
    return WARM[0] * warmth, WARM[1] * warmth


def _histogram(photo: Photo) -> tuple[Tensor, Tensor]:
    """Mean Lab (n, 3) of the pixels in each cell of color space, and their number (n,)."""
    scale = min(1.0, LOOKED_AT / max(photo.size))
    step = max(1, int(1 / scale) // 2)  # a 24 MP photo need not be floats first
    thin = photo.rgb[None, :, ::step, ::step].float() / 255
    small = F.interpolate(thin, (max(1, round(photo.height * scale)), max(1, round(photo.width * scale))), mode="area")
    lab = rgb_to_lab(small)[0].flatten(1).T  # (P, 3)
    _, cell, counts = (lab / CELL).round().unique(dim=0, return_inverse=True, return_counts=True)
    return torch.zeros(len(counts), 3).index_add_(0, cell, lab) / counts[:, None], counts.float()


def _clusters(cells: Tensor, counts: Tensor, k: int) -> Tensor:
    """Up to k centers in Lab, (k, 3)."""
    felt, weight = _felt(cells), counts.clone()
    seeds: list[int] = []
    while len(seeds) < min(k, len(cells)):
        seeds.append(int(weight.argmax()))
        weight = weight * (1 - torch.exp(-(felt - felt[seeds[-1]]).square().sum(1) / APART**2))
    centers = cells[seeds]
    for _ in range(20):
        member = F.one_hot(torch.cdist(felt, _felt(centers)).argmin(1), len(centers)) * counts[:, None]  # (n, k)
        total = member.sum(0)[:, None]
        centers = torch.where(total > 0, member.T @ cells / total.clamp(min=1), centers)
    return centers


def _felt(lab: Tensor) -> Tensor:
    """Lab (n, 3) in which distances are as people group colors."""
    return lab * lab.new_tensor([LIGHT, 1, 1])


def _merged(centers: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Colors nearer than ALIKE made one, and those that hardly occur left out."""
    there = shares >= LEAST
    centers, shares = centers[there], shares[there]
    while len(centers) > 1:
        apart = torch.cdist(_felt(centers), _felt(centers)) + 1e6 * torch.eye(len(centers))
        i, j = divmod(int(apart.argmin()), len(centers))
        if float(apart[i, j]) >= ALIKE:
            break
        both = shares[i] + shares[j]
        centers[i] = (centers[i] * shares[i] + centers[j] * shares[j]) / both
        shares[i] = both
        rest = torch.arange(len(centers)) != j
        centers, shares = centers[rest], shares[rest]
    return centers, shares / shares.sum()
