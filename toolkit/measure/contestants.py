"""One interface for everything that colors a photo.

    paint = contestant("unet@0.65").look(photo, "cpu")      # looks at the photo once
    rgb = paint(Guidance())                                 # uint8 (3, H, W), may be asked often

Our models, classical methods and other people's models all paint the same way: L is the photo's own, only ab is theirs,
colors are brought inside the gamut at constant L. So a table of them compares colors and nothing else.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.models.cards import get_card, list_models
from toolkit.models.devices import pick_device
from toolkit.models.registry import load_model
from toolkit.photo import Photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

if TYPE_CHECKING:
    from toolkit.measure.adapters import Adapter

Painter = Callable[[Guidance], Tensor]  # hints -> the photo in color, uint8 (3, H, W)
# L (1, 1, H, W), ab (1, 2, H, W), hinted bool (1, 1, H, W) -> ab (1, 2, H, W)
Solver = Callable[[Tensor, Tensor, Tensor], Tensor]

DIGITS = 12  # of a sha256, to tell versions apart
BASELINES = ("gray", "mean-color")
CLASSICAL = {  # name: module and function
    "levin2004": ("toolkit.models.classical", "levin2004"),
    "levin-fast": ("toolkit.models.variational", "levin_fast"),
    "variational": ("toolkit.models.variational", "variational"),
}


class Contestant(Protocol):
    """One that colors photos."""

    @property
    def name(self) -> str:
        """As it stands in the table."""
        ...

    @property
    def needs_hints(self) -> bool:
        """Whether it leaves a photo without hints gray."""
        ...

    def version(self) -> str:
        """What tells it from another of its name: of a model, the beginning of its weights' sha256; "" where there is
        none.
        """
        ...

    def load(self, device: str) -> None:
        """Fetch its weights, so that nobody times that; again costs nothing. Raises what loading raises."""
        ...

    def look(self, photo: Photo, device: str) -> Painter:
        """Look at the photo once; the answer paints it for any hints."""
        ...


@dataclass(frozen=True)
class Baseline:
    """One color for the whole photo: none ("gray"), or the mean a and b of the truth ("mean-color", which looks at it:
    a bar, not a method).
    """

    name: str
    needs_hints: bool = False

    def version(self) -> str:
        """There is one."""
        return ""

    def load(self, device: str) -> None:
        """There is nothing to load."""

    def look(self, photo: Photo, device: str) -> Painter:
        """The photo's own colors are read for their mean only."""
        ab = torch.zeros(1, 2, 1, 1)
        if self.name == "mean-color":
            ab = rgb_to_lab(photo.rgb[None].float() / 255)[:, 1:].mean((2, 3), keepdim=True)
        return lambda guidance: in_color(photo, ab.expand(1, 2, photo.height, photo.width))


@dataclass(frozen=True)
class Classical:
    """A method without learning that spreads hints."""

    name: str
    needs_hints: bool = True

    def version(self) -> str:
        """There is one."""
        return ""

    def load(self, device: str) -> None:
        """Import it."""
        self._solver()

    def look(self, photo: Photo, device: str) -> Painter:
        """There is nothing to look at before hints are there."""
        return partial(_solved, self._solver(), photo)

    def _solver(self) -> Solver:
        module, function = CLASSICAL[self.name]
        solver: Solver = getattr(import_module(module), function)
        return solver


@dataclass(frozen=True)
class Model:
    """A model of the registry, or own weights."""

    name: str
    model: str  # as `get_card` knows it
    vividness: float = 0.5
    seed: int = 0
    needs_hints: bool = False

    def version(self) -> str:
        """Of its weights."""
        return get_card(self.model).sha256[:DIGITS]

    def load(self, device: str) -> None:
        """Raises WeightsError."""
        load_model(self.model, pick_device(device).type)

    def session(self, photo: Photo, device: str) -> Session:
        """A session that has looked at the photo."""
        session = Session(photo, self.model, device=device)
        session.encode()
        return session

    def look(self, photo: Photo, device: str) -> Painter:
        """Encodes the photo."""
        return self.painter(self.session(photo, device), self.vividness)

    def at_sizes(self, photo: Photo, device: str, sizes: Sequence[int]) -> list[Painter]:
        """What paints the photo as seen at each of these working sizes, px of the short side."""
        session = Session(photo, self.model, device=device)
        return [self.painter(session.at(size), self.vividness) for size in sizes]

    def painter(self, session: Session, vividness: float) -> Painter:
        """Paints what a session has looked at; several of one session share that look."""
        return lambda guidance: session.colorize(guidance, Dials(vividness=vividness), seed=self.seed).rgb


@dataclass(frozen=True)
class Foreign:
    """Somebody else's model, by its adapter: it says only ab, which is lifted and painted as ours is.

    One that takes hints has them written into its pixels at last, as our sessions do; one that takes none paints the
    same with any.
    """

    name: str
    source: str  # as `adapter` knows it
    needs_hints: bool = False

    def version(self) -> str:
        """Of its file, and how it is spoken to; "" where it cannot be loaded."""
        try:
            model = _adapter(self.source)
            return hashlib.sha256(repr(model.description).encode() + model.path.read_bytes()).hexdigest()[:DIGITS]
        except (ValueError, OSError):
            return ""

    def load(self, device: str) -> None:
        """Raises AdapterError, also where the file is not here."""
        _adapter(self.source)

    def look(self, photo: Photo, device: str) -> Painter:
        """Without hints to take there is one answer, which is found now."""
        model, L = _adapter(self.source), photo.lightness()
        if model.takes_hints:
            return lambda guidance: _lifted(photo, model.ab(L, *_planes(photo, guidance)), guidance)
        ab = model.ab(L)
        return lambda guidance: _lifted(photo, ab, Guidance())


def contestant(name: str, *, vividness: float = 0.5, seed: int = 0) -> Contestant:
    """The contestant of a name; nothing is loaded yet.

    gray, mean-color, levin2004, levin-fast, variational; a model or the path of own weights, with "NAME@0.65" at
    another vividness than the one given here; other people's models as `toolkit.measure.adapters` finds them
    (PATH.json, hf:OWNER/NAME, eccv16 ...). seed: of models that draw. Raises ValueError that names the known ones,
    WeightsError for a path that holds no weights.
    """
    if name in BASELINES:
        return Baseline(name)
    if name in CLASSICAL:
        return Classical(name)
    if _is_foreign(name):
        return Foreign(_short(name), name)
    base, _, number = name.rpartition("@")
    if base and _is_number(number):
        vividness = float(number)
    else:
        base = name
    if not 0 <= vividness <= 1:
        raise ValueError(f"The vividness of {name} is {vividness:g}; choose a number from 0 (safe) to 1 (lively).")
    if base.endswith(".safetensors") or base in {card.name for card in list_models(zoo=True)}:
        get_card(base)
        return Model(_short(base) + name[len(base) :], base, vividness, seed)
    raise ValueError(
        f"There is nothing called {name!r} to compare; known: {', '.join(known())}, own .safetensors, PATH.json."
    )


def known() -> list[str]:
    """All names that need no file of one's own."""
    from toolkit.measure.recipes import RECIPES

    return [*BASELINES, *CLASSICAL, *(card.name for card in list_models(zoo=True)), *RECIPES]


def in_color(photo: Photo, ab: Tensor) -> Tensor:
    """The photo's L with ab (1, 2, H, W): uint8 (3, H, W), gamut mapped at constant L."""
    return (lab_to_rgb(torch.cat([photo.lightness(), ab], 1))[0] * 255).round().byte()


def _solved(solver: Solver, photo: Photo, guidance: Guidance) -> Tensor:
    return in_color(photo, solver(photo.lightness(), *_planes(photo, guidance)))


def _planes(photo: Photo, guidance: Guidance) -> tuple[Tensor, Tensor]:
    """The hints as planes: ab (1, 2, H, W), 0 where there is none, and where there are, bool (1, 1, H, W)."""
    ab = guidance.stamp(torch.full((1, 2, photo.height, photo.width), torch.nan))
    return ab.nan_to_num(), ~ab[:, :1].isnan()


def _lifted(photo: Photo, ab: Tensor, guidance: Guidance) -> Tensor:
    """Small ab (1, 2, h, w) painted at the photo's size as a session does."""
    light, L = shrink(photo, (ab.shape[-2], ab.shape[-1]), averaged=True).lightness(), photo.lightness()
    return in_color(photo, guidance.stamp(Lift(ab, light, (photo.height, photo.width)).rows(L, 0)))


def _is_foreign(name: str) -> bool:
    from toolkit.measure.adapters import HUB
    from toolkit.measure.recipes import RECIPES

    if name.endswith(".json") and not Path(name).is_file():
        raise ValueError(f"There is no description {name}; give the path of one, see toolkit/measure/adapters.py.")
    return name in RECIPES or name.startswith(HUB) or name.endswith(".json")


@lru_cache(maxsize=16)
def _adapter(source: str) -> "Adapter":
    from toolkit.measure.adapters import adapter

    model = adapter(source)
    assert model is not None, "contestant() asks for what adapter() knows"
    return model


def _short(name: str) -> str:
    """Of a path its last folder and name: where somebody's files lie is nobody else's business."""
    return (
        "/".join(Path(name).absolute().with_suffix("").parts[-2:]) if name.endswith((".safetensors", ".json")) else name
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
