"""A localizer for which things are where the test says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch.nn import functional as F

from toolkit.pipeline import Session
from toolkit.text.grammar.lexicon import canonical
from toolkit.text.localizer import Found


@dataclass(frozen=True)
class Localizer:
    """Finds things in boxes (left, top, right, bottom; 0..1), several for a thing that is there several times, and is
    its own Sight.
    """

    things: Mapping[str, Sequence[tuple[float, float, float, float]]]
    absent: Sequence[str] = ()  # words that it knows as well
    size: tuple[int, int] = (0, 0)

    def look(self, session: Session) -> "Localizer":
        h, w = session.seen_size()
        return replace(self, size=(-(-h // 4), -(-w // 4)))

    def find(self, noun: str) -> Found:
        word = next((sense.word for sense in canonical(noun) if sense.word in (*self.things, *self.absent)), None)
        heat, (h, w) = torch.zeros(1, 1, *self.size), self.size
        for left, top, right, bottom in self.things.get(word or "", ()):
            heat[..., round(top * h) : round(bottom * h), round(left * w) : round(right * w)] = 1
        heat = F.avg_pool2d(F.pad(heat, (1, 1, 1, 1), mode="replicate"), 3, 1)  # soft at the rim, as the real one is
        there = word in self.things
        return Found(noun, word, "known" if word else "unknown", 0.9 if there else 0.1, there, heat)

    def names(self, least: float = 0.5) -> list[tuple[str, float]]:
        return [(name, 0.9) for name in self.things]


EYES = Localizer({"sky": [(0.0, 0.0, 1.0, 0.2)], "dress": [(0.1, 0.3, 0.4, 0.9)]}, absent=("bicycle",))
