"""Which place of another photo does a place resemble, and is its color to be trusted? A light head on the tokens of the
frozen ViT.

    keys = matcher.read(tokens)                                    # once per photo: a key for every 16 x 16 pixels
    match = matcher.match(places, sources)                         # match.ab, match.right, match.meant, match.share

A place of the photo attends to all places of the references (Vaswani 2017, equation 1): keys are compared, distance
plays no part, and what is handed over is color. That is the idea of Welsh, Ashikhmin and Mueller (2002), where the
pixel with the likest surroundings lends its color, with a learned likeness. Softmax always answers, also where nothing
corresponds; so a second, tiny network judges each answer by how it came about: how alike the best place is, whether the
way there and back ends where it began (cycle consistency, as Zhou et al. 2016), whether the places that answered agree
on a color, how far that is from the automatic one, how alike the two photos are as a whole, and what kind of thing it
is. It judges twice: is this color likely to be right (the other coat need not have had this one's color), and is it
what somebody means who shows a coat for a coat? Where it does not trust, the automatic color stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.encoder import CHANNELS

NEAR = 2.0  # tokens: who comes back this close has come back
FAST = 10.0  # the one number that scales likeness is learned in tenths: Adam moves every number by the same small steps


@dataclass(frozen=True)
class MatcherConfig:
    """Sizes of the head."""

    width: int = 256
    key: int = 128
    judge: int = 32
    kind: int = 16  # numbers of a key that the judge is told: grass is green everywhere, coats are not


@dataclass(frozen=True)
class Places:
    """P places of one photo on a grid, or of several references one after another."""

    keys: Tensor  # (P, key) unit vectors
    ab: Tensor  # (P, 2) Lab units: the automatic colors of a photo, the true ones of a reference
    light: Tensor  # (P,) L / 50
    xy: Tensor  # (P, 2) columns and rows of the grid
    doubt: Tensor | None = None  # (P,) in [0, 1], of the automatic colors

    def rows(self, chosen: Tensor) -> Places:
        """Some of the places, by their numbers."""
        doubt = None if self.doubt is None else self.doubt[chosen]
        return Places(self.keys[chosen], self.ab[chosen], self.light[chosen], self.xy[chosen], doubt)


@dataclass(frozen=True)
class Match:
    """What the references say to P places."""

    ab: Tensor  # (P, 2) Lab units
    right: Tensor  # (P,) log-odds that this is nearer to the truth than the automatic color
    meant: Tensor  # (P,) log-odds that the two show the same kind of thing, whatever its true color
    share: Tensor  # (P, N) how much of it came from each place of the references; sums to 1


class Matcher(nn.Module):
    """See the head of this file."""

    def __init__(self, config: MatcherConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or MatcherConfig()
        self.norm = nn.LayerNorm(CHANNELS)
        self.squeeze = nn.Linear(CHANNELS, c.width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(c.width), nn.Linear(c.width, c.width), nn.GELU(), nn.Linear(c.width, c.width)
        )
        self.key = nn.Linear(c.width, c.key, bias=False)
        self.sharpness = nn.Parameter(torch.tensor(math.log(20.0) / FAST))
        self.kind = nn.Linear(c.key, c.kind, bias=False)
        self.judge = nn.Sequential(
            nn.Linear(12 + c.kind, c.judge), nn.GELU(), nn.Linear(c.judge, c.judge), nn.GELU(), nn.Linear(c.judge, 2)
        )

    def read(self, tokens: Tensor) -> Tensor:
        """Tokens (P, 1152) of the frozen encoder, in any scale -> keys (P, key), unit vectors."""
        x = self.squeeze(self.norm(tokens))
        return F.normalize(self.key(x + self.mlp(x)), dim=-1)

    def match(self, places: Places, sources: Places) -> Match:
        """What N places of references say to P places of a photo."""
        likeness = places.keys @ sources.keys.T  # (P, N)
        logits = (FAST * self.sharpness).exp() * likeness
        share = logits.softmax(1)
        ab, light = share @ sources.ab, share @ sources.light
        spread = (share @ sources.ab.square() - ab.square()).clamp(min=0).sum(1)
        back = share @ logits.softmax(0).T  # (P, P): from a place to the references and back again
        near = torch.exp(-torch.cdist(places.xy, places.xy).square() / (2 * NEAR**2))
        cycle = (back * near).sum(1) / back.sum(1).clamp(min=1e-6)
        best = likeness.amax(1)
        lead = (logits.logsumexp(1) - math.log(logits.shape[1])) / 10
        doubt = torch.zeros_like(best) if places.doubt is None else places.doubt
        seen = [
            best,
            best.mean().expand_as(best),
            cycle,
            cycle.mean().expand_as(best),
            lead,
            (spread + 1).sqrt() / 20,
            ((ab - places.ab).square().sum(1) + 1).sqrt() / 20,
            ab.norm(dim=1) / 50,
            places.ab.norm(dim=1) / 50,
            doubt,
            places.light,
            (light - places.light).abs(),
        ]
        right, meant = self.judge(torch.cat([torch.stack(seen, 1), self.kind(places.keys)], 1)).unbind(1)
        return Match(ab, right, meant, share)


def read_matcher(file: str, sha256: str | None = None) -> Matcher:
    """A matcher from a weights file, the manifest's (with its sha256) or one of an
    own training. Raises WeightsError.
    """
    from toolkit.models.weights import load_strict, read_weights

    matcher = Matcher()
    load_strict(matcher, read_weights(file, sha256), file)
    return matcher


@lru_cache(maxsize=1)
def load_matcher() -> Matcher:
    """The matcher that ships, on the CPU, where its few products cost nothing; loaded once. Raises WeightsError."""
    from toolkit.models.cards import head_file

    return read_matcher(*head_file("matcher"))
