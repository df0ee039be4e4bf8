"""What a sentence asks for the whole picture, as dials."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from toolkit.models.base import Dials
from toolkit.text.grammar.parser import Wish
from toolkit.text.phrases import Language, say

SEPIA = (6.0, 20.0)
# What a change does to ab: times, plus.
CHANGES: dict[str, tuple[float, tuple[float, float]]] = {
    "warmer": (1.0, (6.0, 13.0)),
    "cooler": (1.0, (-4.0, -13.0)),
    "more vivid": (1.6, (0.0, 0.0)),
    "less vivid": (0.55, (0.0, 0.0)),
    "sepia": (0.0, SEPIA),
    "black and white": (0.0, (0.0, 0.0)),
    "darker": (1.35, (0.0, 0.0)),
    "lighter": (0.6, (0.0, 0.0)),
}
TINTS = {"warmer": (4.0, 10.0), "cooler": (-3.0, -10.0)}


@dataclass(frozen=True)
class Settings:
    """What a sentence asks for the whole picture; None leaves a dial as it is. For Session.colorize."""

    vividness: float | None = None
    saturation: float | None = None
    tint: tuple[float, float] | None = None

    def applied(self, dials: Dials) -> Dials:
        """The dials, changed as the sentence asks."""
        return replace(dials, **{name: value for name, value in asdict(self).items() if value is not None})


def settled(settings: Settings, wish: Wish, vividness: float, language: Language) -> tuple[Settings, str]:
    """Settings after one wish for the whole picture, and a note."""
    change = wish.change
    tint, saturation = settings.tint or (0.0, 0.0), 1.0 if settings.saturation is None else settings.saturation
    dial = vividness if settings.vividness is None else settings.vividness
    whole = say("whole picture", language)
    if change in TINTS:
        return replace(settings, tint=(tint[0] + TINTS[change][0], tint[1] + TINTS[change][1])), whole
    if change == "more vivid":
        return replace(settings, vividness=min(1.0, dial + 0.35), saturation=min(2.0, saturation * 1.3)), whole
    if change == "less vivid":
        return replace(settings, vividness=max(0.0, dial - 0.25), saturation=saturation * 0.6), whole
    if change == "sepia":
        return replace(settings, saturation=0.0, tint=SEPIA), whole
    if change == "black and white":
        return replace(settings, saturation=0.0, tint=(0.0, 0.0)), whole
    if change == "natural":
        return Settings(), say("natural", language)
    return settings, say("light of the photo", language)
