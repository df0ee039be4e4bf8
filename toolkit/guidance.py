"""Colored points: the one language in which a person, a sentence or another photo tells a model about color.

    guidance = Guidance((Hint(120, 80, "#3a6ea5"),)) + Guidance.load("strokes.png", size=(640, 480))

Coordinates are pixels of the upright photo, (x, y) from the top left; a hint covers a square of `size` pixels around its pixel. A color gives only
its a and b: lightness always stays the photo's own. Nothing here knows a model.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from toolkit.color import parse_color, rgb_to_lab, to_hex

VERSION = 1
MAX_HINTS = 2000  # far beyond what anyone clicks; keeps a hostile file from costing minutes
MAX_SIZE = 512  # px: a hint is a point, not a fill
STROKE_POINTS = 400  # points that a painted mask is reduced to for a model; its pixels are honored one by one afterwards


class GuidanceError(ValueError):
    """Guidance that cannot be used; the message is one sentence for the person who made it."""


@dataclass(frozen=True)
class Hint:
    """One colored point: the square of `size` pixels around (x, y) shall have the a and b of `color` (anything parse_color reads)."""

    x: float
    y: float
    color: str
    size: int = 7

    @property
    def ab(self) -> tuple[float, float]:
        """The color's a and b in Lab units."""
        _, a, b = rgb_to_lab(torch.tensor(parse_color(self.color)).view(3, 1, 1)).flatten().tolist()
        return a, b

    def box(self) -> tuple[int, int, int, int]:
        """Pixels it covers: left, top, right, bottom (the last two exclusive), not yet cut to the photo."""
        left, top = round(self.x) - (self.size - 1) // 2, round(self.y) - (self.size - 1) // 2
        return left, top, left + self.size, top + self.size


@dataclass(frozen=True)
class Points:
    """What a model gets: N colored points in pixels of the photo."""

    xy: Tensor  # (N, 2)
    ab: Tensor  # (N, 2), Lab units
    size: Tensor  # (N,) px

    def __len__(self) -> int:
        return len(self.xy)


@dataclass(frozen=True)
class Guidance:
    """Hints, and strokes: an RGBA picture of the photo's size, uint8 (4, H, W), whose opaque pixels are colored. Where both speak, hints win."""

    hints: tuple[Hint, ...] = ()
    strokes: Tensor | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.hints) + int(self.strokes is not None)

    def __add__(self, other: "Guidance") -> "Guidance":
        strokes = self.strokes if other.strokes is None else other.strokes
        if self.strokes is not None and other.strokes is not None:
            if self.strokes.shape != other.strokes.shape:
                raise GuidanceError("Two masks of different sizes cannot be combined; paint both on the same photo.")
            strokes = torch.where(other.strokes[3:] > 127, other.strokes, self.strokes)
        return Guidance(self.hints + other.hints, strokes)

    def checked(self, size: tuple[int, int]) -> "Guidance":
        """The same guidance, made safe for a photo of size (width, height): places outside are moved to the border, sizes are limited.

        Raises GuidanceError for places that are not numbers, colors that are none, masks of another size, more than 2,000 hints.
        """
        width, height = size
        if len(self.hints) > MAX_HINTS:
            raise GuidanceError(f"There are {len(self.hints):,} hints; at most {MAX_HINTS:,} can be used.")
        if self.strokes is not None and self.strokes.shape[-2:] != (height, width):
            h, w = self.strokes.shape[-2:]
            raise GuidanceError(f"The mask is {w} x {h} but the photo is {width} x {height}; save the mask at the photo's size.")
        return Guidance(tuple(_checked(hint, width, height) for hint in self.hints), self.strokes)

    def points(self) -> Points:
        """Every hint, and strokes sampled on a grid, as tensors for a model."""
        rows = [(h.x, h.y, *h.ab, float(h.size)) for h in self.hints]
        if self.strokes is not None:
            rows += list(_stroke_points(self.strokes))
        table = torch.tensor(rows, dtype=torch.float32).view(-1, 5)
        return Points(table[:, :2], table[:, 2:4], table[:, 4])

    def stamp(self, ab: Tensor, top: int = 0) -> Tensor:
        """Write the colors into rows [top, top + h) of the photo's own ab: ab (1, 2, h, W) -> (1, 2, h, W), every hinted pixel exactly its color."""
        ab, (h, W) = ab.clone(), ab.shape[-2:]
        if self.strokes is not None:
            strip = self.strokes[:, top : top + h].to(ab.device)
            painted = rgb_to_lab(strip[None, :3].float() / 255)[:, 1:]
            ab = torch.where(strip[None, 3:] > 127, painted.to(ab.dtype), ab)
        for hint in self.hints:
            left, upper, right, lower = hint.box()
            rows = slice(max(0, upper - top), max(0, min(h, lower - top)))
            ab[:, :, rows, max(0, left) : max(0, min(W, right))] = ab.new_tensor(hint.ab).view(1, 2, 1, 1)
        return ab

    def to_json(self) -> str:
        """The hints as the text of a hint file; strokes do not fit into it and are left out (save them as PNG)."""
        hints = [{"x": h.x, "y": h.y, "size": h.size, "color": h.color} for h in self.hints]
        return json.dumps({"version": VERSION, "hints": hints}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Guidance":
        """Hints from the text of a hint file. Raises GuidanceError saying what is wrong and where."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise GuidanceError(f"The hint file is not JSON ({str(error)[:80]}); it should look like {EXAMPLE}.") from None
        if not isinstance(data, dict) or not isinstance(data.get("hints"), list):
            raise GuidanceError(f"The hint file has no list of hints; it should look like {EXAMPLE}.")
        if data.get("version", VERSION) != VERSION:
            raise GuidanceError(f"The hint file has version {data['version']!r}; this program reads version {VERSION}.")
        return cls(tuple(_parsed(i, item) for i, item in enumerate(data["hints"])))

    @classmethod
    def load(cls, path: str | Path, size: tuple[int, int]) -> "Guidance":
        """A hint file (.json) or a painted mask (.png, opaque pixels are hints), checked for a photo of size (width, height)."""
        path = Path(path)
        try:
            if path.suffix.lower() == ".png":
                return cls(strokes=_read_mask(path)).checked(size)
            return cls.from_json(path.read_text(encoding="utf-8-sig")).checked(size)
        except UnicodeDecodeError:
            raise GuidanceError(f"{path.name} is not a text file; give hints as .json or a mask as .png.") from None
        except OSError as error:
            raise GuidanceError(f"{path.name} cannot be read ({error.strerror or 'broken file'}); check the path.") from None

    def save(self, path: str | Path) -> Path:
        """Write a hint file (.json: the hints) or a mask (.png: the strokes)."""
        path = Path(path)
        if path.suffix.lower() == ".png":
            if self.strokes is None:
                raise GuidanceError("There are no strokes to save as a mask; save the hints as .json.")
            from PIL import Image

            Image.fromarray(self.strokes.permute(1, 2, 0).contiguous().cpu().numpy(), "RGBA").save(path)
        else:
            path.write_text(self.to_json() + "\n", encoding="utf-8")
        return path


EXAMPLE = '{"version": 1, "hints": [{"x": 120, "y": 80, "size": 7, "color": "#3a6ea5"}]}'


def _checked(hint: Hint, width: int, height: int) -> Hint:
    if not all(math.isfinite(number) for number in (hint.x, hint.y, hint.size)):
        raise GuidanceError(f"A hint lies at ({hint.x}, {hint.y}) and has the size {hint.size}; give numbers, in pixels of the photo.")
    try:
        color = to_hex(parse_color(hint.color))
    except ValueError as error:
        raise GuidanceError(str(error)) from None
    return Hint(min(max(hint.x, 0), width - 1), min(max(hint.y, 0), height - 1), color, min(max(int(hint.size), 1), MAX_SIZE))


def _parsed(index: int, item: Any) -> Hint:
    where = f"Hint {index + 1} of the hint file"
    if not isinstance(item, dict):
        raise GuidanceError(f"{where} is not an object with x, y and color.")
    numbers = {}
    for key, default in (("x", None), ("y", None), ("size", 7)):
        value = item.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
            raise GuidanceError(f"{where} has no usable number for {key!r}.")
        numbers[key] = value
    if not isinstance(item.get("color"), str):
        raise GuidanceError(f'{where} has no color; write it as "#3a6ea5" or by name.')
    return Hint(numbers["x"], numbers["y"], item["color"], int(numbers["size"]))


def _read_mask(path: Path) -> Tensor:
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.width * image.height > 100_000_000:
                raise GuidanceError(f"The mask {path.name} is {image.width} x {image.height}; it should have the photo's size.")
            if "A" not in image.getbands() and "transparency" not in image.info:
                raise GuidanceError(f"The mask {path.name} has no transparency; paint the hints on a transparent layer.")
            rgba = image.convert("RGBA")
            raw = torch.frombuffer(bytearray(rgba.tobytes()), dtype=torch.uint8)
            return raw.view(rgba.height, rgba.width, 4).permute(2, 0, 1).contiguous()
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, GuidanceError):
            raise
        raise GuidanceError(f"{path.name} is not a PNG that can be read; save the mask again.") from None


def _stroke_points(strokes: Tensor) -> Iterator[tuple[float, float, float, float, float]]:
    """One point for each cell of a grid that has paint in it: its painted centre, its mean color; the grid is as fine as STROKE_POINTS allows."""
    opaque = strokes[3] > 127
    ys, xs = opaque.nonzero(as_tuple=True)
    if len(ys) == 0:
        return
    cell = 8
    while True:
        cells = (ys // cell) * (strokes.shape[2] // cell + 1) + xs // cell
        _, index, count = cells.unique(return_inverse=True, return_counts=True)
        if len(count) <= STROKE_POINTS:
            break
        cell *= 2
    painted = strokes[:3, ys, xs].float() / 255  # (3, N)
    lab = rgb_to_lab(painted[:, :, None])[..., 0]
    table = torch.stack([xs.float(), ys.float(), lab[1], lab[2]], 1)  # (N, 4)
    mean = torch.zeros(len(count), 4).index_add_(0, index, table) / count[:, None]
    for row in mean.tolist():
        yield (*row, float(cell))
