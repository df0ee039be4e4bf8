"""A U-Net that colors a photo by itself: lightness in, a and b out.

    model = UNet()
    ab, logits = model(L, tokens)        # L (B, 1, H, W) in [0, 100], tokens (B, 1152, H/16, W/16), all once per photo
    ab = model.paint(ab, logits, Dials(vividness=0.5))  # (B, 2, H/2, W/2) in Lab units, as vivid as one likes

The shape is Ronneberger's (2015): a contracting path that sees where edges are, an expanding path that gets them back
through skips. What is at the bottom is not learned here: the tokens of a frozen ViT (toolkit/models/encoder.py), which
know what things are; ten thousand photos teach a network which color grass has, but not what grass looks like. The
bottom says a color for each token; the expanding path adds what the edges know.

Two heads, because one question has two answers. Regression gives the mean of all plausible colors: safe, smooth, best
in PSNR, and dull, for the mean of a red and a blue dress is gray. The other head gives the distribution itself (Zhang
2016): a share for each of the ab bins at each place. Its annealed mean is livelier; its spread says how unsure the
model is; its clusters are colors to suggest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import AbBins, annealed_mean
from toolkit.guidance import Points
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction
from toolkit.models.cards import ModelCard
from toolkit.models.encoder import CHANNELS, Encoder, load_encoder
from toolkit.models.propagation import agree, propagate, within_lassos
from toolkit.models.steering import dressed
from toolkit.models.weights import load_strict, read_weights

# of the lively colors, chosen on validation photos for nine tenths of real photos' colorfulness; Zhang takes 0.38
TEMPERATURE = 0.17
AB_SCALE = 20.0  # ab is learned in units of about its standard deviation


@dataclass(frozen=True)
class UNetConfig:
    """Sizes of a UNet. Thin, for it has to train on a laptop's CPU: 1.4 GFLOP for 256 x 256, a ninth of what the frozen
    ViT costs.
    """

    # contracting path, strides 2, 4, 8, 16: it sees edges and texture, no things
    down: tuple[int, int, int, int] = (16, 24, 48, 96)
    bottom: int = 256  # at stride 16, where tokens and edges meet
    up: tuple[int, int, int] = (96, 48, 24)  # expanding path, strides 8, 4, 2
    bin_step: int = 10  # Lab units between ab bins, as in Zhang 2016


class Conv(nn.Module):
    """Convolution, norm, SiLU: (B, in, h, w) -> (B, out, h / stride, w / stride)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 2 + stride if stride == 2 else 3, stride, padding=1)
        self.norm = nn.GroupNorm(8, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return F.silu(self.norm(self.conv(x)))


class Up(nn.Module):
    """Double the size and take in the skip: (B, in, h, w), (B, skip, 2h, 2w) -> (B, out, 2h, 2w)."""

    def __init__(self, in_channels: int, skip: int, out_channels: int, depth: int = 1) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(in_channels, out_channels, 1)  # before enlarging: a quarter of the work
        self.refine = nn.Sequential(
            Conv(out_channels + skip, out_channels), *[Conv(out_channels, out_channels) for _ in range(depth - 1)]
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """See the class."""
        x = F.interpolate(self.shrink(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.refine(torch.cat([x, skip], 1))


class Mix(nn.Module):
    """What each place makes of its own channels: (B, in, h, w) -> (B, out, h, w). The tokens have looked around
    already.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 1)
        self.norm = nn.GroupNorm(8, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return F.silu(self.norm(self.conv(x)))


class UNet(nn.Module):
    """See the head of this file."""

    def __init__(self, config: UNetConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or UNetConfig()
        self.bins = AbBins.make(c.bin_step)
        d, u = c.down, c.up
        self.down = nn.ModuleList([Conv(a, b, stride=2) for a, b in zip((1, *d), d, strict=False)])
        self.tokens = nn.Conv2d(CHANNELS, c.bottom, 1)
        self.bottom = nn.Sequential(Mix(c.bottom + d[3], c.bottom), Mix(c.bottom, c.bottom))
        self.coarse_ab = nn.Conv2d(c.bottom, 2, 1)
        self.coarse_bins = nn.Conv2d(c.bottom, len(self.bins.centers), 1)
        self.up8 = Up(c.bottom, d[2], u[0], depth=2)
        self.up4 = Up(u[0], d[1], u[1])
        self.up2 = Up(u[1], d[0], u[2])
        self.to_ab = nn.Conv2d(u[2], 2, 3, padding=1)
        self.to_bins = nn.Conv2d(u[1], len(self.bins.centers), 1)
        for head in (self.to_ab, self.to_bins):  # the expanding path begins by changing nothing
            nn.init.zeros_(head.weight)

    def forward(self, L: Tensor, tokens: Tensor, coarse: bool = False) -> tuple[Tensor, Tensor]:
        """L (B, 1, H, W) in [0, 100], tokens (B, 1152, H/16, W/16) -> ab (B, 2, H/2, W/2), bin logits (B, Q, H/4, W/4).

        coarse: what the bottom says alone, both at H/16, W/16; five times as fast, for the first part of the training.
        """
        x, skips = self._bottom(L, tokens)
        if coarse:
            return self.coarse_ab(x) * AB_SCALE, self.coarse_bins(x)
        ab, logits, _, _ = self._expand(x, skips)
        return ab, logits

    def look(self, L: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As forward, with the features the answer was made of: also (B, 48, H/4, W/4) and (B, 24, H/2, W/2), for
        models that build on this one.
        """
        return self._expand(*self._bottom(L, tokens))

    def _bottom(self, L: Tensor, tokens: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = L / 50 - 1
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        return self.bottom(torch.cat([self.tokens(tokens), x], 1)), skips

    def _expand(self, x: Tensor, skips: list[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        at2, at4, at8, _ = skips
        ab, logits = self.coarse_ab(x), self.coarse_bins(x)
        x4 = self.up4(self.up8(x, at8), at4)
        x2 = self.up2(x4, at2)
        logits = self.to_bins(x4) + F.interpolate(logits, scale_factor=4.0, mode="bilinear", align_corners=False)
        ab = self.to_ab(x2) + F.interpolate(ab, scale_factor=8.0, mode="bilinear", align_corners=False)
        return ab * AB_SCALE, logits, x4, x2

    def paint(self, ab: Tensor, logits: Tensor, dials: Dials) -> Tensor:
        """Both heads' answers -> one ab (B, 2, H/2, W/2): from the regression's mean (vividness 0) to the
        distribution's annealed mean (1).
        """
        if not dials.vividness:
            return ab
        lively = annealed_mean(logits, self.bins, TEMPERATURE)
        return torch.lerp(
            ab, F.interpolate(lively, ab.shape[-2:], mode="bilinear", align_corners=False), dials.vividness
        )


class UNetColorizer:
    """A trained U-Net with its encoder, as a toolkit.models.base.Colorizer."""

    def __init__(self, card: ModelCard, network: UNet, encoder: Encoder) -> None:
        self.card, self.network, self.encoder, self.bins = card, network.eval(), encoder, network.bins

    @torch.inference_mode()
    def encode(self, L: Tensor) -> Encoded:
        """L (1, 1, H, W) in [0, 100], H and W multiples of 16."""
        tokens = self.encoder(L).float()
        ab, logits = self.network(L, tokens)
        keys = F.normalize(tokens, dim=1)
        return Encoded(L, ab.float(), keys, agree(logits.float(), keys))

    @torch.inference_mode()
    def decode(self, encoded: Encoded, points: Points, dials: Dials, seed: int) -> Prediction:
        """Automatic colors as vivid as asked for, then the points, each spread over what looks alike."""
        assert encoded.logits is not None
        ab = dressed(self.network.paint(encoded.ab, encoded.logits, dials), encoded.L, dials, encoded.logits, self.bins)
        uncertainty = F.interpolate(
            doubt(encoded.logits, self.bins), ab.shape[-2:], mode="bilinear", align_corners=False
        )
        if not len(points):
            return Prediction(ab, uncertainty)
        ab, influence = within_lassos(
            ab, points, lambda some, alone: propagate(ab, encoded.L, encoded.keys, some, alone)
        )
        return Prediction(ab, uncertainty * (1 - influence.sum(0).clamp(max=1)), influence)


# Standard deviation of the predicted color, Lab units, at which the model counts as sure and as knowing nothing: about
# the ends of what it says on validation photos, where its mistakes grow steadily from one to the other.
SURE, UNSURE = 12.0, 36.0


def doubt(logits: Tensor, bins: AbBins) -> Tensor:
    """How unsure a distribution over bins is: logits (B, Q, h, w) -> (B, 1, h, w) in [0, 1], from the standard
    deviation of the color.
    """
    share = logits.softmax(1)
    centers = bins.centers.to(share)
    mean = torch.einsum("bqhw,qc->bchw", share, centers)
    square = torch.einsum("bqhw,q->bhw", share, centers.square().sum(1))
    spread = (square - mean.square().sum(1)).clamp(min=0).sqrt().unsqueeze(1)
    return ((spread - SURE) / (UNSURE - SURE)).clamp(0, 1)


def build(card: ModelCard, device: str) -> Colorizer:
    """The model of a card with its weights on a device. Raises WeightsError."""
    network = UNet()
    load_strict(network, read_weights(card.file, card.sha256), card.file)
    return UNetColorizer(card, network.to(torch.device(device)), load_encoder(device))
