"""The recipe of pix2pix, and the study of what keeps generator and critic in balance.

    recipe = GanRecipe(validation=photos, balance=Balance())                       # all cures
    recipe = GanRecipe(validation=photos, balance=Balance(spectral=False, ...))    # see what happens without one
    log = study(photos, validation, "runs/gan")                                    # every cure alone, none, and all

An adversarial loss is no number that falls. What one watches is whether the two stay about equally strong: a critic
that tells every photo from every coloring (accuracy 1) gives the generator nothing to go by; one that cannot tell at
all (0.5) neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from toolkit.models.zoo.pix2pix import Pix2Pix
from toolkit.show.figures_zoo import gan_curves
from toolkit.training.data import Batch
from toolkit.training.job import Job, Trained, Training
from toolkit.training.loop import Trainer
from toolkit.training.losses import huber_ab
from toolkit.training.zoo import SHAPES_SCHEDULE, SHAPES_SIDE, SIDE, World, ZooRecipe, views

WEIGHT = 0.05  # of the critic's opinion beside the Huber loss: about as large, once the generator is trained
# share of the training in which the critic learns alone after the generator did, so that it knows photos when they meet
ALONE = 0.15
STUDY_STEPS = 600


@dataclass(frozen=True)
class Balance:
    """What keeps the two in balance; each can be left out."""

    # the critic's learning rate by the generator's: two time scales, Heusel et al. 2017 (there the critic is the faster
    # one)
    times: float = 0.5
    # what the critic should say of a photo, 1 is sure: one-sided label smoothing, Salimans et al. 2016, section 3.4
    smooth: float = 0.9
    pretrain: float = 0.5  # share of the training before the two meet: NoGAN, Antic 2019
    spectral: bool = True  # spectral norm on the critic: its slope is at most 1, Miyato et al. 2018


NONE = Balance(times=4.0, smooth=1.0, pretrain=0.0, spectral=False)  # a critic that learns faster than it teaches
VARIANTS: dict[str, Balance] = {
    "no cure": NONE,
    "two time scales": replace(NONE, times=Balance.times),
    "label smoothing": replace(NONE, smooth=Balance.smooth),
    "pretraining": replace(NONE, pretrain=Balance.pretrain),
    "spectral norm": replace(NONE, spectral=True),
    "all four": Balance(),
}


class GanRecipe(ZooRecipe):
    """What the training loop needs of a pix2pix; see loop.Recipe and loop.TwoSpeeds."""

    def __init__(
        self, validation: Sequence[Tensor], balance: Balance | None = None, side: int = SIDE, seed: int = 0
    ) -> None:
        super().__init__("pix2pix", validation, side, seed)
        self.balance = balance or Balance()
        torch.manual_seed(seed)
        self.pair = Pix2Pix(self.balance.spectral)
        self.module = self.pair.to(memory_format=torch.channels_last)

    def groups(self) -> list[dict[str, Any]]:
        """Generator and critic at rates of their own."""
        return [
            {"params": self.pair.generator.parameters()},
            {"params": self.pair.critic.parameters(), "times": self.balance.times},
        ]

    def loss(self, module: nn.Module, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Both sides' losses in one sum, for `Pix2Pix.learn` lets neither's gradient reach the other; the critic's
        accuracy for the log.
        """
        assert isinstance(module, Pix2Pix)
        ab, fooled, real, fake = module.learn(batch.L, batch.ab)
        huber = huber_ab(ab.float(), batch.ab)
        pleased = F.softplus(-fooled).mean()  # non-saturating, Goodfellow et al. 2014, section 3
        critic = (
            self.balance.smooth * F.softplus(-real) + (1 - self.balance.smooth) * F.softplus(real) + F.softplus(fake)
        ).mean() / 2
        accuracy = ((real > 0).float().mean() + (fake < 0).float().mean()) / 2
        met, alone = progress >= self.balance.pretrain, progress >= self.balance.pretrain * (1 - ALONE)
        generator = huber * (0.0 if alone and not met else 1.0) + pleased * (WEIGHT if met else 0.0)
        total = generator + (critic if alone else 0.0 * critic)
        return {"loss": total, "loss_ab": huber, "loss_generator": pleased, "loss_critic": critic, "accuracy": accuracy}


def study(
    photos: Sequence[Tensor],
    validation: Sequence[Tensor],
    folder: str | Path,
    steps: int = STUDY_STEPS,
    progress: Callable[[str], None] | None = None,
) -> dict[str, list[dict[str, float]]]:
    """Train every variant on the same views, and give their logs. photos and validation: uint8 (3, h, w) each, as of
    `shapes`.
    """
    logs: dict[str, list[dict[str, float]]] = {}
    for name, balance in VARIANTS.items():
        recipe = GanRecipe(validation, balance, side=SHAPES_SIDE)
        schedule = replace(SHAPES_SCHEDULE, steps=steps, checkpoint_every=1e9, validate_every=0.1)
        log = logs.setdefault(name, [])
        trainer = Trainer(recipe, Path(folder) / name.replace(" ", "-"), schedule, device="cpu")
        trainer.run(views(photos, schedule.batch, SHAPES_SIDE, seed=1), callback=log.append, quiet=True)
        if progress:
            progress(name)
    return logs


@dataclass(frozen=True)
class GanJob(Job):
    """What to train on, and what to find out."""

    study: bool = False
    """train without, with each and with all of its cures; draws the losses"""


def train(job: GanJob, out: Path) -> Trained:
    """Learn with a critic, or study what keeps the two in balance."""
    world = World.of(job)
    if not job.study:
        return world.teach(job, out, GanRecipe(world.validation, side=world.side))
    with tqdm(desc="cures", total=len(VARIANTS), disable=job.quiet) as bar:
        logs = study(world.photos, world.validation, out, job.steps or STUDY_STEPS, lambda name: bar.update())
    gan_curves(logs).savefig(out / "balance.png")
    return Trained(out / "balance.png", "The losses of every variant are drawn in {path}.")


TRAINING = Training(GanJob, train)
