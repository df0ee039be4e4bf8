"""Photos for training: from tars, a folder, or a Hugging Face dataset, to batches of lightness, color and frozen
tokens.

    photos = load_photos(["photos/"])                                    # uint8, short side at most 288
    cache = Cache("cache/", photos, encoder, views=2)  # each view: its own crop, size, flip and damage
    for batch in cache.batches(16, seed=0): ...                          # batch.L, batch.ab, batch.tokens

A ViT costs ten times what the rest of the network does and is frozen, so each view of a photo is encoded once and kept
on disk as fp16 (0.6 MB a view at 256 px). Views differ in size: a model that saw only one size changes its mind with it
(DDColor #54).
"""

import io
import json
import math
import tarfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import kornia
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import rgb_to_lab
from toolkit.models.encoder import STRIDE, Encoder
from toolkit.photo import SUFFIXES, Photo
from toolkit.training.degrade import degrade

# photos are held at this size: larger than every training view needs, small enough for 100,000 in memory
SHORT_SIDE = 288
SHAPES = ((256, 256), (256, 320), (320, 256), (192, 256), (256, 192), (320, 320), (192, 192))  # (H, W) of the views
WINDOW = 12  # tokens, 192 px
CHUNK = 48  # views in one cache file: three batches of 16


@dataclass(frozen=True)
class Batch:
    """Training views of one shape."""

    L: Tensor  # (B, 1, H, W) lightness in [0, 100], damaged
    ab: Tensor  # (B, 2, H, W) the true color, in Lab units
    tokens: Tensor  # (B, 1152, H/16, W/16) what the frozen encoder sees in L

    def to(self, device: torch.device) -> "Batch":
        """The same on a device, all of it float32."""
        return Batch(self.L.to(device), self.ab.to(device), self.tokens.to(device).float())


def _shrink(image: Image.Image) -> Tensor:
    """Any Pillow image -> uint8 (3, h, w), short side at most SHORT_SIDE."""
    image = image.convert("RGB")
    scale = SHORT_SIDE / min(image.size)
    if scale < 1:
        image = image.resize([max(1, round(s * scale)) for s in image.size], Image.Resampling.LANCZOS)
    raw = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return raw.view(image.height, image.width, 3).permute(2, 0, 1).contiguous()


def _images(source: str) -> Iterator[tuple[str, Callable[[], Image.Image]]]:
    """(name, opener) for each photo of a source; opening is left to the caller, who may skip what is broken."""
    path = Path(source)
    if source.startswith("hf:"):
        from datasets import load_dataset

        name, _, split = source[3:].partition("@")
        dataset = load_dataset(name, split=split or "train")
        column = next((c for c, f in dataset.features.items() if type(f).__name__ == "Image"), None)
        if column is None:
            raise ValueError(f"The dataset {name} has no image column; its columns are {', '.join(dataset.features)}.")
        for i in range(len(dataset)):
            yield f"{name}/{i}", partial(_row, dataset, i, column)
    elif path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES):
            yield str(file), partial(Image.open, file)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                    stream = tar.extractfile(member)
                    yield member.name, partial(Image.open, io.BytesIO(stream.read() if stream else b""))
    else:
        raise ValueError(f"{source} is neither a folder of photos, nor a tar, nor hf:NAME@SPLIT; give one of these.")


def _row(dataset: Any, index: int, column: str) -> Image.Image:
    image: Image.Image = dataset[index][column]
    return image


def load_photos(
    sources: list[str], limit: int | None = None, progress: Callable[[int], None] | None = None
) -> list[Tensor]:
    """All photos of the sources as uint8 (3, h, w), short side at most 288 px; files that do not open or have no color
    are skipped.

    A source is a tar, a folder (searched with its subfolders) or "hf:NAME@SPLIT", a Hugging Face image dataset.
    Raises ValueError when a source is none of these or holds no photo.
    """
    return [photo for _, photo in load_named(sources, limit, progress)]


def load_named(
    sources: list[str], limit: int | None = None, progress: Callable[[int], None] | None = None
) -> list[tuple[str, Tensor]]:
    """As load_photos, each photo with its name."""
    photos: list[tuple[str, Tensor]] = []
    for source in sources:
        before = len(photos)
        for name, open_image in _images(source):
            if limit is not None and len(photos) >= limit:
                break
            try:
                photo = _shrink(open_image())
            except (OSError, ValueError, Image.DecompressionBombError):
                continue
            if Photo.from_array(photo.permute(1, 2, 0).numpy()).tone != "color":
                continue
            photos.append((name, photo))
            if progress:
                progress(len(photos))
        if len(photos) == before and (limit is None or before < limit):
            raise ValueError(f"No photo could be read from {source}.")
    return photos


class Photos:
    """Photos that stay as their files have them until they are drawn, where decoded ones do not fit into memory (250 kB
    each instead of 12).

    photos[i] is uint8 (3, h, w), short side at most 288, or None where the file is broken or has no color.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        """sources as for load_photos. Raises ValueError where one of them is none or is empty."""
        self.openers: list[Callable[[], Image.Image]] = []
        for source in sources:
            before = len(self.openers)
            self.openers += [open_image for _, open_image in _images(source)]
            if len(self.openers) == before:
                raise ValueError(f"There is no photo in {source}.")

    def __len__(self) -> int:
        return len(self.openers)

    def __getitem__(self, i: int) -> Tensor | None:
        try:
            photo = _shrink(self.openers[i]())
        except (OSError, ValueError, Image.DecompressionBombError):
            return None
        few = photo[:, ::4, ::4].float()
        return photo if float(few.std(0).mean()) > 1 else None  # the three channels of a gray file are the same


def view(photo: Tensor, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    """A random crop (50 to 100 % of what fits), flipped half of the time: uint8 (3,
    h, w) -> float (3, H, W) in [0, 1].
    """
    H, W = shape
    _, h, w = photo.shape
    u = torch.rand(4, generator=generator).tolist()
    fit = min(h / H, w / W) * math.sqrt(0.5 + 0.5 * u[0])
    ch, cw = max(1, round(H * fit)), max(1, round(W * fit))
    y, x = int(u[1] * (h - ch + 1)), int(u[2] * (w - cw + 1))
    crop = photo[None, :, y : y + ch, x : x + cw].float() / 255
    out = F.interpolate(crop, shape, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)[0]
    return kornia.geometry.hflip(out) if u[3] < 0.5 else out


def center(photo: Tensor, side: int) -> Tensor:
    """The centre square of a photo: uint8 (3, h, w) -> float (3, side, side) in [0, 1]."""
    short = min(photo.shape[-2:])
    y, x = (photo.shape[-2] - short) // 2, (photo.shape[-1] - short) // 2
    square = photo[None, :, y : y + short, x : x + short].float() / 255
    return F.interpolate(square, (side, side), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)[0]


def make_views(photos: list[Tensor], shape: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Photos -> damaged lightness (B, 1, H, W) in [0, 100], true ab (B, 2, H, W)."""
    rgb = torch.stack([view(p, shape, generator) for p in photos])
    return degrade(rgb, generator), rgb_to_lab(rgb)[:, 1:]


class Cache:
    """Encoded views of photos on disk, in safetensors files of CHUNK views of one shape; made where missing, then read
    again and again.

    Views are a pure function of (photos, seed): a cache that was cut short goes on where it stopped, and two processes
    may fill and read it at once.
    """

    def __init__(self, folder: str | Path, photos: list[Tensor], views: int = 2, seed: int = 0) -> None:
        self.folder, self.photos, self.views, self.seed = Path(folder), photos, views, seed
        self.folder.mkdir(parents=True, exist_ok=True)
        recipe = {"photos": len(photos), "seed": seed, "shapes": SHAPES, "chunk": CHUNK}
        note = self.folder / "cache.json"
        if note.exists() and json.loads(note.read_text()) != json.loads(json.dumps(recipe)):
            raise ValueError(
                f"{folder} holds encoded views of other photos or another seed; delete it or name another folder."
            )
        note.write_text(json.dumps(recipe))

    def plan(self) -> Iterator[tuple[Path, list[int], tuple[int, int], int]]:
        """The files: path, which photos, the views' shape, the seed of their crops."""
        for v in range(self.views):
            order = torch.randperm(len(self.photos), generator=torch.Generator().manual_seed(self.seed + v)).tolist()
            for c in range(0, len(order), CHUNK):
                seed = (self.seed + v) * 1_000_003 + c
                shape = SHAPES[int(torch.randint(len(SHAPES), (), generator=torch.Generator().manual_seed(seed)))]
                yield self.folder / f"view{v}-{c // CHUNK:05d}.safetensors", order[c : c + CHUNK], shape, seed

    @torch.inference_mode()
    def fill(self, encoder: Encoder, progress: Callable[[int, int], None] | None = None) -> None:
        """Encode every view that is not on disk yet; progress(done, all) after each file."""
        plan = list(self.plan())
        device = next(encoder.parameters()).device
        for i, (path, members, shape, seed) in enumerate(plan):
            if not path.exists():
                L, ab = make_views([self.photos[m] for m in members], shape, torch.Generator().manual_seed(seed))
                L = (L * 2.55).round() / 2.55  # what is stored is what is encoded
                tokens = torch.cat([encoder(part.to(device)).half().cpu() for part in L.split(8)])
                half = F.avg_pool2d(ab, 2)  # color is learned at half size
                views = {"L": (L * 2.55).round().byte(), "ab": half.round().clamp(-127, 127).char(), "tokens": tokens}
                partial = path.with_suffix(".partial")
                save_file(views, partial)
                partial.rename(path)
            if progress:
                progress(i + 1, len(plan))

    def batches(self, size: int, seed: int, window: int = WINDOW) -> Iterator[Batch]:
        """Batches of one shape, for ever, from what is on disk now: a random window of at most `window` tokens a side,
        half of them mirrored.

        Neighboring pixels teach much the same, so that a window of three quarters costs half as much and teaches nearly
        as much; its tokens have seen the whole view.
        """
        generator = torch.Generator().manual_seed(seed)
        with ThreadPoolExecutor(1) as reader:
            while True:
                files = [path for path, *_ in self.plan() if path.exists()]
                if not files:
                    raise ValueError(f"{self.folder} holds no encoded views yet; fill() it first.")
                order = torch.randperm(len(files), generator=generator).tolist()
                coming = reader.submit(load_file, files[order[0]])
                for k in range(len(order)):
                    views = coming.result()
                    coming = reader.submit(load_file, files[order[(k + 1) % len(order)]])
                    for rows in torch.randperm(len(views["L"]), generator=generator).split(size):
                        batch = Batch(
                            views["L"][rows].float() / 2.55, views["ab"][rows].float(), views["tokens"][rows].float()
                        )
                        batch = _window(batch, window, generator)
                        if torch.rand((), generator=generator) < 0.5:
                            batch = Batch(batch.L.flip(-1), batch.ab.flip(-1), batch.tokens.flip(-1))
                        yield batch


def _window(batch: Batch, most: int, generator: torch.Generator) -> Batch:
    gh, gw = batch.tokens.shape[-2:]
    h, w = min(most, gh), min(most, gw)
    y, x = (int(torch.randint(n, (), generator=generator)) for n in (gh - h + 1, gw - w + 1))

    def cut(tensor: Tensor, stride: int) -> Tensor:
        return tensor[..., y * stride : (y + h) * stride, x * stride : (x + w) * stride]

    return Batch(cut(batch.L, STRIDE), cut(batch.ab, STRIDE // 2), cut(batch.tokens, 1))
