"""Several colorings of one photo, and what to do with them.

    session = Session("grandma.jpg", "diffusion")
    results = list(session.samples(8))
    where = disagreement(results)                    # (1, 1, h, w) in Lab units
    guidance = as_hints(results[3])                  # to go on clicking from the fourth

`disagreement` says where they differ, `as_hints` turns one of them into hints to continue from.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, to_hex
from toolkit.guidance import Guidance, Hint
from toolkit.photo.places import cell_shares, from_share
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Result

HINTS = 60  # enough for a photo's things, few enough to see and move
LOOKED_AT = 96  # px, long side of the copy in which places are sought
ROUNDS = 12  # of k-means; hardly anything moves after ten
NEAR = 60.0  # Lab units that count as much as the whole photo's long side: places lie on things, not in a grid


def disagreement(results: Sequence[Result]) -> Tensor:
    """How far the colorings differ at each place: (1, 1, h, w), the standard deviation of ab over the results in Lab
    units, both axes together.

    Raises ValueError for fewer than two results, or results of different photos.
    """
    if len(results) < 2 or len({result.ab.shape for result in results}) > 1:
        raise ValueError("Disagreement needs at least two colorings of one photo at one working size.")
    ab = torch.cat([result.ab for result in results])  # (K, 2, h, w)
    return ab.var(0, correction=1).sum(0).sqrt()[None, None]


def as_hints(result: Result, n: int = HINTS) -> Guidance:
    """At most n hints that describe a coloring: medoids of k-means over place, lightness and color (Lloyd 1982), so
    that each thing gets some.

    Raises ValueError.
    """
    if not 1 <= n <= 1000:
        raise ValueError(f"{n} hints were asked for; choose a number from 1 to 1,000.")
    photo = result.photo
    small = shrink(photo, min(LOOKED_AT, max(photo.size)), averaged=True)
    L = small.lightness()
    h, w = L.shape[-2:]
    ab = F.interpolate(result.ab, (h, w), mode="area" if h < result.ab.shape[-2] else "bilinear")
    places = cell_shares(h, w).flatten(0, 1)  # (P, 2)
    sides = torch.tensor([w, h]) / max(h, w)
    seen = torch.cat([places * sides * NEAR, torch.cat([L / 2, ab], 1)[0].flatten(1).T], 1)  # (P, 5)
    n = min(n, len(seen))
    centres = seen[torch.linspace(0, len(seen) - 1, n).long()]
    for _ in range(ROUNDS):
        nearest = torch.cdist(seen, centres).argmin(1)
        sums = torch.zeros_like(centres).index_add(0, nearest, seen)
        counts = torch.bincount(nearest, minlength=n).unsqueeze(1)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    chosen = torch.cdist(seen, centres).argmin(0).unique()
    colors = lab_to_rgb(torch.cat([L, ab], 1))[0].flatten(1).T  # (P, 3)
    hints = []
    for place in chosen.tolist():
        x, y = from_share(places[place], photo.size).tolist()
        red, green, blue = colors[place].tolist()
        hints.append(Hint(x, y, to_hex((red, green, blue)), 1))
    return Guidance(tuple(hints))
