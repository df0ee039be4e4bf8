"""Our models for other people's programs: `python -m toolkit export MODEL --onnx FILE`.

    done = export("unet", "unet.onnx")          # checked; done.difference in Lab units
    adapter("unet.json").ab(L)                  # the description beside it lets `compare` use the file at once

The file holds everything from L to ab, the frozen encoder included: L (1, 1, S, S) in [0, 100] -> ab (1, 2, S/2, S/2)
in Lab units, the automatic colors at one vividness. Its size is fixed, since the ViT's places are. What it leaves to
the program that runs it: L is the photo's own, ab is enlarged along its edges (toolkit/photo/lift.py) and brought
inside sRGB at constant L.
"""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.guidance import Points
from toolkit.models.base import Colorizer, Dials
from toolkit.models.encoder import STRIDE

TOLERANCE = 1e-2  # Lab units that the exported ab may be off anywhere
OPSET = 20
LARGEST = 1024  # px: the graph is traced at its size, and attention grows with its square


@dataclass(frozen=True)
class Exported:
    """What was written."""

    onnx: Path
    description: Path
    size: int  # px of the square
    vividness: float
    difference: float  # Lab units, the largest between onnxruntime's ab and ours


class _Automatic(nn.Module):
    """A colorizer as one function of L: its automatic colors at one vividness."""

    def __init__(self, model: Colorizer, vividness: float) -> None:
        super().__init__()
        self.model, self.dials = model, Dials(vividness)
        # so that the exporter sees their weights
        self.parts = nn.ModuleList(part for part in vars(model).values() if isinstance(part, nn.Module))

    def forward(self, L: Tensor) -> Tensor:
        nobody = Points(L.new_zeros(0, 2), L.new_zeros(0, 2))
        return self.model.decode(self.model.encode(L), nobody, self.dials, 0).ab.float()


def export(
    model: str, file: str | Path, *, size: int = 256, vividness: float = 0.0, overwrite: bool = False
) -> Exported:
    """Write a model as ONNX and its description (FILE.json), and check that onnxruntime gives the same ab to 1e-2 on
    two made-up pictures.

    model: a name, or the path of own weights. size: px of the square it will take, a multiple of 16. A file that fails
    the check is removed. Raises ValueError for what cannot be exported or is there already, RuntimeError where it
    cannot be converted or fails the check, WeightsError.
    """
    from toolkit.models.cards import get_card
    from toolkit.models.registry import load_model

    onnx = Path(file)
    description = onnx.with_suffix(".json")
    card = get_card(model)
    if card.draws:
        raise ValueError(
            f"{card.name} draws its colors in several steps and is not one function of L; export a model that gives "
            "one answer."
        )
    _check(onnx, description, size, vividness, overwrite)
    network = _Automatic(load_model(model), vividness).eval()
    _write(network, size, onnx)
    difference = _difference(network, size, onnx)
    if not difference <= TOLERANCE:
        onnx.unlink()
        raise RuntimeError(
            f"onnxruntime's ab is {difference:.3g} from ours, more than {TOLERANCE:g}, so {onnx} was removed; report "
            "this model."
        )
    name = Path(card.name).name.removesuffix(".safetensors")
    about = {
        "file": onnx.name,
        "format": "onnx",
        "input": "L",
        "output": "ab",
        "size": size,
        "square": True,
        "name": f"{name}-onnx",
        "about": f"Huepoint's {name}, automatic colors at vividness {vividness:g}.",
        "license": card.license,
        "checked": True,
    }
    description.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return Exported(onnx, description, size, vividness, difference)


def _check(onnx: Path, description: Path, size: int, vividness: float, overwrite: bool) -> None:
    """Everything that can be refused before the work. Raises ValueError."""
    try:
        import onnxruntime  # noqa: F401  # also what torch's exporter needs: all three come together
        import onnxscript  # noqa: F401
    except ImportError:
        raise ValueError(
            "Exporting needs onnx, onnxruntime and onnxscript; install them with `pip install huepoint[onnx]`."
        ) from None
    if onnx.suffix != ".onnx":
        raise ValueError(f"{onnx} does not end in .onnx; name the file like unet.onnx.")
    if not onnx.absolute().parent.is_dir():
        raise ValueError(f"There is no folder for {onnx}; create it first.")
    for path in (onnx, description):
        if path.exists() and not overwrite:
            raise ValueError(f"{path} is there already; add --overwrite or choose another name.")
    if size % STRIDE or not STRIDE <= size <= LARGEST:
        raise ValueError(
            f"The size is {size}; choose a multiple of {STRIDE} up to {LARGEST}, best what the model was made for."
        )
    if not 0 <= vividness <= 1:
        raise ValueError(f"Vividness is {vividness}; choose a number from 0 (safe) to 1 (lively).")


def _write(network: nn.Module, size: int, onnx: Path) -> None:
    with _quiet():
        try:
            program: Any = torch.onnx.export(
                network,
                (torch.full((1, 1, size, size), 50.0),),
                dynamo=True,
                opset_version=OPSET,
                input_names=["L"],
                output_names=["ab"],
                verbose=False,
            )
        except Exception as error:  # the exporter wraps whatever it meets
            cause = error.__cause__ or error
            reason = " ".join(str(cause).split())[:200]
            raise RuntimeError(f"This model cannot be written as ONNX ({reason}); export another one.") from None
        program.save(str(onnx))


def _difference(network: nn.Module, size: int, onnx: Path) -> float:
    """The largest difference between onnxruntime's ab and the model's own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    found = 0.0
    with torch.inference_mode():
        for L in _probes(size):
            theirs = torch.from_numpy(session.run(None, {"L": L.numpy()})[0])
            found = max(found, float((theirs - network(L)).abs().nan_to_num(torch.inf).max()))
    return found


def _probes(size: int) -> Iterator[Tensor]:
    """Noise, and something smooth as photos are."""
    rng = torch.Generator().manual_seed(0)
    yield 100 * torch.rand(1, 1, size, size, generator=rng)
    smooth = F.interpolate(
        100 * torch.rand(1, 1, 9, 9, generator=rng), (size, size), mode="bicubic", align_corners=False
    )
    yield smooth.clamp(0, 100)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's advice to its own developers."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
