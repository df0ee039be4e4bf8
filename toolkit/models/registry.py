"""Names to weights: what models there are, where their files lie, and whether the files are what they claim to be.

A model is a card in weights/manifest.json plus a line in BUILDERS. Weights are safetensors: data, never code.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from toolkit.models import ZOO
from toolkit.models.base import Colorizer
from toolkit.models.encoder import Encoder


class WeightsError(RuntimeError):
    """A weights file is missing, damaged or of another model; the message says what to do."""


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
    zoo: bool = False  # there to be compared and learned from, not to color anybody's photos
    measured: dict[str, Any] = field(default_factory=dict)


def weights_folder() -> Path:
    """Where the weights lie: HUEPOINT_WEIGHTS, or weights/ beside the package."""
    return Path(os.environ.get("HUEPOINT_WEIGHTS") or Path(__file__).resolve().parents[2] / "weights")


def _manifest() -> dict[str, Any]:
    path = weights_folder() / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"There is no manifest.json in {path.parent}; clone the repository again or set HUEPOINT_WEIGHTS.") from None
    except json.JSONDecodeError:
        raise WeightsError(f"{path} is not readable JSON; clone the repository again.") from None


def list_models(zoo: bool = False) -> list[ModelCard]:
    """The cards of the models that ship; with those of the teaching zoo behind them, if asked for."""
    cards = [ModelCard(**card) for card in _manifest()["models"]]
    return cards if zoo else [card for card in cards if not card.zoo]


def default_model() -> str:
    """The name of the model that is taken where nobody names one: the manifest's first."""
    return list_models()[0].name


def drawing_model() -> str:
    """The name of the first model that draws many colorings of a photo. Raises ValueError where none ships."""
    found = next((card.name for card in list_models() if card.architecture == "diffusion"), None)
    if found is None:
        raise ValueError("No model that draws several colorings is here; clone the repository again.")
    return found


def get_card(name: str) -> ModelCard:
    """The card of one model, or of a person's own weights when `name` is the path of a .safetensors file that `train` wrote.

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
        raise WeightsError(f"{path} is no weights file that can be read; give the checkpoint.safetensors of a training.") from None
    like = next((card for card in cards.values() if card.architecture == architecture), None)
    if like is None:
        raise WeightsError(f"{path} holds weights of an unknown architecture {architecture!r}; it may need a newer version.")
    return replace(like, name=str(path), summary="Own training.", file=str(path), sha256=sha256, data="", trained="", weak="", measured={})


def head_file(name: str) -> tuple[str, str]:
    """File and sha256 of a head on the encoder that is no model by itself: "localizer" finds things by words, "matcher" like places in other photos.

    Raises WeightsError where none ships.
    """
    entry = _manifest().get(name)
    if entry is None:
        raise WeightsError(f"{weights_folder() / 'manifest.json'} names no {name}; clone the repository again.")
    return entry["file"], entry["sha256"]


def read_metadata(file: str) -> dict[str, str]:
    """What a safetensors file of the weights folder (or an own one, by its path) says about itself. Raises WeightsError."""
    try:
        with safe_open(weights_folder() / file, framework="pt") as opened:
            return opened.metadata() or {}
    except (OSError, SafetensorError):
        raise WeightsError(f"The weights {file} cannot be read; fetch the file again.") from None


def read_weights(file: str, sha256: str | None) -> dict[str, Tensor]:
    """A safetensors file of the weights folder, checked against its sha256; None for a person's own, by its path. Raises WeightsError."""
    path = weights_folder() / file
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise WeightsError(f"The weights {file} are missing from {path.parent}; clone the repository again.") from None
    if sha256 is not None and found != sha256:
        reason = f"sha256 {found[:12]} instead of {sha256[:12]}"
        raise WeightsError(f"The weights {file} are not what the manifest promises ({reason}); fetch the file again.")
    try:
        return load_file(path)
    except SafetensorError:
        raise WeightsError(f"The weights {file} are not a safetensors file; fetch the file again.") from None


def load_strict(module: nn.Module, state: dict[str, Tensor], file: str) -> None:
    """Load fp16 or fp32 weights as fp32; a weight that is missing, left over or of another shape is a WeightsError."""
    try:
        module.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()}, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"The weights {file} do not fit the model ({reason}); use the file that belongs to this version.") from None
    module.eval().requires_grad_(False)


@lru_cache(maxsize=2)
def load_encoder(device: str = "cpu") -> Encoder:
    """The frozen ViT with its weights; loaded once, shared by all models on a device."""
    vit, scale = (_manifest()["encoders"][name] for name in ("dinov2_vits14", "dinov2_vits14_scale"))
    encoder = Encoder()
    state = {f"vit.{k}": v for k, v in read_weights(vit["file"], vit["sha256"]).items()} | read_weights(scale["file"], scale["sha256"])
    load_strict(encoder, state, vit["file"])
    return encoder.eval().to(torch.device(device))


def _unet(card: ModelCard, device: str) -> Colorizer:
    from toolkit.models.unet import UNet, UNetColorizer

    network = UNet()
    load_strict(network, read_weights(card.file, card.sha256), card.file)
    return UNetColorizer(card, network.to(torch.device(device)), load_encoder(device))


def _vit_hint(card: ModelCard, device: str) -> Colorizer:
    from toolkit.models.vit_hint import VitHint, VitHintColorizer

    network = VitHint()
    load_strict(network, read_weights(card.file, card.sha256), card.file)
    return VitHintColorizer(card, network.to(torch.device(device)), load_encoder(device))


def _diffusion(card: ModelCard, device: str) -> Colorizer:
    from toolkit.models.diffusion import PAINTER, ColorDiffusion, DiffusionColorizer

    pipe = ColorDiffusion.fresh()
    state = read_weights(card.file, card.sha256)
    if not any(name.startswith(PAINTER) for name in state):  # what ships has it once, in the hint model's own file
        painter = get_card(card.painter or default_model())
        if read_metadata(card.file).get("painter") != painter.sha256:
            raise WeightsError(f"The weights {card.file} were trained on another {painter.name}; use the files that belong together.")
        state |= {PAINTER + name: value for name, value in read_weights(painter.file, painter.sha256).items()}
    network = nn.ModuleDict({"conditioner": pipe.conditioner, "denoiser": pipe.denoiser})
    load_strict(network, state, card.file)
    network.to(torch.device(device))
    return DiffusionColorizer(card, pipe, load_encoder(device))


def _zoo(card: ModelCard, device: str) -> Colorizer:
    from toolkit.models.zoo import NETWORKS, ZooColorizer

    network = NETWORKS[card.architecture]()
    load_strict(network, read_weights(card.file, card.sha256), card.file)
    return ZooColorizer(card, network.to(torch.device(device)))


BUILDERS: dict[str, Callable[[ModelCard, str], Colorizer]] = {"unet": _unet, "vit-hint": _vit_hint, "diffusion": _diffusion}
BUILDERS.update(dict.fromkeys(ZOO, _zoo))


@lru_cache(maxsize=16)  # a comparison of the whole zoo loads each once
def load_model(name: str, device: str = "cpu") -> Colorizer:
    """A model with its weights on a device; loaded once. Raises ValueError for an unknown name, WeightsError for bad files."""
    card = get_card(name)
    return BUILDERS[card.architecture](card, device)
