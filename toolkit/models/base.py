"""What a model is to the rest: it encodes a photo once and decodes it as often as one likes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from toolkit.color import AbBins
from toolkit.models.cards import ModelCard

Step = Callable[[int, int, Tensor], None]  # (step, of, ab so far (1, 2, h, w)) while a sample takes shape; may raise to stop


@dataclass(frozen=True)
class Dials:
    """What a person can turn."""

    vividness: float = 0.5  # 0: the safe mean of all plausible colors; 1: as lively as real photos
    saturation: float = 1.0  # 0 to 2, times the automatic colors' chroma
    palette: tuple[tuple[float, float, float], ...] = ()  # Lab of the colors that the automatic ones should become; none: as they are
    shares: tuple[float, ...] = ()  # how much of the picture each color of the palette should get, together 1; none: as much as fits
    tint: tuple[float, float] = (0.0, 0.0)  # ab added to the automatic colors: warmer, cooler, sepia
    steps: int = 4  # of models that draw: how many times they look at a sample
    guidance: float = 1.0  # of models that draw: above 1, photo and hints decide more than they should


@dataclass(frozen=True)
class Points:
    """N colored points on the model's own grid."""

    xy: Tensor  # (N, 2), pixels of the L that was encoded
    ab: Tensor  # (N, 2), Lab units
    regions: Tensor | None = None  # (N, H/2, W/2) in [0, 1]: where each may act; all ones for a free point; None: all are free

    def __len__(self) -> int:
        return len(self.xy)

    def only(self, chosen: Tensor) -> "Points":
        """The points chosen by a mask (N,) of bool."""
        return Points(self.xy[chosen], self.ab[chosen], None if self.regions is None else self.regions[chosen])


@dataclass(frozen=True)
class Encoded:
    """A photo as a model sees it; made once, never changed."""

    L: Tensor  # (1, 1, H, W) in [0, 100], H and W multiples of 16
    ab: Tensor  # (1, 2, h, w) the automatic colors' mean, Lab units
    keys: Tensor  # (1, C, h', w') unit vectors: alike where the photo shows alike things
    logits: Tensor | None = None  # (1, Q, h", w") the distribution over the model's ab bins, if it has one


@dataclass(frozen=True)
class Prediction:
    """Colors for one Encoded under one Guidance."""

    ab: Tensor  # (1, 2, h, w), Lab units
    uncertainty: Tensor | None = None  # (1, 1, h, w) in [0, 1]
    influence: Tensor | None = None  # (N, h', w') in [0, 1]: how much each point decides at each place


class Colorizer(Protocol):
    """A model with its weights."""

    card: ModelCard

    @property
    def bins(self) -> AbBins | None:
        """The ab bins of its distribution, if it has one."""
        ...

    def encode(self, L: Tensor) -> Encoded:
        """L (1, 1, H, W) in [0, 100], H and W multiples of 16 -> everything that does not depend on guidance."""
        ...

    def decode(self, encoded: Encoded, points: Points, dials: Dials, seed: int) -> Prediction:
        """Colors for this guidance; the same arguments give the same bytes."""
        ...


@runtime_checkable
class Sampler(Colorizer, Protocol):
    """A model that draws: another seed, another coloring."""

    def draw(self, encoded: Encoded, points: Points, dials: Dials, seed: int, step: Step | None = None) -> Prediction:
        """As decode; `step` sees the sample after every step."""
        ...
