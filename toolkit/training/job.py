"""What every training shares: what can be said about it (Job), its photos, and its run.

Photos to memory, each view through the frozen encoder once (the long part; it goes on where it was stopped), then the
training itself. `accelerate launch -m toolkit train unet ...` runs the same on several GPUs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor
from tqdm import tqdm

from toolkit.models.encoder import Encoder
from toolkit.training.data import Cache, load_named
from toolkit.training.loop import Movable, Recipe, Schedule, Trainer
from toolkit.training.regions import Regions
from toolkit.training.sights import Sights

T = TypeVar("T")
J = TypeVar("J", bound="Job", contravariant=True)

HELD_OUT = 64  # photos at most that are kept for validation where none are given
MINUTES = 30.0
COLOR_WITH_IT = """The weights are in {path}. Color a photo with them:
  python -m toolkit colorize PHOTO --weights {path}
Compare them on photos they have not seen:
  python -m toolkit compare FOLDER --models {name},{path}"""


@dataclass(frozen=True)
class Job:
    """What to train on, for how long, and where the result goes. A training that asks for more has a Job of its own,
    which begins with this one.
    """

    data: tuple[str, ...]
    """color photos: folders, tars, Hugging Face's hf:NAME@SPLIT"""
    val: tuple[str, ...] = ()
    """photos to validate on (default: some of the data, held out)"""
    out: str | None = None
    """folder of the run: weights, log, contact sheets (default: runs/ and the name)"""
    cache: str | None = None
    """where encoded photos are kept, 0.6 MB each view (default: in the run's folder)"""
    views: int = 2
    """random crops of each photo"""
    minutes: float | None = None
    """of training; encoding comes before (default: 30, of the zoo 2,000 steps)"""
    steps: int | None = None
    """of training, instead of minutes"""
    resume: bool = False
    """go on with the run in --out"""
    device: str = "auto"
    """auto, cpu, cuda or mps"""
    quiet: bool = False
    """no progress bars"""

    def __post_init__(self) -> None:
        if self.views < 1:
            raise ValueError(f"{self.views} views were asked for; give 1 or more.")
        if self.minutes is not None and not self.minutes > 0:
            raise ValueError(f"{self.minutes:g} minutes were asked for; give more than 0.")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"{self.steps} steps were asked for; give 1 or more.")

    def schedule(self, usual: Schedule) -> Schedule:
        """How long and how fast: the usual one, with another budget where one was given."""
        if self.steps is None and self.minutes is None:
            return usual
        return replace(usual, steps=self.steps, minutes=MINUTES if self.minutes is None else self.minutes)


@dataclass(frozen=True)
class Trained:
    """What a training wrote, and what to say of it, with {path} and {name} to be filled in."""

    path: Path
    then: str = COLOR_WITH_IT


class Train(Protocol[J]):
    """From a job to weights in a folder."""

    def __call__(self, job: J, out: Path) -> Trained:
        """Raises ValueError for bad sources, WeightsError."""
        ...


@dataclass(frozen=True)
class Training(Generic[J]):
    """How something is trained: what it asks for, and what it does."""

    job: type[Job]
    train: Train[J]


def run(
    job: Job, out: Path, recipe: Recipe, schedule: Schedule, batches: Callable[[int, int], Iterator[Movable]]
) -> Trainer:
    """Let a recipe learn until its time is used up. batches(step, process): from that step on, in another order for
    each process.
    """
    trainer = Trainer(recipe, out, schedule, device=job.device)
    if job.resume:
        trainer.resume()
    trainer.run(batches(trainer.step, trainer.accelerator.process_index), quiet=job.quiet)
    return trainer


def fill(views: Cache | Regions | Sights, encoder: Encoder, unit: str, quiet: bool) -> None:
    """Encode what is not yet encoded."""
    with tqdm(desc="encoding photos, once", unit=unit, disable=quiet) as bar:

        def encoded(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        views.fill(encoder, encoded)


def load(sources: tuple[str, ...], quiet: bool) -> list[tuple[str, Tensor]]:
    """The photos of tars and folders with their names; none for no sources."""
    if not sources:
        return []
    with tqdm(desc=f"reading {', '.join(Path(s).name for s in sources)}", unit="photo", disable=quiet) as bar:

        def found(n: int) -> None:
            bar.update(n - bar.n)

        return load_named(list(sources), progress=found)


def photos_of(job: Job) -> tuple[list[Tensor], list[Tensor]]:
    """A job's photos to learn from and to validate on."""
    learned, held = split(load(job.data, job.quiet), load(job.val, job.quiet))
    return [photo for _, photo in learned], [photo for _, photo in held]


def split(photos: list[T], validation: list[T]) -> tuple[list[T], list[T]]:
    """Training and validation photos: a twentieth of the first is held out where the second is empty."""
    if validation or len(photos) < 2:
        return photos, (validation or photos)[:HELD_OUT]
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0)).tolist()
    held = min(HELD_OUT, max(1, len(photos) // 20))
    return [photos[i] for i in sorted(order[held:])], [photos[i] for i in order[:held]]
