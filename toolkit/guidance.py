"""Colored points: the one language in which a person, a sentence or another photo tells a model about color.

    guidance = Guidance((Hint(120, 80, "#3a6ea5"),)) + Guidance.load("strokes.png", size=(640, 480))

Coordinates are pixels of the upright photo, (x, y) from the top left, whole numbers at the pixels' centres; a hint
covers a square of `size` pixels around its pixel. A color gives only its a and b: lightness always stays the photo's
own. A lasso limits where a hint may spread. Nothing here knows a model.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import hex_to_lab, parse_color, rgb_to_lab, to_hex
from toolkit.photo.places import from_share, rescaled, to_cell, to_share
from toolkit.photo.polygons import Lasso, as_lasso, corners_of, filled, is_number, share_inside, stroke_points

VERSION = 1
MAX_HINTS = 2000  # far beyond what anyone clicks; keeps a hostile file from costing minutes
MAX_SIZE = 512  # px: a hint is a point, not a fill
# of a lasso; a mouse gives one for every few pixels, and every second one of a thousand draws the same line
MAX_CORNERS = 500
# different ones in all, each of which is filled anew with every click: 4 ms, and with 2,000 of them ten seconds
MAX_LASSOS = 200
# points that a painted mask is reduced to for a model; its pixels are honored one by one afterwards


class GuidanceError(ValueError):
    """Guidance that cannot be used; the message is one sentence for the person who made it."""


@dataclass(frozen=True)
class Hint:
    """One colored point: the square of `size` pixels around (x, y) shall have the a and b of `color` (anything
    parse_color reads).

    Only a and b, as in Zhang 2017 and iColoriT: the L of `color` is not used, because lightness is what the photo
    knows. So "navy" on a bright wall becomes a strong light blue (a dark color has less room for ab than its name
    suggests, a light one at the same ab looks purer); to get what one sees, choose a color at the place's own
    lightness, as `Session.suggest_colors` and the app offer them.

    `lasso`: corners (x, y) of a closed polygon, three or more, in pixels of the photo, outside of which this hint shall
    not spread; () lets it go anywhere. What the line goes around more than once is inside as well. The square around
    (x, y) keeps its color either way.
    """

    x: float
    y: float
    color: str
    size: int = 7
    lasso: Lasso = ()

    @property
    def ab(self) -> tuple[float, float]:
        """The color's a and b in Lab units."""
        return _ab_of(self.color)

    def box(self) -> tuple[int, int, int, int]:
        """Pixels it covers: left, top, right, bottom (the last two exclusive), not yet cut to the photo."""
        left, top = round(self.x) - (self.size - 1) // 2, round(self.y) - (self.size - 1) // 2
        return left, top, left + self.size, top + self.size


@dataclass(frozen=True)
class Points:
    """What a model gets: N colored points."""

    xy: Tensor  # (N, 2), pixels of the photo or, for a model, of the L that it encoded
    ab: Tensor  # (N, 2), Lab units
    # (N, h, w) in [0, 1], for a model half of L's size: where each may act; None: all may act everywhere
    regions: Tensor | None = None

    def __len__(self) -> int:
        return len(self.xy)

    def only(self, chosen: Tensor) -> "Points":
        """The points chosen by a mask (N,) of bool."""
        return Points(self.xy[chosen], self.ab[chosen], None if self.regions is None else self.regions[chosen])

    def to(self, device: torch.device) -> "Points":
        """On another device."""
        return Points(self.xy.to(device), self.ab.to(device), None if self.regions is None else self.regions.to(device))


@dataclass(frozen=True)
class Guidance:
    """Hints, and strokes: an RGBA picture of the photo's size, uint8 (4, H, W), whose opaque pixels are colored. Where
    both speak, hints win.
    """

    hints: tuple[Hint, ...] = ()
    strokes: Tensor | None = field(default=None, compare=False)
    # (width, height) of the photo that it was checked for
    size: tuple[int, int] | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.hints) + int(self.strokes is not None)

    def __add__(self, other: "Guidance") -> "Guidance":
        strokes = self.strokes if other.strokes is None else other.strokes
        if self.strokes is not None and other.strokes is not None:
            if self.strokes.shape != other.strokes.shape:
                raise GuidanceError("Two masks of different sizes cannot be combined; paint both on the same photo.")
            strokes = torch.where(other.strokes[3:] > 127, other.strokes, self.strokes)
        known = {part.size for part in (self, other) if len(part)}  # what was checked need not be checked again
        return Guidance(self.hints + other.hints, strokes, known.pop() if len(known) == 1 else None)

    def checked(self, size: tuple[int, int]) -> "Guidance":
        """The same guidance, made safe for a photo of size (width, height): places and corners outside are moved to the
        border, sizes are limited, a lasso of more than 500 corners is thinned evenly to 500.

        Raises GuidanceError for places that are not numbers, colors that are none, a lasso of less than three corners,
        masks of another size, more than 2,000 hints or 200 different lassos.
        """
        width, height = size
        if len(self.hints) > MAX_HINTS:
            raise GuidanceError(f"There are {len(self.hints):,} hints; at most {MAX_HINTS:,} can be used.")
        if self.strokes is not None and self.strokes.shape[-2:] != (height, width):
            h, w = self.strokes.shape[-2:]
            raise GuidanceError(
                f"The mask is {w} x {h} but the photo is {width} x {height}; save the mask at the photo's size."
            )
        hints = self.hints if self.size == size else tuple(_checked(hint, size) for hint in self.hints)
        lassos = len({hint.lasso for hint in hints} - {()})
        if lassos > MAX_LASSOS:
            raise GuidanceError(f"There are {lassos:,} different lassos; at most {MAX_LASSOS} can be used.")
        return self if self.size == size else Guidance(hints, self.strokes, size)

    def points(self, grid: tuple[int, int] | None = None) -> Points:
        """Every hint, and strokes reduced to some 400 points, in pixels of the photo.

        grid: (h, w), for regions on such a grid over the photo, where a hint has a lasso; asks for guidance that is
        `checked`.
        """
        rows = [(h.x, h.y, *h.ab) for h in self.hints] + (
            [] if self.strokes is None else list(stroke_points(self.strokes))
        )
        table = torch.tensor(rows, dtype=torch.float32).view(-1, 4)
        if grid is None or self.size is None:
            return Points(table[:, :2], table[:, 2:])
        return Points(table[:, :2], table[:, 2:], self._regions(self.size, grid, len(table)))

    def regions(self, size: tuple[int, int], grid: tuple[int, int]) -> Tensor | None:
        """Where each point may spread, as planes of a grid of (h, w) cells that covers a photo of size (width, height).

        (N, h, w) in [0, 1], the share of each cell inside the lasso, in the order of `points()`; 1 everywhere for a
        point without lasso. A lasso too small to show leaves its hint's own cell. None where no hint has a lasso.
        """
        return self._regions(size, grid, len(self.points()))

    def _regions(self, size: tuple[int, int], grid: tuple[int, int], count: int) -> Tensor | None:
        if not any(hint.lasso for hint in self.hints):
            return None
        # a brush stroke shares one
        planes = {lasso: share_inside(lasso, size, grid) for lasso in {hint.lasso for hint in self.hints}}
        regions = torch.ones(count, *grid)
        # the points of strokes come after those of the hints
        for region, hint in zip(regions, self.hints, strict=False):
            region.copy_(planes[hint.lasso])
            if not region.any():
                region[to_cell((hint.x, hint.y), size, grid)] = 1
        return regions

    def cover(self, width: int, rows: range) -> Tensor | None:
        """The pixels of some rows of a photo that lie inside any lasso, (1, len(rows), width) bool; None where
        something may spread freely.
        """
        lassos = {hint.lasso for hint in self.hints}
        if not lassos or () in lassos or self.strokes is not None:
            return None
        return torch.stack([filled(torch.tensor(lasso, dtype=torch.float64), rows, width) for lasso in lassos]).any(
            0, keepdim=True
        )

    def stamp(self, ab: Tensor, top: int = 0) -> Tensor:
        """Write the colors into rows [top, top + h) of the photo's own ab: ab (1, 2, h, W) -> (1, 2, h, W), every
        hinted pixel exactly its color.
        """
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
        hints = [
            {"x": h.x, "y": h.y, "size": h.size, "color": h.color} | ({"lasso": h.lasso} if h.lasso else {})
            for h in self.hints
        ]
        # one hint a line; float: NumPy's numbers
        lines = ",\n".join("    " + json.dumps(hint, default=float) for hint in hints)
        return f'{{\n  "version": {VERSION},\n  "hints": [\n{lines}\n  ]\n}}'

    @classmethod
    def from_json(cls, text: str) -> "Guidance":
        """Hints from the text of a hint file. Raises GuidanceError saying what is wrong and where."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise GuidanceError(
                f"The hint file is not JSON ({str(error)[:80]}); it should look like {EXAMPLE}."
            ) from None
        if not isinstance(data, dict) or not isinstance(data.get("hints"), list):
            raise GuidanceError(f"The hint file has no list of hints; it should look like {EXAMPLE}.")
        version = data.get("version", VERSION)
        if version != VERSION:
            raise GuidanceError(f"The hint file has version {_short(version)}; this program reads version {VERSION}.")
        return cls(tuple(_parsed(f"Hint {i} of the hint file", item) for i, item in enumerate(data["hints"], 1)))

    @classmethod
    def from_canvas(cls, value: Any, size: tuple[int, int]) -> "Guidance":
        """Hints as canvas.js sends them, {"hints": [...]} with x, y and lasso in 0..1 of a photo of size (width,
        height); checked.

        0..1 goes from edge to edge, pixels from centre to centre: the middle of pixel 0 of ten is at 0.05. Raises
        GuidanceError.
        """
        hints = value.get("hints") if isinstance(value, dict) else None
        if not isinstance(hints, list):
            raise GuidanceError("The canvas sent no list of hints; reload the page.")
        found = cls(tuple(_parsed(f"Hint {i}", item) for i, item in enumerate(hints, 1)))
        return found._moved(lambda places: from_share(places, size)).checked(size)

    def to_canvas(self, size: tuple[int, int]) -> list[dict[str, Any]]:
        """The hints as canvas.js takes them, for a photo of size (width, height)."""
        there = self._moved(lambda places: to_share(places, size))
        return [
            {"x": h.x, "y": h.y, "color": h.color, "size": h.size, "lasso": [list(corner) for corner in h.lasso]}
            for h in there.hints
        ]

    def scaled(self, old: tuple[int, int], new: tuple[int, int]) -> "Guidance":
        """The same guidance for a smaller or larger copy of the photo; sizes (width, height)."""
        factor = max(new) / max(old)
        moved = self._moved(lambda places: rescaled(places, old, new))
        hints = tuple(replace(h, size=max(1, round(h.size * factor))) for h in moved.hints)
        if self.size == old:  # parsed already: what is left to do is to keep it inside
            hints = tuple(_inside(h, new) for h in hints)
        strokes = (
            None
            if self.strokes is None
            else F.interpolate(self.strokes[None], (new[1], new[0]), mode="nearest-exact")[0]
        )
        return Guidance(hints, strokes, new if self.size == old else None)

    def _moved(self, move: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> "Guidance":
        """With all places of the hints moved."""
        moved = []
        for hint in self.hints:
            (x, y), *lasso = move(np.array([(hint.x, hint.y), *hint.lasso], dtype=np.float64)).tolist()
            moved.append(replace(hint, x=x, y=y, lasso=tuple((x, y) for x, y in lasso)))
        return Guidance(tuple(moved), self.strokes)

    @classmethod
    def load(cls, path: str | Path, size: tuple[int, int]) -> "Guidance":
        """A hint file (.json) or a painted mask (.png, opaque pixels are hints), checked for a photo of size (width,
        height).
        """
        path = Path(path)
        try:
            if path.suffix.lower() == ".png":
                return cls(strokes=_read_mask(path)).checked(size)
            return cls.from_json(path.read_text(encoding="utf-8-sig")).checked(size)
        except UnicodeDecodeError:
            raise GuidanceError(
                f"{path.name} is not text in UTF-8; give hints as .json saved in UTF-8 or a mask as .png."
            ) from None
        except OSError as error:
            raise GuidanceError(
                f"{path.name} cannot be read ({error.strerror or 'broken file'}); check the path."
            ) from None

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


def checked_lasso(lasso: Any, size: tuple[int, int]) -> Lasso:
    """A lasso made safe for a photo of size (width, height): corners moved inside, at most 500 of them, thinned evenly.

    Inside is up to the outer edges of the border pixels, half a pixel beyond their centers. Raises GuidanceError for
    what is no polygon.
    """
    corners = corners_of(lasso)
    if corners is None:
        raise GuidanceError(
            "The lasso of a hint has a corner that is not two numbers; give (x, y) in pixels of the photo."
        )
    if len(corners) in (1, 2):
        raise GuidanceError(
            f"The lasso of a hint has {len(corners)} corners; draw around a region, with three or more."
        )
    if len(corners) > MAX_CORNERS:
        corners = corners[np.arange(MAX_CORNERS) * len(corners) // MAX_CORNERS]
    return as_lasso(corners.clip(-0.5, (size[0] - 0.5, size[1] - 0.5)))


def _checked(hint: Hint, size: tuple[int, int]) -> Hint:
    if not all(is_number(number) for number in (hint.x, hint.y, hint.size)):
        place = f"({_short(hint.x)}, {_short(hint.y)})"
        raise GuidanceError(
            f"A hint lies at {place} and has the size {_short(hint.size)}; give numbers, in pixels of the photo."
        )
    try:
        color = to_hex(parse_color(hint.color))
    except ValueError as error:
        raise GuidanceError(str(error)) from None
    return _inside(replace(hint, color=color), size)


def _inside(hint: Hint, size: tuple[int, int]) -> Hint:
    """Within a photo of size (width, height), and of a size that is not too large."""
    x, y = min(max(hint.x, 0), size[0] - 1), min(max(hint.y, 0), size[1] - 1)
    return Hint(x, y, hint.color, min(max(int(hint.size), 1), MAX_SIZE), checked_lasso(hint.lasso, size))


def _short(value: Any) -> str:
    """A value as it may stand in a sentence, whatever it is."""
    return repr(value)[:20] if isinstance(value, str | float) or is_number(value, 1e9) else type(value).__name__


def _parsed(where: str, item: Any) -> Hint:
    if not isinstance(item, dict):
        raise GuidanceError(f"{where} is not an object with x, y and color.")
    numbers: dict[str, Any] = {}
    for key, default in (("x", None), ("y", None), ("size", 7)):
        value = item.get(key, default)
        if not is_number(value, 1e9):
            raise GuidanceError(f"{where} has no usable number for {key!r}.")
        numbers[key] = value
    if not isinstance(item.get("color"), str):
        raise GuidanceError(f'{where} has no color; write it as "#3a6ea5" or by name.')
    corners = corners_of(item.get("lasso", []))
    if corners is None:
        raise GuidanceError(f"{where} has a lasso that is not a list of corners [x, y].")
    return Hint(numbers["x"], numbers["y"], item["color"], int(numbers["size"]), as_lasso(corners))


@lru_cache(maxsize=4096)  # a stroke is hundreds of hints of one color
def _ab_of(color: str) -> tuple[float, float]:
    _, a, b = hex_to_lab(color)
    return a, b


def _read_mask(path: Path) -> Tensor:
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.width * image.height > 100_000_000:
                raise GuidanceError(
                    f"The mask {path.name} is {image.width} x {image.height}; it should have the photo's size."
                )
            if "A" not in image.getbands() and "transparency" not in image.info:
                raise GuidanceError(
                    f"The mask {path.name} has no transparency; paint the hints on a transparent layer."
                )
            rgba = image.convert("RGBA")
            raw = torch.frombuffer(bytearray(rgba.tobytes()), dtype=torch.uint8)
            return raw.view(rgba.height, rgba.width, 4).permute(2, 0, 1).contiguous()
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, GuidanceError):
            raise
        raise GuidanceError(f"{path.name} is not a PNG that can be read; save the mask again.") from None
