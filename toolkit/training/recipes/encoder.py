"""The recipe of the eye: DINOv2 learns to see in old gray photos what it sees in new color ones, and to tell their
colors.

    python -m toolkit train encoder --data photos.tar my-photos/ --val val.tar --out runs/encoder
    python -m toolkit train encoder --data photos.tar --out runs/encoder --resume  # go on, on this machine
    # go on, on another
    python -m toolkit train encoder --data photos.tar --out runs/encoder --from checkpoint.safetensors

The ViT was made for clean color photos and is given gray, damaged ones. Low-rank updates of all its linear layers
(LoRA, Hu et al. 2021, eq. 3: W + s·B·A, with B zero at first, so that it begins as it was) learn from two losses
together:

- telling: the tokens of the frozen ViT for the clean *color* photo, at every depth that the heads read, are what the
  learning one shall have for the damaged gray photo (asymmetric distillation, arXiv 2604.22529). Tokens stay in the
  space where words, matcher and hints already live.
- coloring: a small head over the tokens says the distribution of ab at each token and its mean. It is thrown away in
  the end.

What is kept from machine to machine is the updates and the head, 4 MB in fp16. `merged` adds the updates into the ViT's
own weights: what ships has the form, the size and the speed of what it replaces.

Trained by AdamW with one cosine over 300,000 views; two rates: the head starts from nothing, the updates correct what
is there.
"""

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from cyclopts import Parameter
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import AbBins, lab_to_rgb, rgb_to_lab
from toolkit.measure.metrics import gray_psnr, psnr
from toolkit.models.devices import pick_device
from toolkit.models.encoder import BLOCKS, CHANNELS, STRIDE, Encoder, load_encoder
from toolkit.training.data import Photos, center, load_named, view
from toolkit.training.degrade import degrade
from toolkit.training.job import Job, Trained, Training
from toolkit.training.loop import Schedule, Trainer
from toolkit.training.losses import RebalancedCrossEntropy, huber_ab

# (H, W) of the views; 192 px cost half of 256; one size alone would be all it knows
SHAPES = ((192, 192), (192, 256), (256, 192), (256, 256))
# a square photo was most often squeezed into its square by whoever gathered it: its width is undone at random, up or
# down by this
STRETCH = 4 / 3
# photos that it is validated on: the first of --val, or, where there is none, of the data, which then are learned from
# too
HELD_OUT = 100
# 300,000 views
SCHEDULE = Schedule(steps=9375, batch=32, lr=1e-3, warmup=100, ema=0.998, checkpoint_every=5, validate_every=15)


@dataclass(frozen=True)
class EyeConfig:
    """Sizes, rates, and what the loss is made of."""

    # of each update: 1.2 million numbers in all, 2.4 MB; what changes is the kind of picture, not what there is to see
    rank: int = 16
    scale: float = 1.0  # of the updates, s; at 1 their rate alone says how fast they grow
    head: int = 256  # channels of the head: a small one leaves the work to the eye
    slower: float = 0.5  # the updates' rate, as a share of the head's
    bins: float = 0.3  # weight of the classification, 3.5 nats to begin with
    ab: float = 1.0  # weight of the mean color's Huber loss
    # weight of 1 - cosine at the places: its gradient on the updates is then about as long as that of the colors
    tokens: float = 2.0
    whole: float = 0.5  # weight of 1 - cosine of the class token, which sees the whole photo
    # of a batch is shown to the frozen ViT: each photo teaches at hundreds of places, and a look costs a third of a
    # step
    taught: float = 0.5


class LowRank(nn.Module):
    """What is added to one linear layer: x (..., in) -> scale · B A x (..., out)."""

    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.down = nn.Linear(layer.in_features, rank, bias=False)  # A
        self.up = nn.Linear(rank, layer.out_features, bias=False)  # B
        nn.init.zeros_(self.up.weight)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        added: Tensor = self.up(self.down(x)) * self.scale
        return added

    def weight(self) -> Tensor:
        """The same as one matrix (out, in)."""
        return self.scale * self.up.weight @ self.down.weight


class Head(nn.Module):
    """Tokens (B, 1152, h, w) -> mean ab (B, 2, h, w) in Lab units, logits of the bins (B, Q, h, w)."""

    def __init__(self, width: int, bins: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(CHANNELS, width, 1)
        self.mix = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.out = nn.Conv2d(width, 2 + bins, 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        h, w = tokens.shape[-2:]
        places = self.reduce(tokens).flatten(2).transpose(1, 2)  # (B, h·w, C)
        out = self.out(self.mix(places).transpose(1, 2).unflatten(2, (h, w)))
        return 20 * out[:, :2], out[:, 2:]


class Student(nn.Module):
    """The eye that learns: a frozen encoder with updates, and the head. Its own parameters are the updates and the
    head, nothing else.
    """

    def __init__(self, encoder: Encoder, config: EyeConfig, bins: int) -> None:
        super().__init__()
        eye = copy.deepcopy(encoder).requires_grad_(False)
        self.updates = nn.ModuleDict()
        for name, layer in linear_layers(eye):
            self.updates[name.replace(".", "-")] = update = LowRank(layer, config.rank, config.scale)
            layer.register_forward_hook(lambda _, x, y, update=update: y + update(x[0]))
        self.head = Head(config.head, bins)
        self._eye = (eye,)  # a tuple: no part of what is trained, averaged and saved

    def see(self, L: Tensor) -> tuple[Tensor, Tensor]:
        """L (B, 1, H, W) in [0, 100] -> tokens (B, 1152, H/16, W/16), class token (B, 384)."""
        return self._eye[0].see(L / 100)

    def forward(self, L: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The same, and then mean ab (B, 2, H/16, W/16) and the bins' logits (B, Q, H/16, W/16)."""
        tokens, whole = self.see(L)
        return (tokens, whole, *self.head(tokens))


def linear_layers(encoder: Encoder) -> list[tuple[str, nn.Linear]]:
    """The layers that are updated, by their names in the ViT: qkv, proj, fc1 and fc2 of every block."""
    return [(name, layer) for name, layer in encoder.vit.named_modules() if isinstance(layer, nn.Linear)]


def merged(encoder: Encoder, student: Student) -> dict[str, Tensor]:
    """The weights of the frozen ViT with the updates added, fp16, by the names that the encoder's weights file has."""
    state = {name: value.detach().clone() for name, value in encoder.vit.state_dict().items()}
    for name, update in student.updates.items():
        assert isinstance(update, LowRank)
        state[f"{name.replace('-', '.')}.weight"] += (
            update.weight().detach().to(state[f"{name.replace('-', '.')}.weight"].device)
        )
    return {name: value.half().contiguous().cpu() for name, value in state.items()}


def ship(recipe: "EyeRecipe", checkpoint: Path, path: Path) -> Path:
    """A checkpoint of the training -> the weights of a whole ViT, as toolkit/models/registry.py loads them."""
    recipe.module.load_state_dict({name: value.float() for name, value in load_file(checkpoint).items()})
    partial = path.with_suffix(".partial")
    save_file(merged(recipe.teacher, recipe.module), partial)
    partial.rename(path)
    return path


@dataclass(frozen=True)
class EyeBatch:
    """Views of one shape."""

    L: Tensor  # (B, 1, H, W) in [0, 100], damaged
    ab: Tensor  # (B, 2, H/16, W/16), the clean photo's, Lab units
    rgb: Tensor  # (T, 3, H, W) in [0, 1], the first T <= B of the clean photos: what the frozen ViT is shown

    def to(self, device: torch.device) -> "EyeBatch":
        """The same on a device."""
        return EyeBatch(self.L.to(device), self.ab.to(device), self.rgb.to(device))


def views(
    photos: Photos, size: int, step: int, seed: int = 0, shapes: Sequence[tuple[int, int]] = SHAPES, taught: float = 0.5
) -> Iterator[EyeBatch]:
    """Batches from the given step on, for ever: each photo once before any comes again. A batch is a function of its
    step and the seed, so that a training that was stopped goes on as if it had not been.
    """
    epoch, order = -1, torch.empty(0, dtype=torch.long)
    while True:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        shape = shapes[int(torch.randint(len(shapes), (), generator=generator))]
        rgb: list[Tensor] = []
        place = step * size
        while len(rgb) < size:
            if place // len(photos) != epoch:
                epoch = place // len(photos)
                order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))
            photo = photos[int(order[place % len(photos)])]
            place += 1
            if photo is not None:
                rgb.append(view(_stretched(photo, generator), shape, generator))
            elif place > step * size + 10 * size + len(photos):
                raise ValueError("None of the photos can be read in color; name other sources with --data.")
        clean = torch.stack(rgb)
        ab = F.avg_pool2d(rgb_to_lab(clean)[:, 1:], STRIDE)
        yield EyeBatch(degrade(clean, generator), ab, clean[: max(1, round(size * taught))])
        step += 1


def _stretched(photo: Tensor, generator: torch.Generator) -> Tensor:
    """A square photo (3, h, h) -> (3, h, w); see STRETCH."""
    factor = STRETCH ** (2 * float(torch.rand((), generator=generator)) - 1)
    h, w = photo.shape[-2:]
    return F.interpolate(photo[None], (h, round(w * factor)), mode="bilinear", antialias=True)[0] if h == w else photo


class EyeRecipe:
    """What the training loop needs of the eye; see loop.Recipe."""

    architecture = "encoder-updates"
    dtype = torch.float16

    def __init__(
        self,
        encoder: Encoder,
        validation: Sequence[Tensor],
        config: EyeConfig | None = None,
        side: int = 256,
        seed: int = 0,
    ) -> None:
        """encoder: the ViT as it is, frozen; validation: uint8 (3, h, w) photos, of which the centre is seen at `side`
        px, clean and damaged.
        """
        self.config, self.teacher, self.bins = config or EyeConfig(), encoder, AbBins.make()
        torch.manual_seed(seed)
        self.module = Student(encoder, self.config, len(self.bins))
        device = next(encoder.parameters()).device
        self.cross_entropy = RebalancedCrossEntropy(self.bins, torch.ones(len(self.bins))).to(device)
        self.short = device.type == "cpu" and bf16_is_faster()
        self.truth = torch.stack([center(photo, side) for photo in validation])
        self.L = {"clean": rgb_to_lab(self.truth)[:, :1], "old": degrade(self.truth, torch.Generator().manual_seed(1))}
        with torch.inference_mode():
            self.wanted = [encoder.see(part.to(device)) for part in self.truth.split(8)]
            self.before = {f"val_tokens_frozen_{kind}": self._agreement(encoder, L) for kind, L in self.L.items()}

    def groups(self) -> list[dict[str, Any]]:
        """See loop.TwoSpeeds."""
        return [
            {"params": self.module.updates.parameters(), "times": self.config.slower},
            {"params": self.module.head.parameters()},
        ]

    def loss(self, module: nn.Module, batch: EyeBatch, progress: float) -> dict[str, Tensor]:
        """All losses and their sum."""
        c, T = self.config, len(batch.rgb)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.short):
            with torch.no_grad():
                wanted, wanted_whole = self.teacher.see(batch.rgb)
            tokens, whole, ab, logits = module(batch.L)
        bins = self.cross_entropy(logits.float(), batch.ab)
        color = huber_ab(ab.float(), batch.ab)
        places = 1 - likeness(tokens[:T].float(), wanted.float()).mean()
        photo = 1 - F.cosine_similarity(whole[:T].float(), wanted_whole.float()).mean()
        total = c.bins * bins + c.ab * color + c.tokens * places + c.whole * photo
        return {"loss": total, "loss_bins": bins, "loss_ab": color, "loss_tokens": places, "loss_whole": photo}

    def _agreement(self, eye: Encoder | Student, L: Tensor) -> float:
        """Mean cosine of the tokens of L with the frozen ViT's of the color photos."""
        device = self.wanted[0][0].device
        found = []
        for part, (tokens, _) in zip(L.split(8), self.wanted, strict=True):
            seen = eye.see(part.to(device)) if isinstance(eye, Student) else eye.see(part.to(device) / 100)
            found.append(likeness(seen[0], tokens).mean((1, 2, 3)))
        return float(torch.cat(found).mean())

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Of clean and of damaged gray: dB over gray of the mean color on the grid of tokens, NLL of the bins, cosine
        of the tokens with those that the frozen ViT has of the color photos, beside that of the frozen ViT's own; a
        sheet of damaged gray | colored | truth.
        """
        from torchvision.utils import make_grid

        assert isinstance(module, Student)
        device = next(module.parameters()).device
        lab = rgb_to_lab(self.truth)
        grid = F.avg_pool2d(lab, STRIDE)  # (N, 3, h, w)
        truth = lab_to_rgb(grid)
        numbers: dict[str, float] = {}
        for kind, L in self.L.items():
            parts = [[t.cpu() for t in module(part.to(device))[2:]] for part in L.split(8)]
            ab, logits = (torch.cat([part[k] for part in parts]) for k in range(2))
            numbers[f"val_gain_{kind}"] = float(
                (psnr(lab_to_rgb(torch.cat([grid[:, :1], ab], 1)), truth) - gray_psnr(truth)).mean()
            )
            numbers[f"val_nll_{kind}"] = float(self.cross_entropy(logits.to(device), grid[:, 1:].to(device)))
            numbers[f"val_tokens_{kind}"] = self._agreement(module, L)
        few = slice(0, 16)
        colored = lab_to_rgb(
            torch.cat([lab[few, :1], F.interpolate(ab[few], lab.shape[-2:], mode="bilinear", align_corners=False)], 1)
        )
        gray = lab_to_rgb(F.pad(self.L["old"][few], (0, 0, 0, 0, 0, 2)))
        rows = torch.stack([gray, colored, self.truth[few]], 1)
        return numbers | self.before, make_grid(
            F.interpolate(rows.flatten(0, 1), scale_factor=0.5, mode="area"), nrow=12, padding=2
        )


def likeness(tokens: Tensor, others: Tensor) -> Tensor:
    """Cosine of standardized tokens at each depth and place: twice (B, 1152, h, w) -> (B, 3, h, w)."""
    return F.cosine_similarity(tokens.unflatten(1, (len(BLOCKS), -1)), others.unflatten(1, (len(BLOCKS), -1)), dim=2)


def bf16_is_faster(size: int = 1024) -> bool:
    """Whether this CPU multiplies in bf16 at least as fast as in fp32; some only
    pretend to, at a third of the speed.
    """
    took = {}
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.ones(size, size, dtype=dtype)
        a @ a
        start = time.perf_counter()
        for _ in range(5):
            a @ a
        took[dtype] = time.perf_counter() - start
    return took[torch.bfloat16] < took[torch.float32]


@dataclass(frozen=True)
class EyeJob(Job):
    """What to train on, and where to go on from."""

    start: Annotated[str | None, Parameter("--from")] = None
    """go on from a checkpoint of another machine, if --out has no run yet"""


def train(job: EyeJob, out: Path) -> Trained:
    """Adapt the eye itself; what is written is the whole ViT as it is at the end of this run."""
    encoder = load_encoder(pick_device(job.device).type)
    photos = Photos(job.data)
    recipe = EyeRecipe(encoder, [photo for _, photo in load_named(list(job.val or job.data), HELD_OUT)])
    schedule = job.schedule(SCHEDULE)
    trainer = Trainer(recipe, out, schedule, device=job.device)
    if not (job.resume and trainer.resume()) and job.start:
        trainer.begin(job.start)
    trainer.run(
        views(photos, schedule.batch, trainer.step, trainer.accelerator.process_index, taught=recipe.config.taught),
        quiet=job.quiet,
    )
    return Trained(
        ship(recipe, out / "checkpoint.safetensors", out / "encoder.safetensors"), "The adapted ViT is in {path}."
    )


TRAINING = Training(EyeJob, train)
