"""What can be trained, a file each: the network's losses and validation (loop.Recipe), and how it is trained from
photos (TRAINING).

    train("unet", Job(("my-photos/",), minutes=30))     # -> runs/unet/checkpoint.safetensors

A new file of this folder with a TRAINING is a new name of `python -m toolkit train`. A network of the teaching zoo is
trained as all of them are, by training/zoo.py, where it has no file here.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from toolkit.models import zoo

if TYPE_CHECKING:
    from toolkit.training.job import Job, Trained, Training


def names() -> tuple[str, ...]:
    """What can be trained; nothing heavy is imported for it."""
    own = tuple(module.name.replace("_", "-") for module in iter_modules(__path__))
    return own + tuple(name for name in zoo.names() if name not in own)


def about(name: str) -> str:
    """What it is: the first paragraph of its file."""
    home = __name__ if _own(name) else zoo.__name__
    spec = find_spec(f"{home}.{name.replace('-', '_')}")
    assert spec is not None
    assert spec.origin is not None
    return zoo.headline(Path(spec.origin))


def find(name: str) -> "Training[Job]":
    """How it is trained. Raises ValueError for an unknown name."""
    if name not in names():
        raise ValueError(f"There is no training of {name!r}; there are {', '.join(names())}.")
    if _own(name):
        found: Training[Job] = import_module(f"{__name__}.{name.replace('-', '_')}").TRAINING
        return found
    from toolkit.training.zoo import training

    return training(name)


def train(name: str, job: "Job") -> "Trained":
    """Train a model; returns where its weights are. Raises ValueError for bad sources or a run that is there,
    WeightsError.
    """
    out = Path(job.out or f"runs/{name}")
    if (out / "checkpoint.safetensors").exists() and not job.resume:
        raise ValueError(f"There is a run in {out} already; go on with it (--resume) or name another folder (--out).")
    return find(name).train(job, out)


def _own(name: str) -> bool:
    return name.replace("-", "_") in {module.name for module in iter_modules(__path__)}
