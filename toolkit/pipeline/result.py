"""A colored photo, and how it leaves."""

from dataclasses import dataclass
from pathlib import Path

from PIL.Image import Image
from torch import Tensor

from toolkit.photo import Photo, save_layer, save_photo
from toolkit.photo.pictures import to_pil


@dataclass(frozen=True)
class Result:
    """A colored photo."""

    rgb: Tensor  # uint8 (3, H, W), the photo's size
    ab: Tensor  # (1, 2, h, w), what the model said, Lab units
    uncertainty: Tensor | None  # (1, 1, h, w) in [0, 1]
    influence: Tensor | None  # (N, h, w) in [0, 1], for each point of the guidance
    photo: Photo
    model: str
    vividness: float
    seed: int
    notes: tuple[str, ...] = ()

    def save(self, path: str | Path, *, overwrite: bool = False, mark: bool = False) -> Path:
        """Write PNG, JPEG, WebP or TIFF, by the suffix. Raises PhotoError."""
        return save_photo(self.rgb, path, model=self.model, overwrite=overwrite, mark=mark)

    def save_layer(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the color alone, a PNG to lay over the original in an editor. Raises PhotoError."""
        return save_layer(self.rgb, path, model=self.model, overwrite=overwrite)

    def to_pil(self) -> Image:
        """As a Pillow image."""
        return to_pil(self.rgb)
