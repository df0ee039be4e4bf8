"""A U-Net from scratch: Ronneberger, Fischer and Brox 2015, and nothing else.

    ab = PlainUNet()(L)        # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2), Lab units

The autoencoder of this zoo with skips: what the encoder saw at each size goes to the decoder of that size, so that
colors end where things end. The difference to toolkit/models/unet.py is what stands at the bottom: there a frozen ViT
that has seen a hundred million photos, here what could be learned from ours.
"""

from torch import Tensor, nn

from toolkit.models.unet import AB_SCALE, Conv, Up
from toolkit.models.zoo.autoencoder import AutoencoderConfig


class PlainUNet(nn.Module):
    """See the head of this file."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        c = config or AutoencoderConfig()
        self.down = nn.ModuleList([Conv(a, b, stride=2) for a, b in zip((1, *c.down), c.down, strict=False)])
        self.bottom = Conv(c.down[-1], c.down[-1])
        wide = (c.down[-1], *c.up)
        self.up = nn.ModuleList([Up(wide[i], c.down[2 - i], c.up[i]) for i in range(3)])
        self.to_ab = nn.Conv2d(c.up[-1], 2, 1)

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> ab (B, 2, H/2, W/2)."""
        x, seen = L / 50 - 1, []
        for down in self.down:
            x = down(x)
            seen.append(x)
        x = self.bottom(x)
        for up, skip in zip(self.up, seen[-2::-1], strict=True):
            x = up(x, skip)
        ab: Tensor = self.to_ab(x)
        return ab * AB_SCALE
