"""From a folder of photos to a model: what `python -m toolkit train` does.

    train(Job(data=("my-photos/",), minutes=30))                       # -> runs/unet/checkpoint.safetensors
    train(Job(recipe="vit-hint", data=("my-photos/",), minutes=60))    # -> runs/vit-hint/checkpoint.safetensors

Photos to memory, each view through the frozen encoder once (the long part; it goes on where it was stopped), then the training itself.
`accelerate launch -m toolkit train unet ...` runs the same on several GPUs.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from toolkit.models.unet import UNet
from toolkit.pipeline import pick_device
from toolkit.registry import get_card, load_encoder, read_weights
from toolkit.training.data import Cache, load_photos
from toolkit.training.loop import Recipe, Schedule, Trainer
from toolkit.training.unet import UNetRecipe, bin_prior
from toolkit.training.vit_hint import VitHintRecipe

HELD_OUT = 64  # photos at most that are kept for validation where none are given
PRIOR_BATCHES = 60  # about a thousand views: enough to know how common each color is


@dataclass(frozen=True)
class Job:
    """What to train on, for how long, and where the result goes."""

    data: tuple[str, ...]  # tars, folders, hf:NAME@SPLIT
    recipe: str = "unet"  # or "vit-hint", whose automatic half begins with a trained U-Net
    val: tuple[str, ...] = ()  # the same; none: some of the data's photos are held out
    out: str | None = None  # None: runs/ and the recipe's name
    cache: str | None = None  # encoded views; None: in the folder of the run
    views: int = 2  # random crops of each photo
    minutes: float = 30.0  # of training, encoding not counted
    resume: bool = False
    device: str = "auto"
    quiet: bool = False  # no progress bars
    unet: str = "unet"  # vit-hint: the U-Net to begin with, a model's name or the checkpoint of a training


def train(job: Job) -> Path:
    """Train a model; returns the weights' file. Raises ValueError for bad sources or a run that is there, WeightsError."""
    out = Path(job.out or f"runs/{job.recipe}")
    if (out / "checkpoint.safetensors").exists() and not job.resume:
        raise ValueError(f"There is a run in {out} already; go on with it (--resume) or name another folder (--out).")
    photos, validation = _split(_load(job.data, job.quiet), _load(job.val, job.quiet))
    device = pick_device(job.device)
    encoder = load_encoder(device.type)

    cache = Cache(job.cache or out / "cache", photos, views=job.views)
    with tqdm(desc="encoding photos, once", unit="file", disable=job.quiet) as bar:

        def encoded(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        cache.fill(encoder, encoded)

    sample = cache.batches(16, seed=0)
    first = [next(sample) for _ in range(min(PRIOR_BATCHES, -(-len(photos) * job.views // 16)))]
    unet = UNetRecipe(validation=validation, encoder=encoder, prior=bin_prior(first, UNet()))
    recipe: Recipe = unet
    if job.recipe == "vit-hint":
        card = get_card(job.unet)
        recipe = VitHintRecipe(unet, read_weights(card.file, card.sha256))
    trainer = Trainer(recipe, out, Schedule(minutes=job.minutes), device=device.type)
    if job.resume:
        trainer.resume()
    batches = cache.batches(trainer.schedule.batch, seed=1 + trainer.step + trainer.accelerator.process_index)  # no two processes see the same order
    trainer.run(batches, quiet=job.quiet)
    return out / "checkpoint.safetensors"


def _load(sources: tuple[str, ...], quiet: bool) -> list[Tensor]:
    if not sources:
        return []
    with tqdm(desc=f"reading {', '.join(Path(s).name for s in sources)}", unit="photo", disable=quiet) as bar:

        def found(n: int) -> None:
            bar.update(n - bar.n)

        return load_photos(list(sources), progress=found)


def _split(photos: list[Tensor], validation: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Training and validation photos: a twentieth of the first is held out where the second is empty."""
    if validation or len(photos) < 2:
        return photos, (validation or photos)[:HELD_OUT]
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0)).tolist()
    held = min(HELD_OUT, max(1, len(photos) // 20))
    return [photos[i] for i in sorted(order[held:])], [photos[i] for i in order[:held]]
