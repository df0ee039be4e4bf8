"""A photo that is known everywhere: a toy network that any model can be replaced by, and a toy localizer for which things are where we say."""

import numpy as np
import torch
from torch.nn import functional as F

from toolkit.color import AbBins
from toolkit.models.base import Encoded, Prediction
from toolkit.models.cards import get_card
from toolkit.photo import Photo
from toolkit.pipeline import Session
from toolkit.text.localizer import Found

SIZE = 240, 160
PLACES = {  # left, top, right, bottom, in parts of the photo
    "wall": (0.0, 0.0, 0.5, 0.5),
    "jacket": (0.5, 0.0, 1.0, 0.5),
    "dog": (0.0, 0.5, 0.5, 1.0),
}
MIDDLE = {"wall": (60, 40), "jacket": (180, 40), "dog": (60, 120), "rest": (180, 120)}


class Toy:
    """Everything is greenish; a hint colors the whole of its lasso."""

    card = get_card("unet")
    bins = AbBins.make()

    def encode(self, L):
        logits = torch.full((1, len(self.bins), L.shape[2] // 16, L.shape[3] // 16), -9.0)
        logits[:, 7] = 2.0
        ab = torch.tensor([-12.0, 8.0]).view(1, 2, 1, 1).expand(1, 2, L.shape[2] // 2, L.shape[3] // 2)
        return Encoded(L, ab, torch.ones(1, 1, 2, 2), logits)

    def decode(self, encoded, points, dials, seed):
        ab = encoded.ab * dials.saturation + torch.tensor(dials.tint).view(1, 2, 1, 1)
        if not len(points):
            return Prediction(ab, None)
        rows, columns = torch.meshgrid(torch.arange(ab.shape[2]), torch.arange(ab.shape[3]), indexing="ij")
        away = torch.stack([(rows - y / 2) ** 2 + (columns - x / 2) ** 2 for x, y in points.xy])
        influence = F.softmax(-away, 0) * (1 if points.regions is None else points.regions)
        return Prediction(ab * (1 - influence.sum(0)) + torch.einsum("nhw,nc->chw", influence, points.ab), None, influence)


class Map:
    """Where things are, as a Localizer's Sight."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.h, self.w = -(-size[0] // 4), -(-size[1] // 4)

    def look(self, _session: object) -> "Map":
        return self

    def find(self, noun: str) -> Found:
        heat = torch.zeros(1, 1, self.h, self.w)
        if noun in PLACES:
            left, top, right, bottom = PLACES[noun]
            heat[..., round(top * self.h) : round(bottom * self.h), round(left * self.w) : round(right * self.w)] = 1
        there = noun in PLACES
        return Found(noun, noun, "known", 0.9 if there else 0.1, there, heat)

    def names(self, least: float = 0.5) -> list[tuple[str, float]]:
        return [(name, 0.9) for name in PLACES]


class Anywhere:
    """A localizer for photos of any size."""

    def look(self, session: Session) -> Map:
        return Map(session.seen_size())


def gray(width: int = SIZE[0], height: int = SIZE[1]) -> Photo:
    y, x = np.mgrid[:height, :width]
    return Photo.from_array((130 + 12 * np.sin(x / 31) + 9 * np.cos(y / 23)).astype(np.uint8))
