"""A trained network of the teaching zoo as a model: automatic colors, and points that spread over what is as light."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.guidance import Points
from toolkit.models.base import Colorizer, Dials, Encoded, Prediction
from toolkit.models.cards import ModelCard
from toolkit.models.propagation import propagate, within_lassos
from toolkit.models.steering import dressed
from toolkit.models.weights import load_strict, read_weights
from toolkit.models.zoo import network
from toolkit.models.zoo.vae import VAE

CELL = 4  # px of L per key
LEVELS, WIDTH = 12, 9.0  # bumps over L, and their width in L units


class ZooColorizer:
    """A trained network of the zoo, as a toolkit.models.base.Colorizer."""

    bins = None

    def __init__(self, card: ModelCard, network: nn.Module) -> None:
        self.card, self.network = card, network.eval()

    @torch.inference_mode()
    def encode(self, L: Tensor) -> Encoded:
        """L (1, 1, H, W) in [0, 100], H and W multiples of 16."""
        return Encoded(L, self.network(L).float(), light_keys(L))

    @torch.inference_mode()
    def decode(self, encoded: Encoded, points: Points, dials: Dials, seed: int) -> Prediction:
        """Automatic colors, then the points, each spread over what is as light. Vividness has no meaning but for the
        VAE: how far z is from 0.
        """
        ab = encoded.ab
        if isinstance(self.network, VAE) and dials.vividness:
            z = torch.randn(1, self.network.latent, generator=torch.Generator().manual_seed(seed)).to(ab)
            ab = self.network(encoded.L, z * dials.vividness)
        ab = dressed(ab, encoded.L, dials)
        if not len(points):
            return Prediction(ab)
        ab, influence = within_lassos(
            ab, points, lambda some, alone: propagate(ab, encoded.L, encoded.keys, some, alone)
        )
        return Prediction(ab, influence=influence)


def light_keys(L: Tensor) -> Tensor:
    """Keys that know nothing but lightness, for networks that have none: L (1, 1, H, W) -> unit vectors (1, 12, H/4,
    W/4).

    Each is a row of Gaussian bumps around the cell's mean L (a population code), so that the cosine of two falls with
    the difference of their L.
    """
    mean = F.avg_pool2d(L, CELL)
    centers = torch.linspace(0, 100, LEVELS).to(L).view(1, -1, 1, 1)
    return F.normalize(torch.exp(-((mean - centers) / WIDTH).square() / 2), dim=1)


def build(card: ModelCard, device: str) -> Colorizer:
    """The model of a card with its weights on a device. Raises WeightsError."""
    trained = network(card.architecture)
    load_strict(trained, read_weights(card.file, card.sha256), card.file)
    return ZooColorizer(card, trained.to(torch.device(device)))
