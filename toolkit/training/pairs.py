"""Pairs of photos for the matcher: one to be colored, and one to take colors from.

    pairs = Pairs(sights, names, words, labelled)
    for batch in pairs.batches(20, seed=0): ...                      # batch.pairs: target, source, kind

There are six kinds, and in each something else is known:
itself      two views of one photo: the right color is there to be found
turned      the same, all hues of both turned by one angle: who does not look but guess is wrong
same        two photos of one folder that share words: the right color may be there
other       two photos that have nothing to do with each other: best left alone
class       two labelled photos that show one class of things: it is known which places correspond
recolored   the same, and these things have got a new color in both
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from toolkit.training.sights import Sights, Window

# how often each kind comes
SHARES = {"itself": 0.18, "turned": 0.18, "same": 0.18, "other": 0.14, "class": 0.128, "recolored": 0.192}
COMMON = 600  # photos of a folder from which on a word says too little
RARE = 0.6  # share of the pairs "same" that share the rarest word of the photo; the others any
FEW = 8  # photos of which the one that shares most words is taken
ENOUGH = 5  # places that show a class
CHROMA = 12.0, 60.0  # Lab units, of new colors
KEPT = 0.5  # share of their own differences that things keep in a new color
TRIES = 20  # windows may miss what the whole photos share


@dataclass(frozen=True)
class Pair:
    """A photo to be colored and its reference."""

    target: Window
    source: Window
    kind: str  # one of SHARES
    classes: tuple[int, ...] = ()  # that both show, where that is known

    def both(self, change: Callable[[Window], Window], kind: str) -> Pair:
        """The same done to both photos, which makes it a pair of another kind."""
        return replace(self, target=change(self.target), source=change(self.source), kind=kind)

    def to(self, device: torch.device) -> Pair:
        """The same on a device."""
        return replace(self, target=self.target.to(device), source=self.source.to(device))


@dataclass(frozen=True)
class PairBatch:
    """Some pairs, of all sizes and kinds."""

    pairs: tuple[Pair, ...]

    def to(self, device: torch.device) -> PairBatch:
        """The same on a device."""
        return PairBatch(tuple(pair.to(device) for pair in self.pairs))


def turn(sight: Window, angle: float) -> Window:
    """All true hues turned by an angle in radians."""
    c, s = math.cos(angle), math.sin(angle)
    return replace(sight, true=sight.true @ sight.true.new_tensor([[c, s], [-s, c]]))


def recolor(sight: Window, value: int, ab: tuple[float, float]) -> Window:
    """The places of one class in a new color (Lab units); half of their own differences stay."""
    there = sight.labels == value
    new = sight.true.new_tensor(ab) + KEPT * (sight.true - sight.true[there].mean(0))
    return replace(sight, true=torch.where(there[:, None], new, sight.true))


class Pairs:
    """Draws pairs. A kind for which there is nothing (no words, no labelled photos, one photo) is left out; `kinds`
    names the others.
    """

    def __init__(
        self,
        photos: Sights,
        names: Sequence[str],
        words: Mapping[str, frozenset[str]] | None = None,
        labelled: Sights | None = None,
    ) -> None:
        """photos: with two views each; names: FOLDER/NAME of each photo; words: what is on a photo, by its name;
        labelled: with classes.
        """
        self.photos, self.labelled = photos, labelled
        said: dict[tuple[Path, str], list[int]] = defaultdict(list)
        for photo, name in enumerate(names):
            for word in (words or {}).get(name, ()):
                said[Path(name).parent, word].append(photo)
        # photos of a folder that share a word
        self.who = {key: them for key, them in said.items() if 1 < len(them) < COMMON}
        self.says: dict[int, set[tuple[Path, str]]] = defaultdict(set)
        for key, them in self.who.items():
            for photo in them:
                self.says[photo].add(key)
        self.shown = _shown(labelled) if labelled else {}
        there = {
            "other": len(names) > 1,
            "same": bool(self.who),
            "class": bool(self.shown),
            "recolored": bool(self.shown),
        }
        self.kinds = {kind: share for kind, share in SHARES.items() if there.get(kind, True)}

    def batches(self, size: int, seed: int) -> Iterator[PairBatch]:
        """Batches for ever."""
        draw = random.Random(seed)
        while True:
            yield PairBatch(tuple(self.pair(draw) for _ in range(size)))

    def tokens(self, photos: int = 250, every: int = 5) -> Tensor:
        """Every fifth place of some photos, (N, 1152)."""
        draw = random.Random(0)
        return torch.cat([self._any(draw.randrange(len(self.photos.at)), draw).tokens[::every] for _ in range(photos)])

    def pair(self, draw: random.Random, kind: str | None = None) -> Pair:
        """One pair; None: of any kind, as often as SHARES says."""
        kind = kind or draw.choices(list(self.kinds), list(self.kinds.values()))[0]
        if kind in ("class", "recolored"):
            return self._alike(draw, kind)
        if kind == "same":
            first = draw.choice(list(self.says))
            return Pair(self._any(first, draw), self._any(self._related(first, draw), draw), kind)
        if kind == "other":
            first, second = draw.sample(range(len(self.photos.at)), 2)
            return Pair(self._any(first, draw), self._any(second, draw), kind)
        photo = draw.randrange(len(self.photos.at))
        views = draw.sample(range(len(self.photos.at[photo])), 2)
        target, source = (self.photos.sight(photo, view, draw) for view in views)
        pair = Pair(target, source, "itself")
        if kind == "itself":
            return pair
        angle = draw.uniform(0, 2 * math.pi)
        return pair.both(partial(turn, angle=angle), kind)

    def _any(self, photo: int, draw: random.Random) -> Window:
        return self.photos.sight(photo, draw.randrange(len(self.photos.at[photo])), draw)

    def _related(self, photo: int, draw: random.Random) -> int:
        """Another photo of the folder that shares a word, and of a few such the one that shares most."""
        words = sorted(self.says[photo])
        word = min(words, key=lambda word: len(self.who[word])) if draw.random() < RARE else draw.choice(words)
        others = draw.sample(self.who[word], min(FEW, len(self.who[word])))
        return max(
            (other for other in others if other != photo), key=lambda other: len(self.says[other] & self.says[photo])
        )

    def _alike(self, draw: random.Random, kind: str) -> Pair:
        """Two labelled photos that show one class; with some of the classes that they share in a new color, if that is
        the kind.
        """
        assert self.labelled is not None
        for _ in range(TRIES):
            rare = draw.random() < 0.5  # classes come alike often, or as often as they are shown
            value = (
                draw.choice(list(self.shown))
                if rare
                else draw.choices(list(self.shown), [len(views) for views in self.shown.values()])[0]
            )
            first, second = draw.sample(self.shown[value], 2)
            if first[0] == second[0]:
                continue
            target, source = (self.labelled.sight(*view, draw) for view in (first, second))
            classes = sorted(_classes(target.labels) & _classes(source.labels))
            if classes:
                break
        else:
            return self.pair(draw, "itself")
        pair = Pair(target, source, "class", tuple(classes))
        for value in draw.sample(classes, max(1, len(classes) // 2)) if kind == "recolored" else ():
            hue, chroma = draw.uniform(0, 2 * math.pi), draw.uniform(*CHROMA)
            ab = chroma * math.cos(hue), chroma * math.sin(hue)
            pair = pair.both(partial(recolor, value=value, ab=ab), kind)
        return pair


def _classes(labels: Tensor) -> set[int]:
    """What enough of the places show."""
    values, counts = labels.unique(return_counts=True)
    return {int(value) for value, count in zip(values, counts, strict=True) if value and count >= ENOUGH}


def _shown(labelled: Sights) -> dict[int, list[tuple[int, int]]]:
    """Of each class the views (photo, view) that show it, where that is more than one photo."""
    shown: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for photo, views in enumerate(labelled.at):
        for view in range(len(views)):
            for value in _classes(labelled.labels(photo, view)):
                shown[value].append((photo, view))
    return {value: views for value, views in shown.items() if len({photo for photo, _ in views}) > 1}
