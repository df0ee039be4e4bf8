"""Photos whose colors are known: where they come from, and the size at which they are compared.

for photo in open_truths(find_photos(["val.tar", "album/"]), 256, skipped := []):
    ...
"""

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from torch import Tensor

from toolkit.photo import SUFFIXES, Photo, PhotoError, encode_photo, open_photo
from toolkit.photo.sizes import shrink

LONGEST = 12  # times a photo's short side: at a fixed short side the rest of a strip would fill the memory
Source = tuple[str, Callable[[], bytes]]  # a photo's name, and how to read its file


def find_photos(sources: Sequence[str | Path | Photo]) -> Iterator[Source]:
    """The photos of folders (with their subfolders), tars and single files, in order; nothing is read before it is
    asked for.

    A photo in memory is read as a PNG of itself. Raises ValueError for a source that is none of these.
    """
    for given in sources:
        if isinstance(given, Photo):
            yield given.name, partial(encode_photo, given.rgb)
            continue
        source = Path(given)
        if source.is_dir():
            for file in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
                yield file.relative_to(source).as_posix(), file.read_bytes
        elif source.is_file() and source.suffix.lower() in SUFFIXES:
            yield source.name, source.read_bytes
        elif source.is_file() and tarfile.is_tarfile(source):
            with tarfile.open(source) as tar:
                for member in tar:
                    if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                        yield member.name, partial(_member, tar, member)
        else:
            raise ValueError(f"{source} is neither a folder of photos, nor a tar, nor a photo; give one of these.")


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return (tar.extractfile(member) or io.BytesIO()).read()


def open_truths(sources: Iterable[Source], size: int, skipped: list[str]) -> Iterator[Photo]:
    """Photos in color with a short side of `size` px; what does not open or has no color is left out and told in
    `skipped`.
    """
    for name, read in sources:
        try:
            photo = open_photo(read(), name=name)
        except (PhotoError, OSError) as error:
            skipped.append(f"{name}: {error}")
            continue
        if photo.tone == "gray":
            skipped.append(f"{name}: has no color to compare with")
            continue
        if max(photo.size) > LONGEST * min(photo.size):
            skipped.append(f"{name}: is more than {LONGEST} times as long as wide; crop it to compare")
            continue
        scale = size / min(photo.size)
        small = shrink(photo, (round(photo.height * scale), round(photo.width * scale)))
        yield replace(small, tone="color")  # a photo of wood may pass for sepia; here what the file says is the truth


def floats(rgb: Tensor) -> Tensor:
    """Pixels as the metrics want them: uint8 (3, H, W) -> (1, 3, H, W) in [0, 1]."""
    return rgb[None].float() / 255
