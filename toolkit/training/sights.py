"""Views of photos as the matcher sees them: what encoder and hint model say about each 16 x 16 pixels, kept on disk,
each view to be had alone.

sights = Sights(Cache("cache/", photos), painter)
sights.fill(encoder)
sight = sights.sight(photo=3, view=0, draw=random.Random(0))     # sight.tokens, sight.automatic, sight.true ...
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from toolkit.models.encoder import STRIDE, Encoder
from toolkit.models.matcher import Places
from toolkit.models.unet import UNet, doubt
from toolkit.training.data import Cache
from toolkit.training.regions import Regions

WINDOW = 20  # places, 320 px: the largest views of photos; labelled photos are larger
CLEAR = 0.6  # share of a place above which it belongs to one class
AT_ONCE = 8  # views through the hint model


@dataclass(frozen=True)
class Window:
    """A view of a photo: P places, row by row."""

    tokens: Tensor  # (P, 1152)
    automatic: Tensor  # (P, 2) what the hint model says at vividness 0, Lab units
    true: Tensor  # (P, 2)
    light: Tensor  # (P,) L / 50
    doubt: Tensor  # (P,) in [0, 1], of the automatic colors
    labels: Tensor  # (P,) numbers of classes, 0 where nothing is said
    xy: Tensor  # (P, 2) columns and rows

    @staticmethod
    def of(tokens: Tensor, planes: Tensor) -> Window:
        """tokens (1152, h, w), planes (7, h, w) as Sights keeps them."""
        automatic, true, light, unsure, labels = planes.float().flatten(1).T.split((2, 2, 1, 1, 1), 1)
        xy = torch.cartesian_prod(*(torch.arange(float(n)) for n in planes.shape[1:])).flip(1)
        return Window(tokens.float().flatten(1).T, automatic, true, light[:, 0], unsure[:, 0], labels[:, 0].long(), xy)

    def as_target(self, keys: Tensor) -> Places:
        """As a photo that has its automatic colors; keys (P, key) as the matcher reads them."""
        return Places(keys, self.automatic, self.light, self.xy, self.doubt)

    def as_source(self, keys: Tensor) -> Places:
        """As a reference, which shows its true colors."""
        return Places(keys, self.true, self.light, self.xy)

    def to(self, device: torch.device) -> Window:
        """The same on a device."""
        return Window(*(getattr(self, field.name).to(device) for field in fields(self)))


class Sights:
    """The views of a Cache or of Regions, with a small file beside each file of theirs."""

    def __init__(self, views: Cache | Regions, painter: UNet, mark: str = "small") -> None:
        """painter: the hint model's automatic half, on the device where it shall run; mark: names it in the names of
        the small files.
        """
        self.views, self.painter, self.mark = views, painter, mark
        self.at: list[list[tuple[Path, int]]] = [[] for _ in views.photos]  # of each photo its views: file and row
        if isinstance(views, Cache):
            for path, members, _, _ in views.plan():
                for row, photo in enumerate(members):
                    self.at[photo].append((path, row))
        else:
            self.at = [
                [(views.file(view, photo), 0) for view in range(views.views)] for photo in range(len(views.photos))
            ]

    @torch.inference_mode()
    def fill(self, encoder: Encoder, progress: Callable[[int, int], None] | None = None) -> None:
        """Encode and then color what is not on disk yet; progress(done, all), in both rounds.

        Raises ValueError for labelled photos that were encoded when their colors were not kept.
        """
        self.views.fill(encoder, progress)
        device = next(self.painter.parameters()).device
        files = list(dict.fromkeys(path for views in self.at for path, _ in views))
        for done, path in enumerate(files):
            if not self._small(path).exists():
                stored = self._stored(path)
                parts = [
                    self._planes(*(t[rows].to(device) for t in stored)).cpu()
                    for rows in torch.arange(len(stored[0])).split(AT_ONCE)
                ]
                partial = path.with_suffix(".partial")
                save_file({"planes": torch.cat(parts)}, partial)
                partial.rename(self._small(path))
            if progress:
                progress(done + 1, len(files))

    def labels(self, photo: int, view: int) -> Tensor:
        """Numbers of classes (h, w), 0 where nothing is said."""
        path, row = self.at[photo][view]
        return _row(self._small(path), "planes", row)[-1].long()

    def sight(self, photo: int, view: int, draw: random.Random) -> Window:
        """A view; of one that is larger than WINDOW places a side, a random window."""
        path, row = self.at[photo][view]
        tokens, planes = _row(path, "tokens", row), _row(self._small(path), "planes", row)
        y, x = (draw.randint(0, max(0, n - WINDOW)) for n in tokens.shape[1:])
        return Window.of(*(t[:, y : y + WINDOW, x : x + WINDOW] for t in (tokens, planes)))

    def _small(self, path: Path) -> Path:
        return path.with_suffix(f".{self.mark}.safetensors")

    def _stored(self, path: Path) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """L (B, 1, H, W), tokens (B, 1152, h, w), true ab (B, 2, h, w) and labels (B, 1, h, w) of a file."""
        stored = load_file(path)
        if isinstance(self.views, Cache):
            ab = F.avg_pool2d(stored["ab"].float(), STRIDE // 2)
            return stored["L"].float() / 2.55, stored["tokens"].float(), ab, torch.zeros_like(ab[:, :1])
        if "ab" not in stored:
            raise ValueError(
                f"{path.parent} holds labelled photos that were encoded without their colors; delete it or name "
                "another folder."
            )
        return (
            stored["L"][None, None].float() / 2.55,
            stored["tokens"][None].float(),
            stored["ab"][None].float(),
            _clear(stored["labels"]),
        )

    def _planes(self, L: Tensor, tokens: Tensor, ab: Tensor, labels: Tensor) -> Tensor:
        """Automatic and true ab, L / 50, doubt and labels for every place: (B, 7, h, w)."""
        automatic, logits = self.painter(L, tokens)
        unsure = F.avg_pool2d(doubt(logits, self.painter.bins), STRIDE // 4)
        return torch.cat(
            [F.avg_pool2d(automatic, STRIDE // 2), ab, F.avg_pool2d(L, STRIDE) / 50, unsure, labels], 1
        ).half()


def _row(path: Path, name: str, row: int) -> Tensor:
    """One view (C, h, w) of a file that holds one or many."""
    with safe_open(path, "pt") as file:
        whole = file.get_slice(name)
        view: Tensor = whole[row] if len(whole.get_shape()) == 4 else whole[:]
    return view


def _clear(labels: Tensor) -> Tensor:
    """Labels of half the size (8h, 8w) -> (1, 1, h, w): for each place what most of
    it is, 0 where that is not clear.
    """
    cells = F.unfold(labels[None, None].float(), STRIDE // 2, stride=STRIDE // 2)[0]  # (64, h · w)
    most = cells.mode(0).values
    clear = (cells == most).float().mean(0) > CLEAR
    return torch.where(clear, most, 0).view(1, 1, *(n // (STRIDE // 2) for n in labels.shape))
