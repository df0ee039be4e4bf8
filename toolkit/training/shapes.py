"""A world of circles, squares, triangles and rings, whose colors follow a rule that can be learned in a minute on a
CPU.

    photos = shapes(2000)                          # uint8 (3, 48, 48) each, as load_photos gives them
    python -m toolkit train plain-unet --data shapes

The rule: circles are red, squares blue, triangles green; their lightness is random and says nothing. So one has to see
the shape. Rings are purple or yellow at random: a model that has to give one answer gives a beige between, which no
ring has. The ground is warm where it is light and cool where it is dark, which lightness alone tells. All numbers come
from a seed: nobody downloads anything.
"""

import math

import torch
from torch import Tensor

from toolkit.color import lab_to_rgb8

SIDE = 48  # px
CHROMA = 45.0  # Lab units
HUES = {"circle": 30.0, "square": 280.0, "triangle": 140.0}  # degrees in the ab plane: red, blue, green
COIN = (315.0, 95.0)  # purple, yellow
KINDS = (*HUES, "ring")
GROUND = 0.5  # ab units per unit of L from the middle


def shapes(n: int, seed: int = 0, side: int = SIDE) -> list[Tensor]:
    """n pictures of two to four shapes each, uint8 (3, side, side); the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [_picture(side, generator) for _ in range(n)]


def _picture(side: int, generator: torch.Generator) -> Tensor:
    def draw(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    y, x = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    slope = draw(0, 2 * math.pi)
    L = draw(20, 40) + draw(0, 20) * (x * math.cos(slope) + y * math.sin(slope)) / side
    lab = torch.stack([L, 0.4 * GROUND * (L - 40), GROUND * (L - 40)])
    for _ in range(1 + int(torch.randint(3, (), generator=generator))):
        kind = KINDS[int(torch.randint(len(KINDS), (), generator=generator))]
        radius = draw(0.16, 0.26) * side
        cover = _cover(kind, x - draw(0.15, 0.85) * side, y - draw(0.15, 0.85) * side, radius)
        hue = math.radians(HUES[kind] if kind in HUES else COIN[int(torch.randint(2, (), generator=generator))])
        color = torch.tensor([draw(62, 82), CHROMA * math.cos(hue), CHROMA * math.sin(hue)])
        lab = torch.lerp(lab, color.view(3, 1, 1), cover)
    lab[0] += 1.5 * torch.randn(side, side, generator=generator)  # grain, as photos have it
    lab[0].clamp_(2, 98)
    return lab_to_rgb8(lab)


def _cover(kind: str, x: Tensor, y: Tensor, radius: float) -> Tensor:
    """How much of each pixel a shape around the origin covers, from its signed distance in px; all kinds have about the
    same area.
    """
    if kind == "circle":
        outside = torch.hypot(x, y) - radius
    elif kind == "ring":
        outside = (torch.hypot(x, y) - 0.85 * radius).abs() - 0.28 * radius
    elif kind == "square":
        outside = torch.maximum(x.abs(), y.abs()) - 0.88 * radius
    else:
        sides = [x * math.cos(a) + y * math.sin(a) for a in (math.pi / 2, math.pi * 7 / 6, math.pi * 11 / 6)]
        outside = torch.stack(sides).amax(0) - 0.78 * radius
    return (0.5 - outside).clamp(0, 1)
