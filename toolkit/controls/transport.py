"""Optimal transport: how to move the points of one distribution onto another's with the least movement.

    move = sliced_transport(source, target)     # (N, C), (M, C): fitted once
    moved = move(source)                        # any points; strip by strip if there are many

In one dimension it is sorting: the k-th smallest goes to the k-th smallest. In more dimensions there is such a formula
only for Gaussians, where the map is linear (Pitie and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for
example-based colour transfer", CVMP 2007). For other distributions, many directions are taken one after the other, and
each is solved by sorting (Pitie, Kokaram and Dahyot, "Automated colour grading using colour distribution transfer",
CVIU 2007; Rabin, Peyre, Delon and Bernot, "Wasserstein barycenter and its application to texture mixing", SSVM 2011).
Directions are fixed, not random: the same points always give the same map. Letters: N points of the source, M of the
target, C dimensions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Move = Callable[[Tensor], Tensor]  # (P, C) -> (P, C)

LEVELS = 256  # quantiles of a direction: beyond, 8-bit photos show no difference
ROUNDS = 10  # bases tried one after the other; the distance to the target changes by under a hundredth afterwards
# of a table of L, a, b: from, to, how many; 4 Lab units apart
SIDES = ((0.0, 100.0, 26), (-110.0, 110.0, 56), (-110.0, 110.0, 56))
RIDGE = 1e-4  # variance added in each direction, Lab units squared: a flat source has no inverse


@dataclass(frozen=True)
class Means:
    """Subtract one mean, multiply by a matrix, add another mean."""

    source: Tensor  # (C,)
    matrix: Tensor  # (C, C)
    target: Tensor  # (C,)

    def __call__(self, points: Tensor) -> Tensor:
        """(P, C) -> (P, C)."""
        return (points - self.source) @ self.matrix.T + self.target


@dataclass(frozen=True)
class Quantiles:
    """Rotations, and for each of their axes how far each quantile of the source moves along it."""

    bases: Tensor  # (R, C, C), rows are directions
    source: Tensor  # (R, C, Q), ascending
    shift: Tensor  # (R, C, Q)

    def __call__(self, points: Tensor) -> Tensor:
        """(P, C) -> (P, C)."""
        for basis, source, shift in zip(self.bases, self.source, self.shift, strict=True):
            turned = points @ basis.T  # (P, C)
            points = (
                points
                + torch.stack([_interpolate(turned[:, c], source[c], shift[c]) for c in range(len(source))], 1) @ basis
            )
        return points


@dataclass(frozen=True)
class Table:
    """A map of Lab colors as a table over a grid, linear between its entries: fast for 24 megapixels too, and without
    the smallest steps of the map itself.
    """

    shift: Tensor  # (1, C, b, a) or (1, C, b, a, L): what is added

    @classmethod
    def of(cls, move: Move, C: int) -> "Table":
        """The map, evaluated on a grid over ab (C = 2) or Lab (C = 3)."""
        sides = SIDES[3 - C :]
        grid = torch.cartesian_prod(*(torch.linspace(low, high, n) for low, high, n in sides))  # (n n, 2) or (n n n, 3)
        shift = (move(grid) - grid).view(*(n for _, _, n in sides), C)
        return cls(shift.permute(C, *reversed(range(C)))[None].contiguous())

    def __call__(self, points: Tensor) -> Tensor:
        """(P, C) -> (P, C)."""
        C = points.shape[1]
        low, high = (points.new_tensor([side[i] for side in SIDES[3 - C :]]) for i in (0, 1))
        place = (2 * (points - low) / (high - low) - 1).view(1, *[1] * (C - 1), -1, C)
        shift = F.grid_sample(self.shift.to(points), place, padding_mode="border", align_corners=True)
        return points + shift.view(C, -1).T


def linear_transport(source: Tensor, target: Tensor) -> Means:
    """The linear map that gives the points of source (N, C) the mean and covariance of target (M, C), at least cost
    (Pitie 2007, equation 19).
    """
    a, b = _covariance(source), _covariance(target)
    root = _root(a)
    inverse = torch.linalg.inv(root)
    matrix = inverse @ _root(root @ b @ root) @ inverse
    return Means(source.double().mean(0).to(source), matrix.to(source), target.double().mean(0).to(source))


def sliced_transport(source: Tensor, target: Tensor, shares: Tensor | None = None, rounds: int = ROUNDS) -> Quantiles:
    """A map that gives source (N, C) the distribution of target (M, C), whose points may have shares (M,)."""
    C = source.shape[1]
    levels = (torch.arange(LEVELS) + 0.5) / LEVELS
    bases, sources, shifts = [], [], []
    for basis in directions(C, rounds).to(source):
        here, there = source @ basis.T, target @ basis.T
        own = torch.stack([_quantiles(here[:, c], None, levels) for c in range(C)])  # (C, Q)
        wanted = torch.stack([_quantiles(there[:, c], shares, levels) for c in range(C)])
        step = Quantiles(basis[None], own[None], (wanted - own)[None])
        source = step(source)
        bases.append(basis)
        sources.append(own)
        shifts.append(wanted - own)
    return Quantiles(torch.stack(bases), torch.stack(sources), torch.stack(shifts))


def sliced_distance(a: Tensor, b: Tensor, shares: Tensor | None = None) -> float:
    """Sliced 2-Wasserstein distance of two sets of points (N, C), (M, C), in their units; shares (M,) of the second.

    Bonneel, Rabin, Peyre and Pfister, "Sliced and Radon Wasserstein barycenters of measures", JMIV 2015.

    For two single points it is their distance divided by the square root of C.
    """
    levels = (torch.arange(LEVELS) + 0.5) / LEVELS
    found = []
    for basis in directions(a.shape[1], ROUNDS).to(a):
        for direction in basis:
            gap = _quantiles(a @ direction, None, levels) - _quantiles(b @ direction, shares, levels)
            found.append(gap.square().mean())
    return float(torch.stack(found).mean().sqrt())


def directions(C: int, rounds: int) -> Tensor:
    """Orthonormal bases (rounds, C, C), spread evenly; the first is the axes themselves."""
    if C == 2:  # by the golden ratio of a right angle: every next one falls into the largest gap
        angles = torch.arange(rounds) * (math.pi / 2) * ((math.sqrt(5) - 1) / 2)
        return torch.stack(
            [torch.stack([angles.cos(), angles.sin()], 1), torch.stack([-angles.sin(), angles.cos()], 1)], 1
        )
    drawn = torch.randn(rounds, C, C, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn[0] = torch.eye(C)
    return torch.linalg.qr(drawn)[0].float()


def _quantiles(values: Tensor, shares: Tensor | None, levels: Tensor) -> Tensor:
    """Quantiles (Q,) of values (N,), each with its share (N,): the inverse of the distribution function."""
    ordered, order = values.sort()
    if shares is None:
        return ordered[(levels * len(values)).long().clamp(max=len(values) - 1)]
    ends = shares.to(values)[order].double().cumsum(0)
    return ordered[torch.searchsorted(ends / ends[-1], levels.to(ends)).clamp(max=len(values) - 1)]


def _interpolate(x: Tensor, at: Tensor, values: Tensor) -> Tensor:
    """Piecewise linear through (at, values), at ascending; beyond the ends the value of the end."""
    right = torch.searchsorted(at.contiguous(), x.contiguous()).clamp(1, len(at) - 1)
    low, high = at[right - 1], at[right]
    share = ((x - low) / (high - low).clamp(min=1e-9)).clamp(0, 1)
    return torch.lerp(values[right - 1], values[right], share)


def _covariance(points: Tensor) -> Tensor:
    around = points.double() - points.double().mean(0)
    return around.T @ around / len(points) + RIDGE * torch.eye(points.shape[1], dtype=torch.float64)


def _root(matrix: Tensor) -> Tensor:
    """The square root of a symmetric positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
