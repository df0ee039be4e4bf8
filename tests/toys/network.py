"""Networks that any model, and any encoder, can be replaced by: quick, and what they say is known."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import AbBins
from toolkit.models.base import Dials, Encoded, Prediction
from toolkit.models.cards import get_card
from toolkit.models.encoder import CHANNELS


class Network:
    """Everything is greenish; a hint colors a spot around it; the likeliest color is bin 7, then bin 90, whatever the
    place; dark is certain.
    """

    card = get_card("unet")
    bins = AbBins.make()

    def encode(self, L: Tensor) -> Encoded:
        logits = torch.full((1, len(self.bins), L.shape[2] // 16, L.shape[3] // 16), -9.0)
        logits[:, 7], logits[:, 90] = 2.0, 1.0
        ab = torch.tensor([-12.0, 8.0]).view(1, 2, 1, 1).expand(1, 2, L.shape[2] // 2, L.shape[3] // 2)
        return Encoded(L, ab, torch.ones(1, 1, 2, 2), logits)

    def decode(self, encoded: Encoded, points, dials: Dials, seed: int) -> Prediction:
        ab = encoded.ab * (0.5 + dials.vividness) * dials.saturation + torch.tensor(dials.tint).view(1, 2, 1, 1)
        doubt = F.avg_pool2d(encoded.L, 2) / 100
        if not len(points):
            return Prediction(ab, doubt)
        rows, columns = torch.meshgrid(torch.arange(ab.shape[2]), torch.arange(ab.shape[3]), indexing="ij")
        away = torch.stack([(rows - y / 2) ** 2 + (columns - x / 2) ** 2 for x, y in points.xy])
        influence = self.influence(away, torch.ones(()) if points.regions is None else points.regions)  # (N, h, w)
        return Prediction(
            ab * (1 - influence.sum(0)) + torch.einsum("nhw,nc->chw", influence, points.ab), doubt, influence
        )

    def influence(self, away: Tensor, regions: Tensor) -> Tensor:
        spots = torch.exp(-away / 200) * regions
        return spots / spots.sum(0).clamp(min=1)


class Flood(Network):
    """A hint colors the whole of its lasso."""

    def influence(self, away: Tensor, regions: Tensor) -> Tensor:
        return F.softmax(-away, 0) * regions


class Eye(nn.Module):
    """An encoder whose tokens are the mean lightness of their place."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, L: Tensor) -> Tensor:
        return F.avg_pool2d(L, 16).expand(-1, CHANNELS, -1, -1) * self.weight
