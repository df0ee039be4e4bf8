"""The simplest network that colors: a few convolutions at one size.

    ab = SimpleCNN()(L)        # L (B, 1, H, W) in [0, 100], H and W even -> (B, 2, H/2, W/2), Lab units

Each place sees 25 x 25 pixels and no more: enough to tell grass from sky by its grain, not enough to know a ball from a
face. What it cannot see it answers with the mean color of everything, which is a pale brown. Every course begins here
(as in Baldassarre et al. 2017, whose decoder is alike).
"""

from dataclasses import dataclass

from torch import Tensor, nn

from toolkit.models.unet import AB_SCALE, Conv


@dataclass(frozen=True)
class SimpleCNNConfig:
    """Sizes of a SimpleCNN."""

    channels: int = 32
    layers: int = 5  # convolutions of 3 x 3 after the one that halves the size; each lets a place see 4 px more


class SimpleCNN(nn.Module):
    """See the head of this file."""

    def __init__(self, config: SimpleCNNConfig | None = None) -> None:
        super().__init__()
        c = config or SimpleCNNConfig()
        self.layers = nn.Sequential(
            Conv(1, c.channels, stride=2), *[Conv(c.channels, c.channels) for _ in range(c.layers)]
        )
        self.to_ab = nn.Conv2d(c.channels, 2, 1)

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> ab (B, 2, H/2, W/2)."""
        ab: Tensor = self.to_ab(self.layers(L / 50 - 1))
        return ab * AB_SCALE
