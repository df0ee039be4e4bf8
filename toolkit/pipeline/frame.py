"""The geometry between a photo and a model."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from toolkit.guidance import Guidance, Points
from toolkit.models.encoder import STRIDE
from toolkit.photo import places

LONGEST = 4  # times the working size: a 1:20 panorama is seen coarser, not for minutes


@dataclass(frozen=True)
class Frame:
    """Sizes of a photo and of the small copy that a model sees: the one place where they, and coordinates, are
    converted.
    """

    height: int  # of the photo
    width: int
    h: int  # of its small copy, even: colors come at half of it
    w: int

    @classmethod
    def fit(cls, height: int, width: int, size: int) -> "Frame":
        """A small copy of the same aspect whose short side is `size` px (long side at most four times that)."""
        scale = min(size / min(height, width), LONGEST * size / max(height, width))
        h, w = (max(2, round(side * scale / 2) * 2) for side in (height, width))
        return cls(height, width, h, w)

    def pad(self, small: Tensor, stride: int = 1) -> Tensor:
        """(B, C, h/stride, w/stride) -> (B, C, H'/stride, W'/stride), H' and W'
        multiples of 16, the border repeated.
        """
        return F.pad(small, (0, -self.w % STRIDE // stride, 0, -self.h % STRIDE // stride), mode="replicate")

    def crop(self, tensor: Tensor, stride: int) -> Tensor:
        """(..., H'/stride, W'/stride) -> the photo's part, (..., h/stride, w/stride), rounded up."""
        return tensor[..., : -(-self.h // stride), : -(-self.w // stride)]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo."""
        return self.width, self.height

    def to_cell(self, x: float, y: float, grid: tuple[int, int]) -> tuple[int, int]:
        """The cell (row, column) of a grid of (rows, columns) over the photo in which a pixel of the photo lies; the
        nearest, for one beside it.
        """
        return places.to_cell((x, y), self.size, grid)

    def from_cell(self, cell: tuple[float, float], grid: tuple[int, int]) -> tuple[float, float]:
        """The pixel (x, y) of the photo in the middle of a cell (row, column) of a grid of (rows, columns), counted
        from center to center.
        """
        return places.from_cell(cell, grid, self.size)

    def to_small(self, xy: Tensor) -> Tensor:
        """Pixels of the photo (N, 2) -> pixels of the small copy (N, 2), center to center."""
        return places.rescaled(xy, self.size, (self.w, self.h))

    def points(self, guidance: Guidance) -> Points:
        """Guidance for the photo, checked, as points on the padded small copy, their regions at half its size."""
        marks = guidance.points((self.h // 2, self.w // 2))
        regions = None if marks.regions is None else self.pad(marks.regions[:, None], 2)[:, 0]
        return Points(self.to_small(marks.xy), marks.ab, regions)
