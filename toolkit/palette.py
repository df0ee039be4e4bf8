"""Palettes: the few colors that a photo lives on, and how they steer the automatic ones.

    swatches = extract_palette(open_photo("aunt.jpg"))          # [Swatch("#c8b294", 0.41, "sand"), ...]
    session.colorize(palette=swatches)                          # in these shares; or of any colors: palette=["navy", "#d8c0a0"]

To give each place one of K colors so that each gets its share of the picture is optimal transport from places to colors. What it costs to paint place
x in color k is how unlikely that is:

    c(x, k) = -2 log p_x(k) + (L_x - L_k)^2 / (2 20^2),

p_x(k) being the model's own distribution over its ab bins, seen through a Gaussian around the color; or where a model says one color only, ab_x,
instead of the first term |ab_x - ab_k|^2 / (2 10^2). The plan minimizes cost less entropy (Cuturi, "Sinkhorn distances", NIPS 2013), so that it
changes smoothly with what the model says, where sorting (toolkit/transport.py) tears smooth skies into patches. Where nobody said shares, they are a
wish only (Chizat, Peyre, Schmitzer and Vialard, "Scaling algorithms for unbalanced optimal transport problems", 2018), and gray may stay gray.
`toolkit/palette_bench.py` measures it against the other ways.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import AbBins, color_name, hex_to_lab, lab_to_rgb, rgb_to_lab, to_hex
from toolkit.guidance import GuidanceError
from toolkit.models.base import Dials
from toolkit.photo import Photo

MOST = 16  # colors of a palette
LOOKED_AT = 128  # px, long side of the copy that colors are counted on
CELL = 6.0  # Lab units, side of the cells that pixels are counted in
APART = 30.0  # Lab units within which a seed takes the weight from others
ALIKE = 9.0  # Lab units: colors nearer than this are one
LIGHT = 0.5  # how much a difference of L counts beside one of a or b: a red in shade and in sun is one color
LEAST = 0.004  # share of the photo below which a color is no part of its palette
NEAR = 10.0  # Lab units, in ab
LIGHTER = 20.0  # Lab units: a navy is for what is dark, but need not be as dark as that
BELIEF = 2.0  # how much the model's distribution counts: with 1, photos in their own palette are 0.6 dB further from the truth
WISH = 0.7  # how much equal shares count where nobody said any: 0 not at all, 1 as much as given ones
GRAY = 0.3  # weight of gray beside colors without shares: black, white and gray belong to every palette, but less
KEPT = 0.5  # how much of the automatic differences stays within what gets one color: with 0, flat areas; with 1, foreign colors
PLACES = 4096  # that the shares are balanced on
ROUNDS = 20  # of balancing; the shares move by under a hundredth afterwards
TINTS = 35.0  # ab between two colors of what passes for sepia, from which it is a flag or a sheet of colors, not a faded print
WARM = (6.0, 22.0)  # ab at the end of the dial, about 20 Lab units towards tungsten light


@dataclass(frozen=True)
class Swatch:
    """A color of a palette."""

    color: str  # "#rrggbb"
    share: float  # of the photo, 0..1
    name: str


def extract_palette(photo: Photo, k: int = 6) -> list[Swatch]:
    """At most k colors that stand for a color photo, most frequent first; shares sum to 1.

    Weighted k-means over a histogram in Lab, seeded greedily by weight and distance (Chang et al., "Palette-based photo recoloring", SIGGRAPH 2015,
    section 3.2), so that a small red umbrella counts beside a large gray street, and the same photo always gives the same colors. Colors that a
    person would call one are merged, so there may be fewer than k. Raises GuidanceError for a photo without colors, ValueError for another k.
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
    return [Swatch(to_hex(color), float(share), color_name(color)) for color, share in zip(rgb, shares[order], strict=True)]


def warmth_tint(warmth: float) -> tuple[float, float]:
    """-1 (cool) to 1 (warm) -> the a and b that are added to automatic colors, along the hues of daylight. Raises ValueError."""
    if not -1 <= warmth <= 1:
        raise ValueError(f"Warmth is {warmth}; choose a number from -1 (cool) to 1 (warm).")
    return WARM[0] * warmth, WARM[1] * warmth


def chosen(palette: Sequence[str | Swatch]) -> tuple[tuple[tuple[float, float, float], ...], tuple[float, ...]]:
    """A palette as people give it -> Dials.palette, Dials.shares; shares where every color is a Swatch. Raises ValueError."""
    if isinstance(palette, str) or len(palette) > MOST:
        raise ValueError(f"A palette is a list of at most {MOST} colors.")
    swatches = [color for color in palette if isinstance(color, Swatch)]
    total = sum(swatch.share for swatch in swatches)
    shares = tuple(s.share / total for s in swatches) if total > 0 and len(swatches) == len(palette) else ()
    return tuple(hex_to_lab(c.color if isinstance(c, Swatch) else c) for c in palette), shares


def dressed(ab: Tensor, L: Tensor, dials: Dials, logits: Tensor | None = None, bins: AbBins | None = None) -> Tensor:
    """Automatic colors as the dials want them, before any points: ab (1, 2, h, w) and L (1, 1, H, W) -> (1, 2, h, w).

    logits (1, Q, h', w') over bins: where the model has a distribution.
    """
    if dials.palette:
        ab = steer(ab, L, torch.tensor(dials.palette), torch.tensor(dials.shares), logits, bins)
    return ab * dials.saturation + ab.new_tensor(dials.tint).view(1, 2, 1, 1)


def steer(ab: Tensor, L: Tensor, colors: Tensor, shares: Tensor, logits: Tensor | None = None, bins: AbBins | None = None) -> Tensor:
    """Automatic ab (1, 2, h, w), towards colors (K, 3) in Lab with shares (K,), or none: see the head of this file."""
    colors, shares = colors.to(ab), shares.to(ab)
    neutral = not len(shares)
    if neutral:
        colors = torch.cat([colors, colors.new_tensor([[50.0, 0.0, 0.0]])])
    cost = _cost(ab.float(), L, colors, logits, bins)  # (P, K)
    if neutral:
        cost[:, -1] -= (F.interpolate(L.float(), ab.shape[-2:], mode="area").flatten() - 50).square() / (2 * LIGHTER**2) + math.log(GRAY)
        shares = colors.new_ones(len(colors)) / (len(colors) - 1)
    potential = _balanced(cost[:: -(-len(cost) // PLACES)], shares.clamp(min=1e-4), WISH if neutral else 1.0, neutral)
    plan = (potential - cost).softmax(1)  # (P, K)
    own = ab[0].float().flatten(1).T  # (P, 2)
    means = plan.T @ own / plan.sum(0).clamp(min=1e-6)[:, None]  # (K, 2) automatic color of what gets each color
    light = F.interpolate(L.float(), ab.shape[-2:], mode="area").flatten()
    steered = plan @ _lit(colors, plan.T @ light / plan.sum(0).clamp(min=1e-6)) + KEPT * (own - plan @ means)
    return steered.T.reshape(ab.shape).to(ab)


def _cost(ab: Tensor, L: Tensor, colors: Tensor, logits: Tensor | None, bins: AbBins | None) -> Tensor:
    """What it costs to give each place each color, (P, K)."""
    size = ab.shape[-2:]
    if logits is None or bins is None:
        apart = torch.cdist(ab[0].flatten(1).T, colors[:, 1:]).square() / (2 * NEAR**2)
    else:
        near = torch.exp(-torch.cdist(colors[:, 1:], bins.centers.to(colors)).square() / (2 * NEAR**2))  # (K, Q)
        likely = torch.einsum("kq,bqhw->bkhw", near, logits.float().softmax(1)).clamp(min=1e-6).log()
        apart = -BELIEF * F.interpolate(likely, size, mode="bilinear", align_corners=False)[0].flatten(1).T
    light = F.interpolate(L.float(), size, mode="area").flatten()
    return apart + (light[:, None] - colors[:, 0]).square() / (2 * LIGHTER**2)


def _lit(colors: Tensor, light: Tensor) -> Tensor:
    """The ab (K, 2) of colors (K, 3) at the mean lightness (K,) of what gets them: along Lab's own hue a lighter navy is violet."""
    from toolkit.text.dyes import at_lightness

    rgb = lab_to_rgb(colors.cpu().T[..., None])[..., 0].T  # (K, 3)
    return torch.stack([torch.from_numpy(at_lightness(to_hex(c), float(at), exact=True)) for c, at in zip(rgb, light, strict=True)]).to(colors)


def _balanced(cost: Tensor, shares: Tensor, wish: float, neutral: bool) -> Tensor:
    """The potentials (K,) with which the plan gives the colors their shares; the last color has none to keep where it is `neutral`."""
    potential = torch.zeros_like(shares)
    for _ in range(ROUNDS):
        place = -torch.logsumexp(potential - cost, 1, keepdim=True)  # (P, 1)
        reached = torch.logsumexp(place - cost, 0) - math.log(len(cost))
        potential = wish * (shares.log() - reached)
        if neutral:
            potential[-1] = 0
    return potential


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
