"""How a colored point spreads: attention from every place of the photo to the points, without anything learned.

    ab, influence = propagate(ab, L, keys, points)

For place x and point i the logit is  s (<k(x), k(x_i)> - c) - lambda |x - x_i| - |L(x) - L(x_i)| / sigma, against 0 for
"no point": so a point reaches what looks alike (keys: unit vectors of a frozen ViT), is near, and is about as light. It
is the classical idea of Levin (2004), like lightness takes like color, with a better eye for likeness. The value that
spreads is the point's ab, shifted by half of what the automatic colors differ between the two places, so that shading
survives.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.guidance import Points
from toolkit.photo.places import to_share

SHARPNESS = 16.0  # s: cosines of standardized tokens are 0.5 to 0.9 within a thing, below 0.3 across things
ALIKE = 0.42  # c: the cosine at which a point and "no point" balance
NEARNESS = 2.5  # lambda, per half of the photo's long side
LIGHTNESS = 18.0  # sigma, in L units
SHIFT = 0.5
AGREEMENT = 12.0  # as SHARPNESS, among the tokens of the photo: lower, and different things begin to agree


def propagate(ab: Tensor, L: Tensor, keys: Tensor, points: Points, alone: bool = False) -> tuple[Tensor, Tensor]:
    """Spread N points, in pixels of L, over ab.

    ab (1, 2, h, w), L (1, 1, H, W), keys (1, C, h', w') unit vectors -> ab (1, 2, h, w), influence (N, h, w) in [0, 1].
    alone: the points share every place among themselves, each mostly within its region.
    """
    h, w = ab.shape[-2:]
    H, W = L.shape[-2:]
    small_L = F.interpolate(L, (h, w), mode="area")[0, 0]
    place = points.xy.to(ab) * ab.new_tensor([w / W, h / H])  # on ab's grid
    cells = place.long()
    x, y = cells[:, 0].clamp(0, w - 1), cells[:, 1].clamp(0, h - 1)
    here = y * w + x  # (N,)

    at = to_share(points.xy.to(ab), (W, H)) * 2 - 1
    key = F.grid_sample(keys, at[None, None], padding_mode="border", align_corners=False)[0, :, 0].T  # (N, C)
    alike = torch.einsum("nc,chw->nhw", F.normalize(key, dim=1), keys[0])
    alike = F.interpolate(alike[None], (h, w), mode="bilinear", align_corners=False)[0]
    rows, columns = torch.meshgrid(torch.arange(h).to(ab), torch.arange(w).to(ab), indexing="ij")
    away = torch.hypot(rows + 0.5 - place[:, 1].view(-1, 1, 1), columns + 0.5 - place[:, 0].view(-1, 1, 1)) / (
        max(h, w) / 2
    )
    lighter = (small_L - small_L.flatten()[here].view(-1, 1, 1)).abs() / LIGHTNESS
    logits = SHARPNESS * (alike - ALIKE) - NEARNESS * away - lighter
    if alone and points.regions is not None:
        logits = logits + log_region(points.regions, (h, w))
    none = torch.full_like(logits[:1], -1e4 if alone else 0.0)
    influence = torch.softmax(torch.cat([none, logits]), 0)[1:]  # (N, h, w); the first was "no point"

    at_points = ab[0].flatten(1)[:, here].T  # (N, 2)
    shift = SHIFT * (ab - at_points.view(-1, 2, 1, 1))  # (N, 2, h, w)
    values = points.ab.to(ab).view(-1, 2, 1, 1) + shift
    return (1 - influence.sum(0)) * ab + (influence.unsqueeze(1) * values).sum(0, keepdim=True), influence


def log_region(regions: Tensor, size: tuple[int, int]) -> Tensor:
    """Regions (N, h, w) in [0, 1] -> what to add to the logits of N points on a grid of `size`, (N, *size)."""
    return torch.log(F.interpolate(regions[None], size, mode="area")[0] + 1e-3)


def within_lassos(
    auto: Tensor, points: Points, spread: Callable[[Points, bool], tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor]:
    """Spread points of which some are confined to a lasso: ab (1, 2, h, w), influence (N, h', w').

    spread(points, alone) spreads some of them over the whole photo, as `propagate` does. Inside the lassos only the
    points that belong there speak, and there is no "no point": who draws a line around a thing means all of it.
    Outside, those points are as if they were not there.
    """
    if points.regions is None or not bool((points.regions < 1).any()):
        return spread(points, False)
    bound = (points.regions < 1).flatten(1).any(1)  # (N,)
    cover = F.interpolate(points.regions[bound].amax(0)[None, None], auto.shape[-2:], mode="area")  # (1, 1, h, w)
    H, W = points.regions.shape[-2:]
    x, y = (points.xy / 2).long().clamp(min=0).unbind(1)
    inside = bound | (cover[0, 0, y.clamp(max=H - 1), x.clamp(max=W - 1)] > 0.5)
    ab, free = spread(points.only(~bound), False) if not bool(bound.all()) else (auto, None)
    ruled_ab, ruled = spread(points.only(inside), True)
    small = F.interpolate(cover, ruled.shape[-2:], mode="area")[0]
    influence = ruled.new_zeros(len(points), *ruled.shape[-2:])
    if free is not None:
        influence[~bound] = free * (1 - small)
    influence[inside] += ruled * small
    return torch.lerp(ab, ruled_ab, cover), influence


def agree(x: Tensor, keys: Tensor) -> Tensor:
    """Let places that look alike agree: x (1, Q, h, w), keys (1, C, h', w') unit vectors -> x, its coarse part averaged
    over look-alikes.

    One attention over the tokens (Vaswani 2017, equation 1) with the keys for queries and keys and x for values.
    Without it, a coat that could be red or blue comes out in patches of both once the distribution is sharpened.
    """
    coarse = F.interpolate(x, keys.shape[-2:], mode="area")
    places = keys.flatten(2).transpose(1, 2)[:, None]  # (1, C, h', w') -> (1, 1, h'w', C): one head, as ONNX wants it
    mean = F.scaled_dot_product_attention(places, places, coarse.flatten(2).transpose(1, 2)[:, None], scale=AGREEMENT)
    difference = mean[:, 0].transpose(1, 2).view_as(coarse) - coarse
    return x + F.interpolate(difference, x.shape[-2:], mode="bilinear", align_corners=False)
