"""Deeper, and it looks farther: dilated convolutions at a quarter of the size, after Zhang, Isola and Efros, "Colorful
Image Colorization" (2016).

    ab = DeepCNN()(L)          # L (B, 1, H, W) in [0, 100], H and W multiples of 4 -> (B, 2, H/2, W/2), Lab units

A dilated convolution leaves holes between the pixels that it reads (Yu and Koltun 2016), so that eight layers see 250
pixels across without ever shrinking the picture further. Deep networks of plain layers learn badly; with a shortcut
around each (He et al. 2016) they learn well. No skip leads back to the fine size: colors stop where the quarter-size
grid says.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.unet import AB_SCALE, Conv


@dataclass(frozen=True)
class DeepCNNConfig:
    """Sizes of a DeepCNN."""

    channels: int = 48
    # the small ones at the end close the holes that the large ones leave (gridding)
    dilations: tuple[int, ...] = (1, 2, 4, 8, 8, 4, 2, 1)


class Dilated(nn.Module):
    """x + convolution of x: (B, C, h, w) -> the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return x + self.conv(F.silu(self.norm(x)))


class DeepCNN(nn.Module):
    """See the head of this file."""

    def __init__(self, config: DeepCNNConfig | None = None) -> None:
        super().__init__()
        c = config or DeepCNNConfig()
        self.shrink = nn.Sequential(Conv(1, c.channels // 2, stride=2), Conv(c.channels // 2, c.channels, stride=2))
        self.look = nn.Sequential(*[Dilated(c.channels, dilation) for dilation in c.dilations])
        self.to_ab = nn.Sequential(nn.GroupNorm(8, c.channels), nn.SiLU(), nn.Conv2d(c.channels, 2, 1))

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> ab (B, 2, H/2, W/2)."""
        ab = self.to_ab(self.look(self.shrink(L / 50 - 1)))
        return AB_SCALE * F.interpolate(ab, scale_factor=2.0, mode="bilinear", align_corners=False)
