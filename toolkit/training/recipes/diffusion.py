"""The recipe of the diffusion model: flow matching on what the hint model leaves open."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.measure.metrics import colorfulness_ratio, gray_psnr, psnr
from toolkit.models.cards import get_card
from toolkit.models.diffusion import FARTHEST, ColorDiffusion, Condition, photo_noise, velocity
from toolkit.models.vit_hint import Clicks
from toolkit.models.weights import load_strict, read_weights
from toolkit.training.data import Batch
from toolkit.training.job import Job, Trained, Training, run
from toolkit.training.loop import Schedule
from toolkit.training.recipes.unet import UNetRecipe, begin
from toolkit.training.users import invent

DRAWS = 2  # noises and times per view: looking at a photo costs as much as denoising it
SAMPLES, STEPS = 4, 6  # of the validation
SCHEDULE = Schedule(lr=1.2e-3)


@dataclass(frozen=True)
class DiffusionLosses:
    """What is told to the network how often."""

    hints: float = 0.4  # share of batches in which people have clicked
    few: float = 0.75  # of these, share with a few clicks a photo
    # share of photos of which the network sees nothing but x: for classifier-free guidance (Ho and Salimans 2022)
    nothing: float = 0.1


class Learner(nn.Module):
    """Conditioner and denoiser, which learn together; the hint model inside is frozen."""

    def __init__(self, painter: dict[str, Tensor]) -> None:
        super().__init__()
        self.pipe = ColorDiffusion.fresh()  # no nn.Module: it has its two parts below
        load_strict(self.pipe.conditioner.painter, painter, "vit-hint")
        self.conditioner, self.denoiser = self.pipe.conditioner, self.pipe.denoiser

    def forward(
        self,
        batch: Batch,
        truth: Tensor,
        clicks: Clicks | None,
        seen: Tensor,
        times: Tensor,
        generator: torch.Generator,
    ) -> Tensor:
        """Square error of the velocity at `times` (B, D) in [0, 1], an own noise for each: (B, D). Uncertain places
        weigh more.

        truth (B, 2, H/2, W/2) Lab units; seen (B,): 0 where the network is told nothing.
        """
        known = self.condition(batch.L, batch.tokens, clicks)
        x0 = (F.avg_pool2d(truth - known.mean, 2) / known.spread).clamp(-FARTHEST, FARTHEST)
        maps = known.maps * seen.view(-1, 1, 1, 1)
        weight = known.spread / known.spread.mean((2, 3), keepdim=True)
        errors = []
        for time in times.unbind(1):
            n = photo_noise(known.keys, generator)
            t = time.view(-1, 1, 1, 1)
            said = velocity(self.denoiser, (1 - t) * x0 + t * n, time, maps).float()
            errors.append((weight * (said - (n - x0)).square()).mean((1, 2, 3)))
        return torch.stack(errors, 1)

    def condition(self, L: Tensor, tokens: Tensor, clicks: Clicks | None = None) -> Condition:
        """What a batch of photos and people's clicks say."""
        features = self.conditioner.features(L, tokens)
        painted, reach = features.ab, torch.zeros_like(features.light)
        if clicks is not None and clicks.xy.shape[1]:
            painter = self.conditioner.painter
            with torch.no_grad():
                anchors = painter.anchors(features, features.ab, clicks.xy, clicks.ab, clicks.there)
                painted, influence = painter.paint(features, features.ab, anchors)
            reach = influence.sum(1, keepdim=True).clamp(0, 1)
        return self.conditioner(L, tokens, features, painted, reach)


class DiffusionRecipe:
    """What the training loop needs of a ColorDiffusion; see loop.Recipe."""

    architecture = "diffusion"

    def __init__(
        self, unet: UNetRecipe, painter: dict[str, Tensor], losses: DiffusionLosses | None = None, seed: int = 0
    ) -> None:
        """unet: the recipe that holds the validation photos; painter: weights of a trained VitHint."""
        self.module = Learner(painter).to(memory_format=torch.channels_last)
        self.unet, self.losses = unet, losses or DiffusionLosses()
        self.generator = torch.Generator().manual_seed(seed)

    def loss(self, module: nn.Module, batch: Batch, progress: float) -> dict[str, Tensor]:
        """The mean error, and that of the noisier and of the clearer half of the path."""
        B, device = len(batch.L), batch.L.device
        truth, clicks = batch.ab, None
        clicked, few = torch.rand(2, generator=self.generator).tolist()
        if clicked < self.losses.hints:
            marks = invent(batch.ab.cpu(), batch.tokens.cpu(), self.generator, few < self.losses.few)
            if not marks.elsewhere:
                truth = marks.wanted.to(device)
                clicks = Clicks(marks.xy.to(device), marks.ab.to(device), marks.there.to(device))
        first = torch.rand(B, 1, generator=self.generator)
        times = (first + torch.arange(DRAWS) / DRAWS) % 1  # spread evenly over the path: less noisy gradients
        seen = (torch.rand(B, generator=self.generator) >= self.losses.nothing).float()
        error = module(batch, truth, clicks, seen.to(device), times.to(device), self.generator)
        noisy = (times > 0.5).to(device)
        return {"loss": error.mean(), "loss_noisy": error[noisy].mean(), "loss_clear": error[~noisy].mean()}

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers of samples on centre crops of 256 px; a sheet of gray | automatic | four samples | truth."""
        from torchvision.utils import make_grid

        assert isinstance(module, Learner)
        device = next(module.parameters()).device
        truth, L = self.unet.truth, self.unet.L
        automatic, drawn = [], []
        for light, tokens in zip(L, torch.cat(self.unet.tokens), strict=True):
            known = module.condition(light[None].to(device), tokens[None].to(device))
            automatic.append(_rgb(light[None], known.mean))
            drawn.append(_rgb(light[None], module.pipe(known, seeds=range(SAMPLES), steps=STEPS)))
        auto, samples = torch.cat(automatic), torch.stack(drawn, 1)  # (N, 3, H, W), (S, N, 3, H, W)
        each = torch.stack([psnr(sample, truth) for sample in samples])
        numbers = {
            "val_psnr": float(each.mean()),
            "val_psnr_best": float(each.amax(0).mean()),
            "val_psnr_mean": float(psnr(samples.mean(0), truth).mean()),
            "val_psnr_automatic": float(psnr(auto, truth).mean()),
            "val_gray_psnr": float(gray_psnr(truth).mean()),
            "val_colorfulness_ratio": colorfulness_ratio(samples[0], truth),
        }
        gray = lab_to_rgb(torch.cat([L, torch.zeros_like(L), torch.zeros_like(L)], 1))
        rows = torch.stack([gray, auto, *samples, truth], 1)[:20]
        return numbers, make_grid(
            F.interpolate(rows.flatten(0, 1), scale_factor=0.5, mode="area"), nrow=2 * rows.shape[1], padding=2
        )


def _rgb(L: Tensor, ab: Tensor) -> Tensor:
    ab = F.interpolate(ab.cpu(), L.shape[-2:], mode="bilinear", align_corners=False)
    return lab_to_rgb(torch.cat([L.expand(len(ab), -1, -1, -1), ab], 1))


@dataclass(frozen=True)
class DiffusionJob(Job):
    """What to train on, and what to build on."""

    painter: str = "vit-hint"
    """the hint model to build on: a model's name, or the checkpoint of a training"""


def train(job: DiffusionJob, out: Path) -> Trained:
    """Learn to draw what the hint model leaves open."""
    automatic, cache = begin(job, out)
    card = get_card(job.painter)
    recipe, schedule = DiffusionRecipe(automatic, read_weights(card.file, card.sha256)), job.schedule(SCHEDULE)
    run(job, out, recipe, schedule, lambda step, process: cache.batches(schedule.batch, seed=1 + step + process))
    return Trained(out / "checkpoint.safetensors")


TRAINING = Training(DiffusionJob, train)
