"""How dials change the automatic colors before any point is set: a palette steers them, saturation and tint follow.

    ab = dressed(ab, L, Dials(palette=("blue",)), logits, bins)

To give each place one of K colors so that each gets its share of the picture is optimal transport from places to
colors. What it costs to paint place x in color k is how unlikely that is:

    c(x, k) = -2 log p_x(k) + (L_x - L_k)^2 / (2 20^2),

p_x(k) being the model's own distribution over its ab bins, seen through a Gaussian around the color; or where a model
says one color only, ab_x, instead of the first term |ab_x - ab_k|^2 / (2 10^2). The plan minimizes cost less entropy
(Cuturi, "Sinkhorn distances", NIPS 2013), so that it changes smoothly with what the model says, where sorting
(toolkit/controls/transport.py) tears smooth skies into patches. Where nobody said shares, they are a wish only (Chizat,
Peyre, Schmitzer and Vialard, "Scaling algorithms for unbalanced optimal transport problems", 2018), and gray may stay
gray. `toolkit/measure/studies/palettes.py` measures it against the other ways.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import AbBins, lab_to_rgb, to_hex
from toolkit.color.dyes import at_lightness
from toolkit.models.base import Dials

NEAR = 10.0  # Lab units, in ab
LIGHTER = 20.0  # Lab units: a navy is for what is dark, but need not be as dark as that
# how much the model's distribution counts: with 1, photos in their own palette are 0.6 dB further from the truth
BELIEF = 2.0
WISH = 0.7  # how much equal shares count where nobody said any: 0 not at all, 1 as much as given ones
GRAY = 0.3  # weight of gray beside colors without shares: black, white and gray belong to every palette, but less
# how much of the automatic differences stays within what gets one color: with 0, flat areas; with 1, foreign colors
KEPT = 0.5
PLACES = 4096  # that the shares are balanced on
ROUNDS = 20  # of balancing; the shares move by under a hundredth afterwards


def dressed(ab: Tensor, L: Tensor, dials: Dials, logits: Tensor | None = None, bins: AbBins | None = None) -> Tensor:
    """Automatic colors as the dials want them, before any points: ab (1, 2, h, w) and L (1, 1, H, W) -> (1, 2, h, w).

    logits (1, Q, h', w') over bins: where the model has a distribution.
    """
    if dials.palette:
        ab = steer(ab, L, *dials.targets, logits, bins)
    return ab * dials.saturation + ab.new_tensor(dials.tint).view(1, 2, 1, 1)


def steer(
    ab: Tensor, L: Tensor, colors: Tensor, shares: Tensor, logits: Tensor | None = None, bins: AbBins | None = None
) -> Tensor:
    """Automatic ab (1, 2, h, w), towards colors (K, 3) in Lab with shares (K,), or none: see the head of this file."""
    colors, shares = colors.to(ab), shares.to(ab)
    neutral = not len(shares)
    if neutral:
        colors = torch.cat([colors, colors.new_tensor([[50.0, 0.0, 0.0]])])
    cost = _cost(ab.float(), L, colors, logits, bins)  # (P, K)
    if neutral:
        cost[:, -1] -= (F.interpolate(L.float(), ab.shape[-2:], mode="area").flatten() - 50).square() / (
            2 * LIGHTER**2
        ) + math.log(GRAY)
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
    """The ab (K, 2) of colors (K, 3) at the mean lightness (K,) of what gets them: along Lab's own hue a lighter navy
    is violet.
    """
    rgb = lab_to_rgb(colors.cpu().T[..., None])[..., 0].T  # (K, 3)
    return torch.stack(
        [torch.from_numpy(at_lightness(to_hex(c), float(at), exact=True)) for c, at in zip(rgb, light, strict=True)]
    ).to(colors)


def _balanced(cost: Tensor, shares: Tensor, wish: float, neutral: bool) -> Tensor:
    """The potentials (K,) with which the plan gives the colors their shares; the last color has none to keep where it
    is `neutral`.
    """
    potential = torch.zeros_like(shares)
    for _ in range(ROUNDS):
        place = -torch.logsumexp(potential - cost, 1, keepdim=True)  # (P, 1)
        reached = torch.logsumexp(place - cost, 0) - math.log(len(cost))
        potential = wish * (shares.log() - reached)
        if neutral:
            potential[-1] = 0
    return potential
