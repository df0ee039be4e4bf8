"""What a colorizer is scolded for."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import AbBins


def huber_ab(predicted: Tensor, truth: Tensor, delta: float = 20.0) -> Tensor:
    """Huber loss on ab, (B, 2, H, W) each, in units of delta: square below 20 Lab units, linear above.

    A small delta finds the median color, which is gray more often than the mean; a large one lets the few vivid pixels
    weigh in.
    """
    return F.huber_loss(predicted / delta, truth / delta)


class RebalancedCrossEntropy(nn.Module):
    """Cross-entropy against soft-encoded ab bins, rare colors weighing more (Zhang 2016, eq. 2 and 3).

    The soft encoding (Gaussian over the 5 nearest bins, sigma 5) of every whole-numbered ab is made once and looked up,
    instead of searching the neighbors of each pixel again and again.
    """

    nearest: Tensor
    share: Tensor
    weight: Tensor

    def __init__(self, bins: AbBins, weight: Tensor, neighbors: int = 5, sigma: float = 5.0) -> None:
        super().__init__()
        axis = torch.arange(-128.0, 128.0)
        grid = torch.cartesian_prod(axis, axis)  # (65536, 2)
        distance, nearest = torch.cdist(grid, bins.centers).topk(neighbors, largest=False)  # (65536, 5)
        self.register_buffer("nearest", nearest, persistent=False)
        self.register_buffer("share", torch.softmax(-(distance**2) / (2 * sigma**2), 1), persistent=False)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        """logits (B, Q, h, w), truth ab (B, 2, h, w) -> the mean over pixels, each weighted by its nearest bin's
        weight.
        """
        a, b = truth.round().clamp(-128, 127).long().unbind(1)  # (B, h, w)
        index = ((a + 128) * 256 + b + 128).unsqueeze(1)  # (B, 1, h, w)
        nearest = self.nearest[index[:, 0]].permute(0, 3, 1, 2)  # (B, 5, h, w)
        share = self.share[index[:, 0]].permute(0, 3, 1, 2)
        loss = -(logits.log_softmax(1).gather(1, nearest) * share).sum(1)  # (B, h, w)
        weight = self.weight[nearest[:, 0]]
        return (loss * weight).sum() / weight.sum()
