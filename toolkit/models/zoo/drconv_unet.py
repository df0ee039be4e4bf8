"""A U-Net whose filters depend on the place: dynamic region-aware convolution, DRConv, of Chen et al. (CVPR 2021), in
the expanding path.

    model = DRConvUNet()
    ab = model(L)              # L (B, 1, H, W) in [0, 100], H and W multiples of 16 -> (B, 2, H/2, W/2), Lab units
    regions = model.regions(L)  # (B, 4, H/4, W/4), one of the four is 1 at each place: its kind of region

An ordinary convolution treats sky and face alike. Here a learned mask gives each place to one of four regions, and a
filter is made for each region of each photo: the mask says where, the photo says what. Which region has the largest of
four numbers has no gradient; in training the softmax lends its own (section 3.2 of the paper).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.unet import Up
from toolkit.models.zoo.autoencoder import AutoencoderConfig
from toolkit.models.zoo.plain_unet import PlainUNet

REGIONS = 4  # the paper takes 8 for wider layers
KERNEL = 3


class DRConv(nn.Module):
    """Dynamic region-aware convolution, norm, SiLU: (B, in, h, w) -> (B, out, h, w).

    The filters of all regions are made from the photo pooled to 3 x 3, by two pointwise convolutions with a sigmoid
    between them, the second in groups of one region each (figure 2b of the paper).
    """

    def __init__(self, in_channels: int, out_channels: int, regions: int = REGIONS) -> None:
        super().__init__()
        self.sizes = (regions, out_channels, in_channels)
        self.guide = nn.Conv2d(in_channels, regions, 3, padding=1)
        self.squeeze = nn.Conv2d(in_channels, regions * regions, 1)
        self.make = nn.Conv2d(regions * regions, regions * out_channels * in_channels, 1, groups=regions)
        self.norm = nn.GroupNorm(8, out_channels)

    def regions(self, x: Tensor) -> Tensor:
        """(B, in, h, w) -> (B, M, h, w): 1 at the region of each place, 0 elsewhere; its gradient is the softmax's."""
        share = self.guide(x).softmax(1)
        chosen = F.one_hot(share.argmax(1), share.shape[1]).permute(0, 3, 1, 2).to(share)
        return chosen + share - share.detach()

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        B, _, h, w = x.shape
        M, out, into = self.sizes
        made = self.make(self.squeeze(F.adaptive_avg_pool2d(x, KERNEL)).sigmoid())  # (B, M out in, 3, 3)
        filters = made.reshape(B * M * out, into, KERNEL, KERNEL)
        # every region's, everywhere
        answers = F.conv2d(x.reshape(1, B * into, h, w), filters, padding=KERNEL // 2, groups=B)
        answers = answers.view(B, M, out, h, w)
        return F.silu(self.norm((answers * self.regions(x).unsqueeze(2)).sum(1)))


class DRConvUNet(PlainUNet):
    """See the head of this file: a PlainUNet whose second enlarging, at a quarter of the photo's size, ends in a
    DRConv.
    """

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__(config)
        second = self._second()
        channels = second.shrink.out_channels
        second.refine = nn.Sequential(DRConv(2 * channels, channels))

    @torch.no_grad()
    def regions(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) -> (B, 4, H/4, W/4): which region each place belongs to, 1 at it and 0 elsewhere."""
        layer, seen = self._second().refine[0], list[Tensor]()
        assert isinstance(layer, DRConv)
        hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        self(L)
        hook.remove()
        return layer.regions(seen[0]).round()

    def _second(self) -> Up:
        second = self.up[1]
        assert isinstance(second, Up)
        return second
