"""People who click, for training: where they put points, how many, in which color.

    marks = invent(batch.ab, generator)  # points for every photo of a batch, and the colors the photo should then have

Most people know the truth: the color of a point is the mean of the photo's own under it. Some want another color: a
thing is recolored, truth and points with it, so that the model learns to obey rather than to agree. Some miss by a few
pixels, some draw strokes, some change their mind in the middle of a thing. Counts are mixed as in Zhang et al. (2017),
from none to 128, so that one model serves the first click and the hundredth.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

MOST = 128
NONE = 0.1  # share of batches without points
RECOLORED = 0.3  # share of photos in which a thing gets another color
ELSEWHERE = 0.06  # share of batches whose points lie in another part of the photo, or in another photo
SIZES = (1, 3, 5)  # in pixels of ab, which has half of the photo's: patches of 2, 6 and 10


@dataclass(frozen=True)
class Marks:
    """What the invented people did with a batch, and what they want to see."""

    xy: Tensor  # (B, N, 2) pixels of L
    ab: Tensor  # (B, N, 2)
    there: Tensor  # (B, N) bool
    wanted: Tensor  # (B, 2, h, w) the colors to paint, at ab's size
    elsewhere: bool = False  # the points say nothing about places: the left halves inform the right ones
    swapped: bool = False  # ... and were given to the wrong photo


def invent(ab: Tensor, tokens: Tensor, generator: torch.Generator, few: bool) -> Marks:
    """True ab (B, 2, h, w) at half of L's size, tokens (B, C, h/8, w/8) -> marks: a few points a photo (geometric, mean
    4), or any number to 128.
    """
    B, _, h, w = ab.shape
    wanted = recolored(ab, tokens, generator)
    luck = _rand(generator, 3)
    elsewhere = luck[0] < ELSEWHERE
    counts = _counts(B, generator, few).clamp(min=4 if elsewhere else 0)
    N = int(counts.max())
    there = torch.arange(N) < counts[:, None]
    place = _places(B, N, generator)  # (B, N, 2) in 0..1
    if luck[1] < 0.1:
        place = _strokes(place, generator)
    if elsewhere:
        place = place * torch.tensor([0.5, 1.0])
    colors = _colors(wanted, place, generator)
    if luck[2] < 0.08:
        place = (place + torch.randn(B, N, 2, generator=generator) * 0.012).clamp(0, 0.999)
    swapped = elsewhere and float(torch.rand((), generator=generator)) < 0.3
    return Marks(
        place * torch.tensor([2.0 * w, 2.0 * h]) - 0.5, colors, there, ab if swapped else wanted, elsewhere, swapped
    )


def _rand(generator: torch.Generator, n: int) -> list[float]:
    found: list[float] = torch.rand(n, generator=generator).tolist()
    return found


def _counts(B: int, generator: torch.Generator, few: bool) -> Tensor:
    """Points per photo (B,): one draw a batch, since photos with few points next to one with many would cost as much;
    then at most so many each.
    """
    none, u = _rand(generator, 2)
    if none < NONE:
        return torch.zeros(B, dtype=torch.long)
    most = 1 + int(math.log(max(u, 1e-6)) / math.log(1 - 1 / 4)) if few else int(math.exp(u * math.log(MOST + 0.99)))
    return (min(most, MOST) * (0.5 + 0.5 * torch.rand(B, generator=generator))).ceil().long()


def _places(B: int, N: int, generator: torch.Generator) -> Tensor:
    """Uniform for most photos, for the others around the centre as in Zhang et al. (2017): (B, N, 2) in 0..1."""
    uniform = torch.rand(B, N, 2, generator=generator)
    central = 0.5 + 0.25 * torch.randn(B, N, 2, generator=generator)
    return torch.where(torch.rand(B, 1, 1, generator=generator) < 0.7, uniform, central).clamp(0, 0.999)


def _strokes(place: Tensor, generator: torch.Generator) -> Tensor:
    """Eight points after one another lie on a line, 2 % of the photo apart."""
    B, N, _ = place.shape
    angle = 2 * math.pi * torch.rand(B, N, generator=generator)
    step = torch.stack([angle.cos(), angle.sin()], -1) * 0.02
    first = torch.arange(N) // 8 * 8
    return (place[:, first] + step[:, first] * (torch.arange(N) - first).view(1, N, 1)).clamp(0, 0.999)


def _colors(ab: Tensor, place: Tensor, generator: torch.Generator) -> Tensor:
    """Mean ab of the patch around each place, of a size drawn for each: (B, N, 2)."""
    means = torch.stack([F.avg_pool2d(ab, s, 1, s // 2, count_include_pad=False) for s in SIZES])  # (sizes, B, 2, h, w)
    B, N, _ = place.shape
    h, w = ab.shape[-2:]
    x, y = (place[..., 0] * w).long(), (place[..., 1] * h).long()
    size = torch.randint(len(SIZES), (B, N), generator=generator)
    return means[size, torch.arange(B)[:, None], :, y, x]


def recolored(ab: Tensor, tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Some photos get a thing of another color: ab (B, 2, h, w) -> ab of the same shape.

    A thing is what resembles a random place in the ViT's tokens and in color; half of the things are cut by a line, so
    that the same cloth has two colors.
    """
    B, _, h, w = ab.shape
    u = torch.rand(B, 8, generator=generator)
    gh, gw = tokens.shape[-2:]
    seed = (u[:, 0] * gh).long() * gw + (u[:, 1] * gw).long()
    keys = F.normalize(tokens.flatten(2), dim=1)  # (B, C, gh·gw)
    alike = torch.einsum("bc,bcp->bp", keys[torch.arange(B), :, seed], keys).view(B, 1, gh, gw)
    alike = F.interpolate(alike, (h, w), mode="bicubic", align_corners=False)
    middle = (u[:, 0] * gh).long() * (h // gh) + h // gh // 2, (u[:, 1] * gw).long() * (w // gw) + w // gw // 2
    own = ab[torch.arange(B), :, middle[0], middle[1]].view(B, 2, 1, 1)
    other = (ab - own).norm(dim=1, keepdim=True)
    thing = ((alike - 0.3 - 0.2 * u[:, 2].view(-1, 1, 1, 1)) / 0.1).clamp(0, 1) * ((30 - other) / 10).clamp(0, 1)
    angle, offset = 2 * math.pi * u[:, 3].view(-1, 1, 1, 1), u[:, 4].view(-1, 1, 1, 1) - 0.5
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    side = (x * angle.cos() + y * angle.sin() > offset) | (u[:, 5].view(-1, 1, 1, 1) < 0.5)
    hue, chroma = 2 * math.pi * u[:, 6], 10 + 50 * torch.rand(B, generator=generator)
    new = torch.stack([chroma * hue.cos(), chroma * hue.sin()], 1).view(B, 2, 1, 1)
    chosen = (u[:, 7] < RECOLORED).view(-1, 1, 1, 1)
    return ab + chosen * side * thing * (new - own)
