"""Other people's colorizers beside ours: any ONNX or TorchScript file with a small description of how to speak to it.

    model = adapter("ddcolor")            # or "theirs.json", or "hf:OWNER/NAME"
    ab = model.ab(L)                      # L (1, 1, H, W) in [0, 100] -> ab (1, 2, h, w), Lab units

A description is a JSON file beside the model's:

    {"file": "theirs.onnx", "format": "onnx", "input": "gray-rgb", "size": 512, "square": true, "output": "ab"}

Every other field has a default, see `Description`. Whatever a model says, only its a and b are taken: L stays the
photo's, and the caller lifts them to full size as it does for our models, so that all are measured alike. ONNX files
are data. TorchScript files hold code, which may do anything that you may: load those only from people you trust.
Nothing is fetched unless HUEPOINT_DOWNLOADS=1.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.measure.downloads import downloads_allowed, models_folder
from toolkit.measure.recipes import RECIPES

HUB = "hf:"
HUB_FILE = "huepoint.json"  # the description's name in a repository of the Hugging Face hub
FORMATS = ("onnx", "torchscript")
INPUTS = ("L", "gray-rgb")
OUTPUTS = ("ab", "rgb", "lab")
HINTS = ("none", "separate", "stacked")
CHANNELS = {"L": 1, "gray-rgb": 3, "ab": 2, "rgb": 3, "lab": 3}
MOST = 2048  # px of a working size
LONGEST = 4  # times the working size: a panorama is seen coarser, as by our models
Run = Callable[[Sequence[Tensor]], Tensor]


class AdapterError(ValueError):
    """Somebody's model cannot be used; the message is one sentence: what is wrong, what to do."""


@dataclass(frozen=True)
class Description:
    """How to speak to a model. Raises AdapterError for invalid values."""

    file: str  # beside the description, without folders
    format: str  # onnx, torchscript
    input: str  # L: one channel, 0 to 100; gray-rgb: three equal channels, sRGB of that L, 0 to 1
    output: str  # ab; rgb; lab
    size: int = 256  # px, short side at which it works
    square: bool = False  # the photo is squeezed into size x size; else it keeps its aspect
    multiple: int = 1  # px that both sides have to be a multiple of; the border is repeated up to there
    # what 0 and 100 of L, or 0 and 1 of gray-rgb, become; None: they stay
    input_range: tuple[float, float] | None = None
    mean: tuple[float, ...] = ()  # per channel, taken off after that
    std: tuple[float, ...] = ()  # per channel, divided by at last
    output_scale: float = 1.0  # times its ab (of ab and lab) are Lab units: 110 where it says -1 to 1
    output_range: tuple[float, float] = (0.0, 1.0)  # of rgb
    hints: str = "none"  # separate: two more inputs, ab and mask; stacked: as channels L, a, b, mask of the one input
    hints_scale: float = 1.0  # hints' ab are divided by it
    mask_values: tuple[float, float] = (0.0, 1.0)  # without and with a hint
    name: str = ""  # for tables; none: the file's
    about: str = ""  # whose it is
    how: str = ""  # where the file comes from, in a sentence
    license: str = ""
    checked: bool = False  # whether its colors were compared with its own program's

    def __post_init__(self) -> None:
        if not self.file or Path(self.file).name != self.file or "\\" in self.file:
            raise AdapterError(
                f"A description names a file beside itself, which {self.file!r} is not; leave folders out."
            )
        for name, known in (("format", FORMATS), ("input", INPUTS), ("output", OUTPUTS), ("hints", HINTS)):
            if getattr(self, name) not in known:
                raise AdapterError(
                    f"The description's {name} is {getattr(self, name)!r}; it has to be one of {', '.join(known)}."
                )
        for name, most in (("size", MOST), ("multiple", 256)):
            if not 1 <= getattr(self, name) <= most:
                raise AdapterError(
                    f"The description's {name} is {getattr(self, name)}; it has to be from 1 to {most} px."
                )
        if self.square and self.size % self.multiple:
            raise AdapterError(
                f"The description's size {self.size} is no multiple of {self.multiple}; correct one of them."
            )
        for name in ("mean", "std"):
            given, channels = len(getattr(self, name)), CHANNELS[self.input]
            if given not in (0, channels):
                raise AdapterError(
                    f"The description's {name} has {given} numbers; {self.input} has {channels} channels."
                )
        for name in ("input_range", "output_range", "mask_values"):
            if getattr(self, name) is not None and getattr(self, name)[0] == getattr(self, name)[1]:
                raise AdapterError(f"The description's {name} begins where it ends; give two different numbers.")
        if not all((*self.std, self.output_scale, self.hints_scale)):
            raise AdapterError("The description's std and scales divide and multiply, so that none may be 0.")

    @classmethod
    def parse(cls, data: Any) -> Description:
        """From JSON's types. Raises AdapterError that names the first thing wrong."""
        if not isinstance(data, dict):
            raise AdapterError(
                'A description is an object like {"file": "theirs.onnx", "format": "onnx", "input": "L", "output": '
                '"ab"}.'
            )
        kinds = {f.name: str(f.type) for f in fields(cls)}
        for name, value in data.items():
            if name not in kinds:
                raise AdapterError(
                    f"The description has a field {str(name)[:40]!r} that nobody knows; known are {', '.join(kinds)}."
                )
            if not _fits(value, kinds[name]):
                raise AdapterError(
                    f"The description's {name} is {str(value)[:40]!r}; it has to be {_KINDS[kinds[name]]}."
                )
        missing = [name for name in ("file", "format", "input", "output") if name not in data]
        if missing:
            raise AdapterError(f"The description does not say {', '.join(missing)}; add it.")
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**given)


_KINDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "tuple[float, float]": "a list of two numbers",
    "tuple[float, float] | None": "a list of two numbers",
    "tuple[float, ...]": "a list of numbers",
}


def _fits(value: Any, kind: str) -> bool:
    def number(x: Any) -> bool:
        return isinstance(x, int | float) and not isinstance(x, bool) and abs(x) < 1e9  # nan fails, too

    if kind.startswith("tuple"):
        numbers = isinstance(value, list) and all(map(number, value))
        return (numbers and ("..." in kind or len(value) == 2)) or (value is None and "None" in kind)
    if kind == "int":
        return number(value) and isinstance(value, int)
    return number(value) if kind == "float" else isinstance(value, {"str": str, "bool": bool}[kind])


@dataclass(frozen=True)
class Adapter:
    """Somebody's model, ready to be asked."""

    name: str
    description: Description
    path: Path
    _run: Run = field(repr=False, compare=False)

    @property
    def takes_hints(self) -> bool:
        """Whether hints change its answer."""
        return self.description.hints != "none"

    @property
    def size(self) -> int:
        """px, the short side at which it works; an L with more is shrunk first."""
        return self.description.size

    @torch.inference_mode()
    def ab(self, L: Tensor, hints: Tensor | None = None, hinted: Tensor | None = None) -> Tensor:
        """L (1, 1, H, W) in [0, 100] -> ab (1, 2, h, w) in Lab units, on the CPU, of any size; it covers the whole
        photo.

        hints (1, 2, H, W), Lab units, where hinted (1, 1, H, W) of bool says so: the model's own way of taking them,
        which need not honor them. Raises AdapterError where the model does not do what its description says.
        """
        d, (H, W) = self.description, L.shape[-2:]
        scale = min(d.size / min(H, W), LONGEST * d.size / max(H, W))
        size = (d.size, d.size) if d.square else (max(1, round(H * scale)), max(1, round(W * scale)))
        small = F.interpolate(L.float().cpu(), size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 100)
        planes = [self._light(small)]
        if self.takes_hints:
            planes += self._hints(hints, hinted, L, size)
        padding = (0, -size[1] % d.multiple, 0, -size[0] % d.multiple)
        planes = [F.pad(plane, padding, mode="replicate") for plane in planes]
        padded = (size[0] + padding[3], size[1] + padding[1])
        out = self._run([torch.cat(planes, 1)] if d.hints == "stacked" else planes)
        return self._colors(out, size, padded)

    def _light(self, L: Tensor) -> Tensor:
        d = self.description
        x = L if d.input == "L" else lab_to_rgb(F.pad(L, (0, 0, 0, 0, 0, 2)))
        if d.input_range is not None:
            low, high = d.input_range
            x = low + x / (100 if d.input == "L" else 1) * (high - low)
        mean, std = (
            x.new_tensor(values or [empty]).view(1, -1, 1, 1) for values, empty in ((d.mean, 0.0), (d.std, 1.0))
        )
        return (x - mean) / std

    def _hints(self, hints: Tensor | None, hinted: Tensor | None, L: Tensor, size: tuple[int, int]) -> list[Tensor]:
        """Their planes at the model's size: a small pixel is hinted where any pixel under it is, with the mean color of
        those.
        """
        d = self.description
        where = torch.zeros_like(L) if hinted is None else hinted.float()
        colors = L.new_zeros(1, 2, *L.shape[-2:]) if hints is None else hints * where
        share = F.adaptive_avg_pool2d(where, size)  # pixels that overlap are shared, so that no small hint is lost
        ab = F.adaptive_avg_pool2d(colors, size) / share.clamp_min(1e-6)
        off, on = d.mask_values
        return [ab / d.hints_scale, torch.where(share > 0, on, off)]

    def _colors(self, out: Tensor, size: tuple[int, int], padded: tuple[int, int]) -> Tensor:
        d = self.description
        if out.dim() != 4 or len(out) != 1 or out.shape[1] != CHANNELS[d.output]:
            raise AdapterError(
                f"{self.name} answered with {tuple(out.shape)} and not with (1, {CHANNELS[d.output]}, h, w); correct "
                "its description."
            )
        if not out.isfinite().all():
            raise AdapterError(
                f"{self.name} answered with numbers that are none; correct the ranges in its description."
            )
        h, w = (
            max(1, round(side * own / whole)) for side, own, whole in zip(out.shape[-2:], size, padded, strict=True)
        )
        out = out[..., :h, :w].float()
        if d.output == "rgb":
            low, high = d.output_range
            return rgb_to_lab(((out - low) / (high - low)).clamp(0, 1))[:, 1:]
        return out[:, -2:] * d.output_scale


def adapter(name: str) -> Adapter | None:
    """The model of a description (PATH.json), of the Hugging Face hub (hf:OWNER/NAME) or of a recipe (eccv16,
    siggraph17, ddcolor, icolorit).

    None for any other name. Raises AdapterError where its file is missing, broken or not described well.
    """
    if name in RECIPES:
        return _load(name, Description.parse(RECIPES[name]), models_folder())
    if name.startswith(HUB):
        return _from_hub(name)
    if name.endswith(".json"):
        path = Path(name)
        return _load(path.stem, read_description(path), path.parent)
    return None


def read_description(path: Path) -> Description:
    """From a JSON file. Raises AdapterError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise AdapterError(f"The description {path} cannot be read; check the path.") from None
    except (ValueError, RecursionError):
        raise AdapterError(
            f"The description {path} is not JSON; see toolkit/measure/adapters.py for an example."
        ) from None
    return Description.parse(data)


def _load(name: str, description: Description, folder: Path) -> Adapter:
    path = folder / description.file
    if not path.is_file():
        how = f": {description.how}" if description.how else "; put it there"
        raise AdapterError(f"{name} needs the file {description.file} in {folder}{how}.")
    load = _onnx if description.format == "onnx" else _torchscript
    return Adapter(description.name or name, description, path, load(path, 3 if description.hints == "separate" else 1))


def _onnx(path: Path, inputs: int) -> Run:
    try:
        import onnxruntime
    except ImportError:
        raise AdapterError("ONNX models need onnxruntime; install it with `pip install huepoint[onnx]`.") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # what is wrong is raised, and told in a sentence
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class in common
        raise AdapterError(
            f"{path.name} is no ONNX model that can be read ({_short(error)}); export or download it again."
        ) from None
    names = [given.name for given in session.get_inputs()]
    if len(names) != inputs:
        raise AdapterError(
            f"{path.name} takes {len(names)} inputs and its description gives {inputs}; correct `hints` there."
        )

    def run(planes: Sequence[Tensor]) -> Tensor:
        given = {name: np.ascontiguousarray(plane.numpy()) for name, plane in zip(names, planes, strict=True)}
        try:
            return torch.from_numpy(session.run(None, given)[0])
        except Exception as error:
            raise AdapterError(
                f"{path.name} did not run ({_short(error)}); correct `input` and `size` in its description."
            ) from None

    return run


def _torchscript(path: Path, inputs: int) -> Run:
    try:
        with warnings.catch_warnings():
            # torch would rather have it exported; what people have is what is read
            warnings.simplefilter("ignore", FutureWarning)
            module = torch.jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError, OSError) as error:
        raise AdapterError(
            f"{path.name} is no TorchScript model that can be read ({_short(error)}); export or download it again."
        ) from None

    def run(planes: Sequence[Tensor]) -> Tensor:
        try:
            answer = module(*planes)
        except RuntimeError as error:
            raise AdapterError(
                f"{path.name} did not run ({_short(error)}); correct `input`, `hints` and `size` in its description."
            ) from None
        answer = answer[0] if isinstance(answer, tuple | list) and answer else answer
        if not isinstance(answer, Tensor):
            raise AdapterError(
                f"{path.name} answered with a {type(answer).__name__} and not with a tensor; export it with one output."
            )
        return answer

    return run


def _from_hub(name: str) -> Adapter:
    """A description and its ONNX file, from the hub's cache or, where allowed, from the hub."""
    repository = name.removeprefix(HUB)
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise AdapterError(f"{name!r} is no model of the Hugging Face hub; write it as hf:OWNER/NAME.")
    path = _fetched(repository, HUB_FILE)
    description = read_description(path)
    if description.format != "onnx":
        raise AdapterError(
            f"{name} is TorchScript, which holds code; if you trust its owner, download it yourself and name its "
            f"{HUB_FILE}."
        )
    _fetched(repository, description.file)
    return _load(repository, description, path.parent)


def _fetched(repository: str, file: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    allowed = downloads_allowed()
    try:
        return Path(hf_hub_download(repository, file, local_files_only=not allowed))
    except LocalEntryNotFoundError:
        reason = (
            "the hub cannot be reached; go online once"
            if allowed
            else "it is not on this machine; set HUEPOINT_DOWNLOADS=1 to fetch it"
        )
    except EntryNotFoundError:
        reason = f"the hub has no {file} there; ask its owner for one"
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = f"{_short(error)}; check the name"
    raise AdapterError(f"{file} of {HUB}{repository} cannot be had: {reason}.")


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
