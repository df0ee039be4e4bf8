"""The recipe of the teaching zoo: one loss, one stream of photos, one number of steps for all, so that what differs is
the architecture.

    recipe = ZooRecipe("plain-unet", validation=photos)
    Trainer(recipe, "runs/plain-unet", ZOO_SCHEDULE).run(views(photos, 16, recipe.side, seed=0))

Pix2pix has a recipe of its own, toolkit/training/recipes/pix2pix.py, which begins with this one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.measure.metrics import colorfulness_ratio, gray_psnr, psnr
from toolkit.models.zoo import network
from toolkit.models.zoo.vae import VAE, kl
from toolkit.training.data import Batch, center, view
from toolkit.training.job import HELD_OUT, Job, Trained, Training, photos_of, run
from toolkit.training.loop import Recipe, Schedule
from toolkit.training.losses import huber_ab
from toolkit.training.shapes import shapes

SIDE = 96  # px, of the views; networks from scratch learn more from many small ones than from few large ones
SHAPES_SIDE = 32  # px: a network that has to learn in a minute sees many small pictures
# 32,000 views: about three rounds through eleven thousand photos
ZOO_SCHEDULE = Schedule(steps=2000, lr=2e-3, ema=0.995)
SHAPES_SCHEDULE = Schedule(steps=800, lr=3e-3, warmup=20, ema=0.98)
KL_WEIGHT = 0.01  # of the VAE: less, and z tells everything in training and nothing later; more, and it is ignored
SHEET_ROWS = 12
SHAPES_MANY = 1200  # generated pictures


def views(photos: Sequence[Tensor], size: int, side: int, seed: int) -> Iterator[Batch]:
    """Batches of random square views for ever, undamaged: each photo once before any comes again. No tokens: these
    networks look for themselves.
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(photos), generator=generator)
        for rows in order.repeat(-(-size // len(order))).split(size):
            if len(rows) == size:
                lab = rgb_to_lab(torch.stack([view(photos[i], (side, side), generator) for i in rows.tolist()]))
                yield Batch(lab[:, :1], F.avg_pool2d(lab[:, 1:], 2), lab.new_zeros(size, 0))


def centers(photos: Sequence[Tensor], side: int) -> Tensor:
    """The centre squares of photos, uint8 (3, h, w) each -> floats (N, 3, side, side) in [0, 1]."""
    return torch.stack([center(photo, side) for photo in photos]) if photos else torch.zeros(0, 3, side, side)


class ZooRecipe:
    """What the training loop needs of a network of the zoo; see loop.Recipe."""

    def __init__(self, architecture: str, validation: Sequence[Tensor], side: int = SIDE, seed: int = 0) -> None:
        """architecture: a name of `toolkit.models.zoo.names()`; validation: uint8 (3, h, w) photos; side: px of the
        views.
        """
        self.architecture, self.side = architecture, side
        torch.manual_seed(seed)
        self.module = network(architecture).to(memory_format=torch.channels_last)  # a quarter faster on CPUs
        self.generator = torch.Generator().manual_seed(seed)
        self.truth = centers(validation, side)

    def loss(self, module: nn.Module, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Huber loss on ab; the VAE pays for what its z tells."""
        if isinstance(module, VAE):
            ab, mean, log_variance = module.learn(batch.L, batch.ab, self.generator)
            huber, price = huber_ab(ab.float(), batch.ab), kl(mean, log_variance)
            return {"loss": huber + KL_WEIGHT * price, "loss_ab": huber, "loss_kl": price}
        return {"loss": huber_ab(module(batch.L).float(), batch.ab)}

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers on centre squares at the side of the views; a sheet of gray | colored | truth."""
        from torchvision.utils import make_grid

        device = next(module.parameters()).device
        L = rgb_to_lab(self.truth)[:, :1]
        ab = torch.cat([module(part.to(device)).cpu() for part in L.split(16)])
        colored = lab_to_rgb(torch.cat([L, F.interpolate(ab, L.shape[-2:], mode="bilinear", align_corners=False)], 1))
        gray = lab_to_rgb(F.pad(L, (0, 0, 0, 0, 0, 2)))
        numbers = {
            "val_psnr": float(psnr(colored, self.truth).mean()),
            "val_gray_psnr": float(gray_psnr(self.truth).mean()),
            "val_colorfulness_ratio": colorfulness_ratio(colored, self.truth),
        }
        rows = torch.stack([gray, colored, self.truth], 1)[: 2 * SHEET_ROWS]
        return numbers, make_grid(rows.flatten(0, 1), nrow=6, padding=2)


@dataclass(frozen=True)
class World:
    """What a job of the zoo learns from: photos, or where --data is "shapes", a generated world of shapes; a minute on
    a CPU.
    """

    photos: Sequence[Tensor]
    validation: Sequence[Tensor]
    side: int  # px, of the views
    schedule: Schedule

    @classmethod
    def of(cls, job: Job) -> "World":
        """Nothing is encoded beforehand, and the budget is counted in steps, equal for all."""
        if job.data == ("shapes",):
            return cls(shapes(SHAPES_MANY), shapes(HELD_OUT, seed=1), SHAPES_SIDE, job.schedule(SHAPES_SCHEDULE))
        return cls(*photos_of(job), SIDE, job.schedule(ZOO_SCHEDULE))

    def teach(self, job: Job, out: Path, recipe: Recipe) -> Trained:
        """Let a network learn from it."""
        run(
            job,
            out,
            recipe,
            self.schedule,
            lambda step, process: views(self.photos, self.schedule.batch, self.side, 1 + step + process),
        )
        return Trained(out / "checkpoint.safetensors")


def training(name: str) -> Training[Job]:
    """How a network of the zoo is trained, by its name."""

    def train(job: Job, out: Path) -> Trained:
        world = World.of(job)
        return world.teach(job, out, ZooRecipe(name, world.validation, world.side))

    return Training(Job, train)
