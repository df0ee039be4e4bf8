"""Photos whose pixels have class names: a tar of NAME.webp with NAME.png (0: not said, else a number of classes.json).

    with LabelledPhotos("regions-val.tar") as photos:
        for name in photos.names:
            photo, labels = photos.photo(name), photos.labels(name)

Unlabelled means "not said", not "background". The folder in a name is the source for which the photo was labelled;
sources differ in what they say.
"""

import io
import json
import tarfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toolkit.photo import Photo, open_photo

ADVICE = "give a tar of photos NAME.webp with labels NAME.png and a classes.json"


class LabelledPhotos:
    """An open tar of photos and labels; read one by one, in the tar's order."""

    names: tuple[str, ...]  # SOURCE/ID, without suffix
    classes: dict[int, str]  # name by pixel value

    def __init__(self, path: str | Path) -> None:
        """Raises ValueError for a file that is no such tar."""
        self.path = path
        try:
            self._tar = tarfile.open(path)  # noqa: SIM115 (closed by __exit__)
            there = self._tar.getnames()
        except (tarfile.TarError, OSError):
            raise ValueError(f"{path} is not a tar that can be read; {ADVICE}.") from None
        if "classes.json" not in there:
            raise ValueError(f"{path} has no classes.json; {ADVICE}.")
        self.classes = {int(value): str(name) for value, name in json.loads(self._read("classes.json")).items()}
        stems = (name.removesuffix(".webp") for name in there if name.endswith(".webp"))
        both = set(there)
        self.names = tuple(stem for stem in stems if f"{stem}.png" in both)

    def photo(self, name: str) -> Photo:
        """Raises PhotoError for one that does not open."""
        return open_photo(self._read(f"{name}.webp"), name=f"{name}.webp")

    def labels(self, name: str) -> NDArray[np.uint8]:
        """Pixel values (H, W). Raises ValueError for a file that is no picture of one channel."""
        try:
            labels = np.asarray(Image.open(io.BytesIO(self._read(f"{name}.png"))))
        except OSError:
            raise ValueError(f"The labels {name}.png in {self.path} do not open; {ADVICE}.") from None
        if labels.ndim != 2:
            raise ValueError(
                f"The labels {name}.png in {self.path} have {labels.shape[-1]} channels; save them as a palette or "
                "gray PNG."
            )
        return labels

    def _read(self, name: str) -> bytes:
        return (self._tar.extractfile(name) or io.BytesIO()).read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tar.close()
