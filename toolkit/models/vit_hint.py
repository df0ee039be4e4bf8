"""A ViT that takes color hints: look once, then paint again for every click.

    model = VitHint()
    features = model.look(L, tokens)                    # once per photo: automatic colors, keys, a null
    ab, influence = model.paint(features, anchors)      # once per click: one attention over the points

Everything that costs happens in `look`: the tokens of a frozen ViT (toolkit/models/encoder.py), a U-Net over them
(toolkit/models/unet.py) that says the automatic colors, and from its features a key for every 4 x 4 pixels. A click is
then an *affinity attention*. At place x the points i and "no point" share the weight 1 by a softmax; head h gives point
i the logit

    s_h <k_h(x), k_h(x_i)>  -  lambda_h |x - x_i|  -  gamma_h |L(x) - L(x_i)|  +  b_h(x)  +  g_h log(1 + |r_i| / 10),

"no point" gets n(x), and what is spread is a color: r_i = ab_i - auto(x_i), what the point knows better than the
automatic colors. That is Levin's (2004) "neighbors of like lightness take like colors" with a learned likeness and no
solver; one head reaches look-alikes far away, another stays near. The last term lets a color that contradicts the
automatic one reach further: who clicks red on a green coat means the coat.

Two things make the painting honest. Softmax averages, so that a point surrounded by others would not get its own color;
what is still wrong at the points is therefore spread again (Tukey 1977 calls it twicing). And what was found on a grid
of 4 pixels is enlarged by weights that were learned per pixel (convex upsampling, Teed and Deng 2020), along edges
instead of across.

Hints as tokens of the transformer, the way of iColoriT (Yun et al. 2023), need the whole ViT again for each click, and
in our hands were ignored after 14,000 training photos, where this attention obeyed after 2,400.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.guidance import Points
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction
from toolkit.models.cards import ModelCard
from toolkit.models.encoder import CHANNELS, Encoder, load_encoder
from toolkit.models.propagation import agree, log_region, within_lassos
from toolkit.models.steering import dressed
from toolkit.models.unet import UNet, UNetConfig, doubt
from toolkit.models.weights import load_strict, read_weights
from toolkit.photo.places import to_share

STRIDE = 4  # pixels of L per key
HALF = 128.0  # px: distances count in halves of a photo at the working size
CHUNK = 1 << 23  # logits at a time, 32 MB: a thousand points must not need a gigabyte
CROWD = (16.0, 10.0)  # px at the working size and Lab units within which points count as one
# Who asks for a far-off color means a thing, and all of it: the further off, the more decided a point's share becomes,
# and a little larger. Chosen on 40 regions of regions-train.tar: what spills falls by a third, the thing follows a
# little better; PSNR with true hints stays within 0.06 dB.
FIRM = (0.4, 0.2)
# the few numbers that weigh likeness against distance are learned in tenths: Adam moves every number by the same small
# steps
FAST = 10.0
# times that what is still wrong at the points is spread; with two, as in training, a hundred points gain 0.07 dB less
TWICING = 4


@dataclass(frozen=True)
class VitHintConfig:
    """Sizes of the attention; the rest is the U-Net's."""

    heads: int = 8
    channels: int = 24  # of a head's key: 8 x 24 numbers for every 4 x 4 pixels
    # lambda of the first and the last head before training, per half of the photo
    near: tuple[float, float] = (1.0, 30.0)
    unet: UNetConfig = field(default_factory=UNetConfig)


@dataclass(frozen=True)
class Places:
    """P places and what the attention knows about each."""

    keys: Tensor  # (B, heads, P, C) unit vectors
    xy: Tensor | None  # (B, P, 2) in pixels of L; None: in another photo, where distance means nothing
    light: Tensor  # (B, P), L / 50
    ab: Tensor  # (B, P, 2), the automatic colors, Lab units
    bias: Tensor  # (B, heads, P) bias of a place towards points
    null: Tensor  # (B, P)
    voice: Tensor  # (B, heads, P) bias of a point there towards all places

    def rows(self, start: int, stop: int) -> Places:
        """Some of the places."""
        cut = slice(start, stop)
        xy = None if self.xy is None else self.xy[:, cut]
        return Places(
            self.keys[:, :, cut],
            xy,
            self.light[:, cut],
            self.ab[:, cut],
            self.bias[:, :, cut],
            self.null[:, cut],
            self.voice[:, :, cut],
        )


@dataclass(frozen=True)
class Features:
    """A photo as the model sees it, before any click."""

    ab: Tensor  # (B, 2, H/2, W/2) automatic mean, Lab units
    logits: Tensor  # (B, Q, H/4, W/4)
    keys: Tensor  # (B, heads x C, H/4, W/4), unit vectors per head
    # (B, heads + 1 + heads, H/4, W/4): bias of each place towards points, its null logit, bias of a point there
    bias: Tensor
    light: Tensor  # (B, 1, H/4, W/4), L / 50
    enlarge: Tensor  # (B, 9, 4, H/4, W/4), weights of the 3 x 3 neighbors for each of 2 x 2 finer pixels; sum 1


@dataclass(frozen=True)
class Clicks:
    """N points on each photo of a batch, as training gives them."""

    xy: Tensor  # (B, N, 2) pixels of L
    ab: Tensor  # (B, N, 2)
    there: Tensor  # (B, N) bool
    owner: Tensor | None = None  # (B,): each photo gets the points of that photo of the batch, without their places


@dataclass(frozen=True)
class Anchors:
    """N points with what the attention needs of each."""

    places: Places
    ab: Tensor  # (B, N, 2) the colors asked for
    there: Tensor  # (B, N) bool; photos of one batch may have different numbers of points

    def given_to(self, owner: Tensor) -> Anchors:
        """The points of photo owner[b] for photo b, as points of another photo: likeness alone says where they act."""
        p = self.places
        places = Places(p.keys[owner], None, p.light[owner], p.ab[owner], p.bias[owner], p.null[owner], p.voice[owner])
        return Anchors(places, self.ab[owner], self.there[owner])


class VitHint(nn.Module):
    """See the head of this file."""

    def __init__(self, config: VitHintConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or VitHintConfig()
        self.unet = UNet(c.unet)
        self.bins = self.unet.bins
        fine = c.unet.up[1] + 4 * c.unet.up[2]  # the U-Net's features at stride 4 and, folded, at stride 2
        self.key_tokens = nn.Conv2d(CHANNELS, c.heads * c.channels, 1, bias=False)
        self.key_fine = nn.Conv2d(fine, c.heads * c.channels, 1, bias=False)
        to_bias, to_weights = nn.Conv2d(48, 2 * c.heads + 1, 1), nn.Conv2d(64, 36, 1)
        self.bias = nn.Sequential(nn.Conv2d(fine, 48, 1), nn.SiLU(), to_bias)
        self.enlarge = nn.Sequential(nn.Conv2d(fine, 64, 1), nn.SiLU(), to_weights)
        self.sharpness = nn.Parameter(torch.full((c.heads,), math.log(8.0) / FAST))  # log s_h
        # log lambda_h
        self.nearness = nn.Parameter(torch.linspace(math.log(c.near[0]), math.log(c.near[1]), c.heads) / FAST)
        # log gamma_h: 50 units of L weigh 3
        self.lightness = nn.Parameter(torch.full((c.heads,), math.log(3.0) / FAST))
        self.insist = nn.Parameter(torch.full((c.heads,), 0.5 / FAST))  # g_h
        # logit of alpha_h: how much of the automatic differences a point keeps
        self.shading = nn.Parameter(torch.zeros(c.heads))
        # mean of the biases: at first likeness alone wins
        self.level = nn.Parameter(torch.tensor([-6.0] * c.heads + [0.0] * (c.heads + 1)) / FAST)
        nn.init.zeros_(to_bias.weight)  # likeness and a bilinear enlargement to begin with
        with torch.no_grad():
            to_weights.weight.mul_(0.1)
        to_bias.bias = nn.Parameter(torch.zeros(2 * c.heads + 1))
        to_weights.bias = nn.Parameter(torch.tensor(_tent()).flatten())

    def forward(
        self, L: Tensor, tokens: Tensor, clicks: Sequence[Clicks], vividness: float = 0.0
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """For training: automatic mean ab, bin logits, and ab painted for each of several sets of points over automatic
        colors of this vividness.
        """
        features = self.look(L, tokens)
        # detached: simulated users also ask for wrong colors
        auto = self.unet.paint(features.ab, features.logits, Dials(vividness)).detach()
        painted = []
        for c in clicks:
            anchors = self.anchors(features, auto, c.xy, c.ab, c.there)
            anchors = anchors if c.owner is None else anchors.given_to(c.owner)
            painted.append(self.paint(features, auto, anchors)[0] if c.xy.shape[1] else auto)
        return features.ab, features.logits, painted

    def look(self, L: Tensor, tokens: Tensor) -> Features:
        """L (B, 1, H, W) in [0, 100], tokens (B, 1152, H/16, W/16) -> all that does not depend on points."""
        ab, logits, at4, at2 = self.unet.look(L, tokens)
        fine = torch.cat([at4, F.pixel_unshuffle(at2, 2)], 1)  # (B, 48 + 96, H/4, W/4)
        coarse = F.interpolate(self.key_tokens(tokens), at4.shape[-2:], mode="bilinear", align_corners=False)
        heads = (coarse + self.key_fine(fine)).unflatten(1, (self.config.heads, -1))
        keys = F.normalize(heads, dim=2).flatten(1, 2)
        enlarge = self.enlarge(fine).unflatten(1, (9, 4)).softmax(1)
        bias = self.bias(fine) + FAST * self.level.view(1, -1, 1, 1)
        return Features(ab, logits, keys, bias, F.avg_pool2d(L, STRIDE) / 50, enlarge)

    def paint(
        self, features: Features, auto: Tensor, anchors: Anchors, where: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """auto (B, 2, H/2, W/2), the automatic colors, and points -> ab (B, 2, H/2, W/2), influence of each point (B,
        N, H/4, W/4) in [0, 1].

        where (N, H/4, W/4): added to the points' logits, and there is no null: the points share every place among
        themselves.
        """
        B, _, h, w = features.keys.shape
        grid = self.grid(features, auto)
        colors = anchors.ab
        for _ in range(TWICING):
            reached, _ = self.attend(anchors.places, anchors, colors, None if where is None else where.new_zeros(1, 1))
            colors = colors + (anchors.ab - anchors.places.ab - reached)
        count = max(1, CHUNK // max(1, self.config.heads * B * anchors.ab.shape[1]))
        rules = None if where is None else where.flatten(1).T  # (h·w, N)
        parts = [
            self.attend(grid.rows(i, i + count), anchors, colors, None if rules is None else rules[i : i + count])
            for i in range(0, h * w, count)
        ]
        change = torch.cat([p[0] for p in parts], 1).transpose(1, 2).unflatten(2, (h, w))  # (B, h·w, 2) -> (B, 2, h, w)
        influence = torch.cat([p[1] for p in parts], 1).transpose(1, 2).unflatten(2, (h, w))
        return auto + self.enlarged(change, features.enlarge), influence

    def spread(self, features: Features, auto: Tensor, points: Points, alone: bool) -> tuple[Tensor, Tensor]:
        """One photo's points, as propagation.within_lassos asks for them: auto (1, 2, h, w) -> ab (1, 2, h, w),
        influence (N, h/2, w/2) in [0, 1].

        alone: the points share every place among themselves, each mostly within its region.
        """
        anchors = self.anchors(features, auto, points.xy[None], points.ab[None])
        where = None
        if alone:
            h, w = features.keys.shape[-2:]
            where = auto.new_zeros(len(points), h, w) if points.regions is None else log_region(points.regions, (h, w))
        ab, influence = self.paint(features, auto, anchors, where)
        return ab, influence[0]

    def attend(
        self, asking: Places, anchors: Anchors, colors: Tensor, where: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What the points change at each asking place: ab (B, P, 2); and each point's share (B, P, N).

        colors (B, N, 2) are spread. where (P, N): added to the logits, and the null is left out.
        """
        points = anchors.places
        logits = torch.einsum(
            "bhpc,bhnc->bhpn", asking.keys * (FAST * self.sharpness).exp().view(1, -1, 1, 1), points.keys
        )
        if asking.xy is not None and points.xy is not None:
            away = torch.cdist(asking.xy, points.xy).unsqueeze(1) / HALF  # (B, 1, P, N)
            logits = logits - (FAST * self.nearness).exp().view(1, -1, 1, 1) * away
        darker = (asking.light.unsqueeze(2) - points.light.unsqueeze(1)).abs().unsqueeze(1)  # (B, 1, P, N)
        logits = logits - (FAST * self.lightness).exp().view(1, -1, 1, 1) * darker
        wrong = torch.log1p((anchors.ab - points.ab).norm(dim=-1) / 10)  # (B, N)
        logits = logits + FAST * self.insist.view(1, -1, 1, 1) * wrong[:, None, None]
        logits = logits + asking.bias.unsqueeze(-1) + points.voice.unsqueeze(-2)
        null = asking.null.unsqueeze(2)  # (B, P, 1)
        lead = logits.logsumexp(1) - null  # (B, P, N): a point against no point
        logits = logits + (wrong[:, None] * (FIRM[0] * lead + FIRM[1])).unsqueeze(1)
        logits = logits.masked_fill(~anchors.there[:, None, None], -1e4)
        if where is not None:
            logits, null = logits + where, null - 1e3
        flat = logits.permute(0, 2, 1, 3).flatten(2)  # (B, heads, P, N) -> (B, P, heads·N)
        share = torch.cat([null, flat], 2).softmax(2)[..., 1:].unflatten(2, (self.config.heads, -1))  # (B, P, heads, N)

        each = share.sum(2)  # (B, P, N)
        change = each @ (colors - points.ab)
        shade = share * (1 - (FAST * self.shading).sigmoid()).view(-1, 1)
        change = change + shade.sum(2) @ points.ab - shade.sum((2, 3)).unsqueeze(2) * asking.ab
        return change, each

    def grid(self, features: Features, auto: Tensor) -> Places:
        """Every place of the grid of keys."""
        _, _, h, w = features.keys.shape
        y, x = torch.meshgrid(torch.arange(h).to(auto), torch.arange(w).to(auto), indexing="ij")
        xy = torch.stack([x, y], -1).flatten(0, 1) * STRIDE + (STRIDE - 1) / 2  # pixel centres
        return self._places(self._stacked(features, auto).flatten(2), xy.expand(len(auto), -1, -1))

    def anchors(self, features: Features, auto: Tensor, xy: Tensor, ab: Tensor, there: Tensor | None = None) -> Anchors:
        """Points xy (B, N, 2) in pixels of L with colors ab (B, N, 2) on this photo."""
        h, w = features.keys.shape[-2:]
        place = to_share(xy, (w * STRIDE, h * STRIDE)) * 2 - 1
        # (B, ·, N)
        at = F.grid_sample(
            self._stacked(features, auto), place.unsqueeze(1), padding_mode="border", align_corners=False
        )[:, :, 0]
        if there is None:
            there = torch.ones(xy.shape[:2], dtype=torch.bool, device=xy.device)
        places = self._places(at, xy)
        voice = places.voice - crowd(xy, ab, there).unsqueeze(1)
        return Anchors(replace(places, voice=voice), ab, there)

    def _stacked(self, features: Features, auto: Tensor) -> Tensor:
        return torch.cat([features.keys, features.bias, features.light, F.avg_pool2d(auto, 2)], 1)

    def _places(self, stacked: Tensor, xy: Tensor) -> Places:
        """stacked (B, heads·C + heads + 1 + heads + 1 + 2, P)."""
        c = self.config
        keys, bias, null, voice, light, ab = stacked.split([c.heads * c.channels, c.heads, 1, c.heads, 1, 2], 1)
        keys = F.normalize(keys.unflatten(1, (c.heads, -1)), dim=2).transpose(2, 3)  # (B, heads, P, C)
        return Places(keys, xy, light[:, 0], ab.transpose(1, 2), bias, null[:, 0], voice)

    @staticmethod
    def enlarged(x: Tensor, weights: Tensor) -> Tensor:
        """x (B, C, h, w), weights (B, 9, 4, h, w) -> (B, C, 2h, 2w): each finer pixel a mean of its 3 x 3 coarse
        neighbors.
        """
        B, C, h, w = x.shape
        around = F.unfold(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3).view(B, C, 9, h, w)
        return F.pixel_shuffle(torch.einsum("bcnhw,bnfhw->bcfhw", around, weights).flatten(1, 2), 2)


def _tent() -> list[list[float]]:
    """Logits of bilinear enlarging, (9, 4): where the learned weights begin."""
    # neighbor -> its share in the left and the right finer pixel
    near = {-1: (0.25, 0.0), 0: (0.75, 0.75), 1: (0.0, 0.25)}
    return [
        [math.log(near[dy][y] * near[dx][x] + 0.005) for y in (0, 1) for x in (0, 1)]
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    ]


@dataclass(frozen=True)
class Looked(Encoded):
    """A photo as this model sees it."""

    features: Features | None = None
    # the automatic colors of the last dials, which clicks do not change
    painted: dict[Dials, Tensor] = field(default_factory=dict)


class VitHintColorizer:
    """A trained VitHint with its encoder, as a toolkit.models.base.Colorizer."""

    def __init__(self, card: ModelCard, network: VitHint, encoder: Encoder) -> None:
        self.card, self.network, self.encoder, self.bins = card, network.eval(), encoder, network.bins

    @torch.inference_mode()
    def encode(self, L: Tensor) -> Looked:
        """L (1, 1, H, W) in [0, 100], H and W multiples of 16."""
        tokens = self.encoder(L).float()
        features = self.network.look(L, tokens)
        keys = F.normalize(tokens, dim=1)
        features = replace(features, ab=features.ab.float(), logits=agree(features.logits.float(), keys))
        return Looked(L, features.ab, keys, features.logits, features)

    @torch.inference_mode()
    def decode(self, encoded: Encoded, points: Points, dials: Dials, seed: int) -> Prediction:
        """Automatic colors as vivid as asked for, then the points."""
        assert isinstance(encoded, Looked)
        assert encoded.features is not None
        features = encoded.features
        auto = encoded.painted.get(dials)
        if auto is None:
            auto = self.network.unet.paint(features.ab, features.logits, dials)
            auto = dressed(auto, encoded.L, dials, features.logits, self.bins)
            encoded.painted.clear()
            encoded.painted[dials] = auto
        unsure = doubt(features.logits, self.bins)  # (1, 1, H/4, W/4)
        if not len(points):
            return Prediction(auto, F.interpolate(unsure, auto.shape[-2:], mode="bilinear", align_corners=False))

        ab, influence = within_lassos(
            auto, points, lambda some, alone: self.network.spread(features, auto, some, alone)
        )
        left = unsure * (1 - influence.sum(0).clamp(max=1))
        return Prediction(ab, F.interpolate(left, auto.shape[-2:], mode="bilinear", align_corners=False), influence)


def crowd(xy: Tensor, ab: Tensor, there: Tensor) -> Tensor:
    """Log of how many points say the same in the same place: (B, N, 2), (B, N, 2), (B, N) -> (B, N).

    Taken from their logits, so that a brush stroke of twenty points has the voice of two, not of twenty.
    """
    here, same = torch.cdist(xy, xy) / CROWD[0], torch.cdist(ab, ab) / CROWD[1]
    alike = torch.exp(-here.square() - same.square()) * there.unsqueeze(1)
    return alike.sum(2).clamp(min=1).log()


def build(card: ModelCard, device: str) -> Colorizer:
    """The model of a card with its weights on a device. Raises WeightsError."""
    network = VitHint()
    load_strict(network, read_weights(card.file, card.sha256), card.file)
    return VitHintColorizer(card, network.to(torch.device(device)), load_encoder(device))
