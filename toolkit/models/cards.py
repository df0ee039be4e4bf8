"""What models there are, and all that is said about each: the cards of weights/manifest.json."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from toolkit.models.weights import WeightsError, weights_folder


@dataclass(frozen=True)
class ModelCard:
    """All that is said about a model; everything in it is printed by `python -m toolkit models`."""

    name: str
    task: str
    summary: str
    architecture: str
    file: str
    sha256: str
    license: str
    data: str
    trained: str
    weak: str
    size: int = 256  # px, the short side at which it works
    parameters: int = 0
    encoder: str | None = None  # the frozen encoder's file
    painter: str | None = None  # the frozen hint model that it builds on, by name
    draws: bool = False  # many colorings of a photo, one for each seed; such a model is no function of L
    zoo: bool = False  # there to be compared and learned from, not to color anybody's photos
    measured: dict[str, Any] = field(default_factory=dict)


def manifest() -> dict[str, Any]:
    """weights/manifest.json. Raises WeightsError."""
    path = weights_folder() / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(
            f"There is no manifest.json in {path.parent}; clone the repository again or set HUEPOINT_WEIGHTS."
        ) from None
    except json.JSONDecodeError:
        raise WeightsError(f"{path} is not readable JSON; clone the repository again.") from None


def list_models(zoo: bool = False) -> list[ModelCard]:
    """The cards of the models that ship; with those of the teaching zoo behind them, if asked for."""
    cards = [ModelCard(**card) for card in manifest()["models"]]
    return cards if zoo else [card for card in cards if not card.zoo]


def default_model() -> str:
    """The name of the model that is taken where nobody names one: the manifest's first."""
    return list_models()[0].name


def drawing_model() -> str:
    """The name of the first model that draws many colorings of a photo. Raises ValueError where none ships."""
    found = next((card.name for card in list_models() if card.draws), None)
    if found is None:
        raise ValueError("No model that draws several colorings is here; clone the repository again.")
    return found


def get_card(name: str) -> ModelCard:
    """The card of one model, or of a person's own weights when `name` is the path of a .safetensors file that `train`
    wrote.

    Raises ValueError that names the known ones, WeightsError for a file that is not there.
    """
    cards = {card.name: card for card in list_models(zoo=True)}
    if name in cards:
        return cards[name]
    if name.endswith(".safetensors"):
        return _own_card(Path(name).absolute(), cards)
    raise ValueError(f"There is no model {name!r}; known models: {', '.join(cards)}.")


def _own_card(path: Path, cards: dict[str, ModelCard]) -> ModelCard:
    try:
        with safe_open(path, framework="pt") as file:
            architecture = (file.metadata() or {}).get("architecture", "unet")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, SafetensorError):
        raise WeightsError(
            f"{path} is no weights file that can be read; give the checkpoint.safetensors of a training."
        ) from None
    like = next((card for card in cards.values() if card.architecture == architecture), None)
    if like is None:
        raise WeightsError(
            f"{path} holds weights of an unknown architecture {architecture!r}; it may need a newer version."
        )
    return replace(
        like,
        name=str(path),
        summary="Own training.",
        file=str(path),
        sha256=sha256,
        data="",
        trained="",
        weak="",
        measured={},
    )


def head_file(name: str) -> tuple[str, str]:
    """File and sha256 of a head on the encoder that is no model by itself: "localizer" finds things by words, "matcher"
    like places in other photos.

    Raises WeightsError where none ships.
    """
    entry = manifest().get(name)
    if entry is None:
        raise WeightsError(f"{weights_folder() / 'manifest.json'} names no {name}; clone the repository again.")
    return entry["file"], entry["sha256"]
