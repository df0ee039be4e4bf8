"""Weights on the disk: where they lie, and whether the files are what they claim to be. They are safetensors: data,
never code.
"""

import hashlib
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn


class WeightsError(RuntimeError):
    """A weights file is missing, damaged or of another model; the message says what to do."""


def weights_folder() -> Path:
    """Where the weights lie: HUEPOINT_WEIGHTS, or weights/ beside the package."""
    return Path(os.environ.get("HUEPOINT_WEIGHTS") or Path(__file__).resolve().parents[2] / "weights")


def read_metadata(file: str) -> dict[str, str]:
    """What a safetensors file of the weights folder (or an own one, by its path) says about itself. Raises
    WeightsError.
    """
    try:
        with safe_open(weights_folder() / file, framework="pt") as opened:
            return opened.metadata() or {}
    except (OSError, SafetensorError):
        raise WeightsError(f"The weights {file} cannot be read; fetch the file again.") from None


def read_weights(file: str, sha256: str | None) -> dict[str, Tensor]:
    """A safetensors file of the weights folder, checked against its sha256; None for a person's own, by its path.
    Raises WeightsError.
    """
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
        raise WeightsError(
            f"The weights {file} do not fit the model ({reason}); use the file that belongs to this version."
        ) from None
    module.eval().requires_grad_(False)
