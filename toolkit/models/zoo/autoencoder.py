"""An encoder that shrinks the photo to a small code, and a decoder that paints from it: Hinton and Salakhutdinov 2006,
with convolutions.

    ab = Autoencoder()(L)      # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2), Lab units

Everything has to pass the code, 16 times smaller than the photo on each side. It knows what is where, and no longer
where it ends: colors bleed over edges. That is what the skips of a U-Net are for.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.unet import AB_SCALE, Conv


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of an Autoencoder; the plain U-Net has the same, so that the two differ by the skips alone."""

    down: tuple[int, int, int, int] = (32, 48, 64, 96)  # encoder, strides 2, 4, 8, 16
    up: tuple[int, int, int] = (64, 48, 32)  # decoder, strides 8, 4, 2


class Larger(nn.Module):
    """Double the size: (B, in, h, w) -> (B, out, 2h, 2w)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(in_channels, out_channels, 1)  # before enlarging: a quarter of the work
        self.refine = Conv(out_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = self.refine(F.interpolate(self.shrink(x), scale_factor=2.0, mode="bilinear", align_corners=False))
        return out


def make_encoder(config: AutoencoderConfig, channels: int = 1) -> nn.Sequential:
    """(B, channels, H, W) -> the code (B, 96, H/16, W/16)."""
    return nn.Sequential(*[Conv(a, b, stride=2) for a, b in zip((channels, *config.down), config.down, strict=False)])


def make_decoder(config: AutoencoderConfig, code: int) -> nn.Sequential:
    """The code (B, code, H/16, W/16) -> ab in units of AB_SCALE (B, 2, H/2, W/2)."""
    return nn.Sequential(
        *[Larger(a, b) for a, b in zip((code, *config.up), config.up, strict=False)], nn.Conv2d(config.up[-1], 2, 1)
    )


class Autoencoder(nn.Module):
    """See the head of this file."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        c = config or AutoencoderConfig()
        self.encoder, self.decoder = make_encoder(c), make_decoder(c, c.down[-1])

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> ab (B, 2, H/2, W/2)."""
        ab: Tensor = self.decoder(self.encoder(L / 50 - 1))
        return ab * AB_SCALE
