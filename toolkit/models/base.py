"""What a model is to the rest: it encodes a photo once and decodes it as often as one likes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from toolkit.color import AbBins
from toolkit.color.palette import Swatch, chosen
from toolkit.guidance import Points
from toolkit.models.cards import ModelCard

# (step, of, ab so far (1, 2, h, w)) while a sample takes shape; may raise to stop
Step = Callable[[int, int, Tensor], None]


MOST_STEPS, STRONGEST = 100, 8.0  # of models that draw
STRONGEST_TINT = 60.0  # Lab units: beyond, no color of the photo is left


@dataclass(frozen=True)
class Dials:
    """What a person can turn. Checked when made: raises ValueError with one sentence."""

    vividness: float = 0.5  # 0: the safe mean of all plausible colors; 1: as lively as real photos
    saturation: float = 1.0  # 0 to 2, times the automatic colors' chroma
    # up to 16 colors that the automatic ones become; Swatches in their shares of the picture
    palette: Sequence[str | Swatch] = ()
    tint: tuple[float, float] = (0.0, 0.0)  # a and b added to the automatic colors, -60 to 60: warmer, cooler, sepia
    steps: int = 4  # of models that draw, 1 to 100: how many times they look at a sample
    # of classifier-free guidance, 0 to 8, of models that draw; 1 is none, above it photo and hints decide more
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.vividness <= 1:
            raise ValueError(f"Vividness is {self.vividness}; choose a number from 0 (safe) to 1 (lively).")
        if not 0 <= self.saturation <= 2:
            raise ValueError(f"Saturation is {self.saturation}; choose a number from 0 (gray) to 2 (double).")
        if not all(-STRONGEST_TINT <= t <= STRONGEST_TINT for t in self.tint):
            raise ValueError(
                f"The tint is {self.tint}; choose a and b between -{STRONGEST_TINT:g} and {STRONGEST_TINT:g}."
            )
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"{self.steps} steps were asked for; choose a number from 1 to {MOST_STEPS}.")
        if not 0 <= self.strength <= STRONGEST:
            raise ValueError(
                f"The strength of guidance is {self.strength}; choose a number from 0 to {STRONGEST:g}, where 1 is "
                "none."
            )
        chosen(self.palette)
        object.__setattr__(self, "palette", tuple(self.palette))

    @cached_property
    def targets(self) -> tuple[Tensor, Tensor]:
        """Lab (K, 3) of the palette, and the share of the picture that each color should get, (K,), together 1; (0,):
        as much as fits.
        """
        colors, shares = chosen(self.palette)
        return torch.tensor(colors), torch.tensor(shares)


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
