"""The recipe of the ViT with hints: paint what the invented people want, and stay a good automatic colorizer."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.measure.metrics import gray_psnr, psnr
from toolkit.models.cards import get_card
from toolkit.models.vit_hint import Clicks, VitHint
from toolkit.models.weights import load_strict, read_weights
from toolkit.training.data import Batch
from toolkit.training.job import Job, Trained, Training, run
from toolkit.training.losses import huber_ab
from toolkit.training.recipes.unet import SCHEDULE, UNetRecipe, begin
from toolkit.training.users import Marks, invent

VALIDATION_COUNTS = (1, 10, 100)


@dataclass(frozen=True)
class VitHintLosses:
    """What the loss is made of."""

    automatic: float = 1.0  # weight of the automatic colors' own loss, beside that of the painted ones
    bins: float = 0.1  # weight of the classification
    # a photo with N points weighs (1 + N) to this power: its errors are small, in dB they count as much
    many: float = 0.25


class VitHintRecipe:
    """What the training loop needs of a VitHint; see loop.Recipe."""

    architecture = "vit-hint"

    def __init__(
        self,
        unet: UNetRecipe,
        state: dict[str, Tensor] | None = None,
        losses: VitHintLosses | None = None,
        seed: int = 0,
    ) -> None:
        """unet: the recipe of its automatic half, with prior and validation photos; state: weights of a trained U-Net
        to begin with.
        """
        self.module = VitHint()
        if state is not None:
            load_strict(self.module.unet, state, "U-Net")
            self.module.unet.requires_grad_().train()
        self.module.to(memory_format=torch.channels_last)
        self.unet, self.losses = unet, losses or VitHintLosses()
        self.generator = torch.Generator().manual_seed(seed)

    def loss(self, module: nn.Module, batch: Batch, progress: float) -> dict[str, Tensor]:
        """All losses and their sum; the batch's ab comes at half of L's size. progress: how much of the training is
        done, 0 to 1.
        """
        device = batch.ab.device
        lively = float(torch.rand((), generator=self.generator))
        vividness = max(0.0, lively * 3 - 2)  # two times of three 0, as where it is measured
        # looking costs more than painting
        draws = [invent(batch.ab.cpu(), batch.tokens.cpu(), self.generator, few) for few in (True, False)]
        ab, logits, painted = module(batch.L, batch.tokens, [_clicks(marks, device) for marks in draws], vividness)
        hints = sum(
            (self._painted(out, marks) for out, marks in zip(painted, draws, strict=True)),
            torch.zeros((), device=device),
        ) / len(draws)
        automatic = huber_ab(ab.float(), batch.ab)
        bins = self.unet.cross_entropy.to(device)(logits.float(), batch.ab[..., 1::2, 1::2])
        total = hints + self.losses.automatic * automatic + self.losses.bins * bins
        return {"loss": total, "loss_hints": hints, "loss_ab": automatic, "loss_bins": bins}

    def _painted(self, painted: Tensor, marks: Marks) -> Tensor:
        wanted = marks.wanted.to(painted.device)
        weight = (1 + marks.there.sum(1).float()).pow(self.losses.many).to(painted.device)
        if marks.elsewhere:  # the points lie in the left half
            half = painted.shape[-1] // 2
            painted, wanted, weight = painted[..., half:], wanted[..., half:], torch.ones_like(weight)
        each = F.huber_loss(painted.float() / 20, wanted / 20, reduction="none").mean((1, 2, 3))
        return (each * weight).mean()

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers on centre crops of 256 px, vividness 0 and single-pixel truth as hints; a sheet of gray | 0 | 1 | 10
        | 100 hints | truth.
        """
        from torchvision.utils import make_grid

        assert isinstance(module, VitHint)
        device = next(module.parameters()).device
        truth, L = self.unet.truth, self.unet.L
        true_ab = self.unet.ab
        generator = torch.Generator().manual_seed(0)
        h, w = L.shape[-2:]
        xy = torch.randint(h // 2, (len(L), max(VALIDATION_COUNTS), 2), generator=generator)
        colors = F.avg_pool2d(true_ab, 2)[torch.arange(len(L))[:, None], :, xy[..., 1], xy[..., 0]]
        pictures: dict[int, list[Tensor]] = {n: [] for n in (0, *VALIDATION_COUNTS)}
        start = 0
        for part, tokens in zip(L.split(8), self.unet.tokens, strict=True):
            rows = slice(start, start + len(part))
            start += len(part)
            features = module.look(part.to(device), tokens.to(device))
            for n, out in pictures.items():
                ab = features.ab
                if n:
                    anchors = module.anchors(
                        features, ab, xy[rows, :n].to(device) * 2.0 + 0.5, colors[rows, :n].to(device)
                    )
                    ab = module.paint(features, ab, anchors)[0]
                ab = F.interpolate(ab, (h, w), mode="bilinear", align_corners=False).cpu()
                out.append(lab_to_rgb(torch.cat([part, ab], 1)))
        done = {n: torch.cat(p) for n, p in pictures.items()}
        gray = lab_to_rgb(torch.cat([L, torch.zeros_like(L), torch.zeros_like(L)], 1))
        base = float(gray_psnr(truth).mean())
        numbers = {f"val_gain_{n}": float(psnr(p, truth).mean()) - base for n, p in done.items()}
        numbers["val_psnr"] = float(psnr(done[0], truth).mean())
        rows_ = torch.stack([gray, *done.values(), truth], 1)[:16]
        return numbers, make_grid(F.interpolate(rows_.flatten(0, 1), scale_factor=0.5, mode="area"), nrow=12, padding=2)


def _clicks(marks: Marks, device: torch.device) -> Clicks:
    owner = torch.arange(len(marks.xy), device=device).roll(int(marks.swapped)) if marks.elsewhere else None
    return Clicks(marks.xy.to(device), marks.ab.to(device), marks.there.to(device), owner)


@dataclass(frozen=True)
class VitHintJob(Job):
    """What to train on, and what to begin with."""

    unet: str = "unet"
    """the U-Net to begin with: a model's name, or the checkpoint of a training"""


def train(job: VitHintJob, out: Path) -> Trained:
    """Learn how points spread, beginning with a trained U-Net."""
    automatic, cache = begin(job, out)
    card = get_card(job.unet)
    recipe, schedule = VitHintRecipe(automatic, read_weights(card.file, card.sha256)), job.schedule(SCHEDULE)
    run(job, out, recipe, schedule, lambda step, process: cache.batches(schedule.batch, seed=1 + step + process))
    return Trained(out / "checkpoint.safetensors")


TRAINING = Training(VitHintJob, train)
