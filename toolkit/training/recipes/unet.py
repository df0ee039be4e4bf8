"""The recipe of the U-Net: Huber on ab plus rebalanced classification of ab bins."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, rebalancing_weights, rgb_to_lab
from toolkit.measure.metrics import colorfulness_ratio, gray_psnr, psnr
from toolkit.models.base import Dials
from toolkit.models.devices import pick_device
from toolkit.models.encoder import Encoder, load_encoder
from toolkit.models.unet import UNet
from toolkit.training.data import Batch, Cache, center
from toolkit.training.job import Job, Trained, Training, fill, photos_of, run
from toolkit.training.loop import Schedule
from toolkit.training.losses import RebalancedCrossEntropy, huber_ab

VALIDATION_SIZE = 256
PRIOR_BATCHES = 60  # about a thousand views: enough to know how common each color is
SCHEDULE = Schedule(lr=1.5e-3)


@dataclass(frozen=True)
class UNetLosses:
    """What the loss is made of."""

    bins: float = 0.1  # weight of the classification: its numbers are about twenty times the Huber loss's
    # share of the training in which only the bottom learns: which color a thing has comes before where it ends
    coarse: float = 0.25
    # Zhang's lambda is the share of the uniform distribution mixed into the prior; 1 would not rebalance at all
    rebalance: float = 0.5


class UNetRecipe:
    """What the training loop needs of a U-Net; see loop.Recipe."""

    architecture = "unet"

    def __init__(
        self, prior: Tensor, validation: list[Tensor], encoder: Encoder, losses: UNetLosses | None = None
    ) -> None:
        """prior (Q,): share of each ab bin in the training photos; validation: uint8 (3, h, w) photos, short side at
        least 256.
        """
        self.module = UNet().to(memory_format=torch.channels_last)  # a quarter faster on CPUs
        self.losses = losses or UNetLosses()
        self.cross_entropy = RebalancedCrossEntropy(self.module.bins, rebalancing_weights(prior, self.losses.rebalance))
        crops = [center(photo, VALIDATION_SIZE) for photo in validation]
        self.truth = torch.stack(crops) if crops else torch.zeros(0, 3, VALIDATION_SIZE, VALIDATION_SIZE)
        lab = rgb_to_lab(self.truth)
        self.L, self.ab = lab[:, :1], lab[:, 1:]
        device = next(encoder.parameters()).device
        with torch.inference_mode():
            self.tokens = [encoder(part.to(device)).cpu() for part in self.L.split(8)]

    def loss(self, module: nn.Module, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Both losses and their sum; the batch's ab comes at half of L's size. progress: how much of the training is
        done, 0 to 1.
        """
        coarse = progress < self.losses.coarse
        ab, logits = module(batch.L, batch.tokens, coarse)
        huber = huber_ab(ab.float(), F.avg_pool2d(batch.ab, 8) if coarse else batch.ab)
        # not averaged: a mean of two colors is a third one
        colors = batch.ab[..., 4::8, 4::8] if coarse else batch.ab[..., 1::2, 1::2]
        bins = self.cross_entropy.to(batch.ab.device)(logits.float(), colors)
        return {"loss": huber + self.losses.bins * bins, "loss_ab": huber, "loss_bins": bins}

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers at default vividness on centre crops of 256 px; a sheet of gray | vividness 0 | 0.5 | 1 | truth."""
        from torchvision.utils import make_grid

        device = next(module.parameters()).device
        assert isinstance(module, UNet)
        pictures: dict[float, list[Tensor]] = {0.0: [], 0.5: [], 1.0: []}
        for L, tokens in zip(self.L.split(8), self.tokens, strict=True):
            mean, logits = module(L.to(device), tokens.to(device))
            for vividness, out in pictures.items():
                ab = F.interpolate(
                    module.paint(mean, logits, Dials(vividness)), L.shape[-2:], mode="bilinear", align_corners=False
                ).cpu()
                out.append(lab_to_rgb(torch.cat([L, ab], 1)))
        done = {v: torch.cat(p) for v, p in pictures.items()}
        gray = lab_to_rgb(torch.cat([self.L, torch.zeros_like(self.L), torch.zeros_like(self.L)], 1))
        numbers = {
            "val_psnr": float(psnr(done[0.5], self.truth).mean()),
            "val_psnr_dull": float(psnr(done[0.0], self.truth).mean()),
            "val_gray_psnr": float(gray_psnr(self.truth).mean()),
            "val_colorfulness_ratio": colorfulness_ratio(done[0.5], self.truth),
        }
        rows = torch.stack([gray, done[0.0], done[0.5], done[1.0], self.truth], 1)[:16]  # (16, 5, 3, H, W)
        return numbers, make_grid(F.interpolate(rows.flatten(0, 1), scale_factor=0.5, mode="area"), nrow=10, padding=2)


def bin_prior(batches: list[Batch], model: UNet) -> Tensor:
    """Share of each ab bin, (Q,), in some training batches."""
    centers = model.bins.centers
    counts = torch.zeros(len(centers))
    for batch in batches:
        ab = F.avg_pool2d(batch.ab, 4).permute(0, 2, 3, 1).reshape(-1, 2)
        counts += torch.bincount(torch.cdist(ab, centers).argmin(1), minlength=len(centers))
    return counts / counts.sum()


def begin(job: Job, out: Path) -> tuple[UNetRecipe, Cache]:
    """Encode the photos of a job, and begin a U-Net that knows how common each of their colors is."""
    encoder = load_encoder(pick_device(job.device).type)
    photos, validation = photos_of(job)
    cache = Cache(job.cache or out / "cache", photos, views=job.views)
    fill(cache, encoder, "file", job.quiet)
    sample = cache.batches(16, seed=0)
    first = [next(sample) for _ in range(min(PRIOR_BATCHES, -(-len(photos) * job.views // 16)))]
    return UNetRecipe(bin_prior(first, UNet()), validation, encoder), cache


def train(job: Job, out: Path) -> Trained:
    """Learn to color photos by itself."""
    recipe, cache = begin(job, out)
    schedule = job.schedule(SCHEDULE)
    run(job, out, recipe, schedule, lambda step, process: cache.batches(schedule.batch, seed=1 + step + process))
    return Trained(out / "checkpoint.safetensors")


TRAINING = Training(Job, train)
