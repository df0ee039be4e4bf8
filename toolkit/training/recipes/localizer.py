"""The recipe of the localizer: places that are named look like their word, photos that are captioned look like theirs
somewhere.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.models.devices import pick_device
from toolkit.models.encoder import load_encoder
from toolkit.text.localizer import WordHead
from toolkit.training.captions import choose_words, collect_words
from toolkit.training.data import Cache, load_named
from toolkit.training.job import Job, Trained, Training, fill, run
from toolkit.training.loop import Schedule
from toolkit.training.regions import CaptionBatch, RegionBatch, Regions, Words, caption_batches

KEPT_BACK = 14  # every 14th labelled photo is not learned from, but calibrated on
SCHEDULE = Schedule(lr=1.2e-3, weight_decay=0.05)
SPOKEN = 0.004  # share of a window from which on a thing is there
SWAPPED = 0.3  # of the words come through CLIP's map instead of the table, so that the map is learned where it is used
AT_ONCE = 6  # words of a photo that are drawn at 4 px: those that are there, and some that are not


@dataclass(frozen=True)
class LocalizerLosses:
    """What the loss is made of."""

    coarse: float = 0.25  # each word for itself, yes or no, at every token
    among: float = 0.5  # which of the source's words, at every token
    there: float = 1 / 6  # whether it is on the photo at all
    fine: float = 1.5  # yes or no at 4 px
    point: float = 0.35  # the place that looks most like a word shall be in its region
    dice: float = 1.0  # overlap at 4 px (Milletari 2016): small things count as much as large ones
    captions: float = 1 / 8
    unsaid: float = 0.12  # weight of a word that no caption mentions: it may be there all the same
    clip: float = 0.5  # the table's words and CLIP's, through the map


class LocalizerRecipe:
    """What the training loop needs; see loop.Recipe."""

    architecture = "localizer"

    def __init__(
        self,
        words: Words,
        regions: Regions | None = None,
        kept: Sequence[int] = (),
        losses: LocalizerLosses | None = None,
        seed: int = 0,
    ) -> None:
        """kept: photos of the regions that are validated on."""
        self.words, self.regions, self.kept, self.losses = words, regions, kept, losses or LocalizerLosses()
        torch.manual_seed(seed)
        self.module = WordHead(len(words)).to(memory_format=torch.channels_last)
        self.generator = torch.Generator().manual_seed(seed)

    def loss(self, module: nn.Module, batch: RegionBatch, progress: float) -> dict[str, Tensor]:
        """All losses and their sum."""
        assert isinstance(module, WordHead)
        device, weigh = batch.L.device, self.losses
        table, bias = module.words()
        clip, taught = self.words.clip.to(device), self.words.taught().to(device)
        mapped, has = module.open(clip), clip.any(1)
        swapped = (torch.rand(len(self.words), generator=self.generator).to(device) < SWAPPED) & has
        vectors, biases = torch.where(swapped[:, None], mapped, table), torch.where(swapped, bias.mean().detach(), bias)
        losses = self._regions(module, batch, vectors, biases)
        losses["loss_clip"] = (
            weigh.clip * ((1 - (mapped * table).sum(1)) * (has & taught)).sum() / has.sum().clamp(min=1)
        )
        if batch.captions is not None:
            losses["loss_captions"] = self._captions(module, batch.captions, vectors, biases, taught)
        return {"loss": torch.stack(list(losses.values())).sum(), **losses}

    def _regions(self, module: WordHead, batch: RegionBatch, vectors: Tensor, biases: Tensor) -> dict[str, Tensor]:
        weigh, count, sayable = self.losses, len(self.words), batch.sayable
        read = module.read(batch.L, batch.tokens)
        logits = module.coarse(read, vectors, biases)  # (B, V, gh, gw)
        B, _, gh, gw = logits.shape
        cells = batch.labels.view(B, gh, 4, gw, 4).permute(0, 1, 3, 2, 4).reshape(B, gh * gw, 16)
        shares = torch.zeros(B, gh * gw, count + 1, device=logits.device).scatter_add_(
            2, cells, torch.full(cells.shape, 1 / 16, device=logits.device)
        )
        shares = shares.transpose(1, 2).reshape(B, count + 1, gh, gw)
        own = shares[:, :count]
        wanted = own.clone()
        for i, parts in enumerate(batch.parts):
            for whole, some in parts.items():
                wanted[i, whole] = own[i, list(some)].sum(0)
        known = F.avg_pool2d(batch.known[:, None], 4)
        coarse = (
            F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * known * sayable[:, :, None, None]
        )

        exact = sayable.clone()  # a word that only follows shares its places with the words it follows from
        for i, parts in enumerate(batch.parts):
            exact[i, list(parts)] &= own[i, list(parts)].flatten(1).any(1)
        named = own * exact[:, :, None, None]
        none = (known - named.sum(1, keepdim=True)).clamp(min=0)
        odds = torch.cat(
            [torch.zeros_like(logits[:, :1]), logits.masked_fill(~exact[:, :, None, None], -1e4)], 1
        ).log_softmax(1)

        area = wanted.mean((2, 3))
        present = (area > SPOKEN) & sayable
        there = module.there(read, logits, vectors)
        sure = sayable & (present | (area == 0))
        presence = (
            F.binary_cross_entropy_with_logits(there, present.float(), reduction="none") * sure * (1 + present.float())
        )

        draw = torch.rand(B, count, generator=self.generator).to(logits.device) + 2 * present
        chosen = draw.masked_fill(~sayable, -1).topk(min(AT_ONCE, count), 1).indices  # (B, K)
        few = logits.gather(1, chosen[:, :, None, None].expand(-1, -1, gh, gw))
        drawn = module.fine(read, few, vectors[chosen])
        truth = self._truth(batch, chosen)
        seen, valid = batch.known[:, None], sayable.gather(1, chosen).float()
        fine = (F.binary_cross_entropy_with_logits(drawn, truth, reduction="none") * seen).mean((2, 3))
        p = drawn.sigmoid() * seen
        dice = 1 - (2 * (p * truth).sum((2, 3)) + 1) / (p.sum((2, 3)) + (truth * seen).sum((2, 3)) + 1)
        shown = present.gather(1, chosen).float()
        hit = _hit(logits, wanted, known, present.float()) + _hit(drawn, truth, seen, shown)
        return {
            "loss_coarse": weigh.coarse * coarse.sum(1).mean(),
            "loss_among": -weigh.among * (torch.cat([none, named], 1) * odds).sum(1).mean(),
            "loss_there": weigh.there * presence.sum(1).mean(),
            "loss_fine": weigh.fine * (fine * valid).sum() / valid.sum().clamp(min=1),
            "loss_point": weigh.point * hit,
            "loss_dice": weigh.dice * (dice * shown).sum() / shown.sum().clamp(min=1),
        }

    @staticmethod
    def _truth(batch: RegionBatch, chosen: Tensor) -> Tensor:
        """Where the chosen words (B, K) are, at 4 px: (B, K, H/4, W/4) in {0, 1}."""
        truth = (batch.labels[:, None] == chosen[:, :, None, None]).float()
        for i, parts in enumerate(batch.parts):
            for whole, some in parts.items():
                for k in (chosen[i] == whole).nonzero().flatten().tolist():
                    truth[i, k] = torch.isin(batch.labels[i], torch.tensor(some, device=chosen.device)).float()
        return truth

    def _captions(
        self, module: WordHead, batch: CaptionBatch, vectors: Tensor, biases: Tensor, taught: Tensor
    ) -> Tensor:
        read = module.read(None, batch.tokens)
        there = module.there(read, module.coarse(read, vectors, biases), vectors)
        weight = torch.where(batch.said > 0, 1.0, self.losses.unsaid) * taught
        losses = F.binary_cross_entropy_with_logits(there, batch.said, reduction="none") * weight
        return self.losses.captions * losses.sum(1).mean()

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """Numbers on the photos that were kept back; a sheet of photo | heat | truth of the largest region of 16 of
        them.
        """
        from torchvision.utils import make_grid

        assert isinstance(module, WordHead)
        assert self.regions is not None
        rows, device = [], next(module.parameters()).device
        for i in self.kept[:: max(1, len(self.kept) // 16)][:16]:
            view = self.regions.view(0, i)
            L, labels = view["L"].float()[None, None] / 2.55, view["labels"].long()
            count = labels.flatten().bincount(minlength=256)
            count[0] = 0
            value = int(count.argmax())
            vector, bias = module.words(torch.tensor([[self.words.index()[self.regions.classes[value]]]]).to(device))
            read = module.read(L.to(device), view["tokens"].float()[None].to(device))
            heat = module.fine(read, module.coarse(read, vector, bias), vector).sigmoid().cpu()
            panels = (L / 100, heat, (labels == value).float()[None, None])
            rows += [F.interpolate(panel, (192, 192), mode="area")[0].expand(3, -1, -1) for panel in panels]
        copy = WordHead(len(self.words)).eval()
        copy.load_state_dict(module.state_dict())
        return {f"val_{k}": v for k, v in calibrate(copy, self.words, self.regions, self.kept).items()}, make_grid(
            torch.stack(rows), nrow=6
        )


def ship(head: WordHead, words: Words, file: str | Path) -> Path:
    """Write the weights as they are used, in fp16, without the words that were held
    out of nothing. Returns the path.
    """
    state = {
        k: v.half().contiguous() if v.is_floating_point() else v.contiguous() for k, v in head.state_dict().items()
    }
    save_file(
        state,
        file,
        {"architecture": "localizer", "words": json.dumps(words.names), "held_out": json.dumps(words.held_out)},
    )
    return Path(file)


def _hit(logits: Tensor, wanted: Tensor, known: Tensor, present: Tensor) -> Tensor:
    """Minus the log of how much of a softmax over all places lies in the region: (B, K, h, w) three times, present (B,
    K) -> a number.
    """
    where = (2 * logits).masked_fill(known == 0, -1e4).flatten(2).softmax(2)
    missed = -((where * wanted.flatten(2)).sum(2) + 1e-4).log()
    return (missed * present).sum() / present.sum().clamp(min=1)


@torch.no_grad()
def refit_map(head: WordHead, words: Words) -> None:
    """The map from CLIP's space anew, as the ridge regression of the learned words on their vectors.

    The map that learned along keeps the words near CLIP's, and by that learns their number by heart; this one points to
    half as many again of the regions whose word nobody taught.
    """
    chosen = words.taught() & words.clip.any(1)
    if not bool(chosen.any()):
        return
    known, table = words.clip[chosen].double(), F.normalize(head.table, dim=1).cpu()[chosen].double()
    mean = known.mean(0)
    x, y = known - mean, table - table.mean(0)
    weight = torch.linalg.solve(x.T @ x + RIDGE * torch.eye(x.shape[1], dtype=torch.float64), x.T @ y)  # (512, 256)
    head.from_clip.weight.copy_(weight.T)
    head.from_clip.bias.copy_(-(mean @ weight))


THRESHOLDS = torch.arange(-3.0, 3.01, 0.25)  # logits that are tried
RIDGE = 0.3  # beside unit vectors; three and ten do nearly as well
ASKED = 0.87  # of the things that people ask for are on the photo: they look at it
TRUST = 40.0  # a word's own regions count against so many of all words


@torch.inference_mode()
def calibrate(head: WordHead, words: Words, regions: Regions, photos: Sequence[int]) -> dict[str, float]:
    """Set where regions end and what a chance means, on labelled photos that the training did not see; returns what was
    measured on them.

    shift: for each word the threshold with the best IoU, drawn towards that of all words. presence: logistic regression
    of "it is on the photo", yes and no weighted as in the mouths of people who see the photo, so that 0.5 is as likely
    as not where one of them asks.
    """
    index, (vectors, biases) = words.index(), head.words()
    seen, numbers = regions.seen(), {name: value for value, name in regions.classes.items()}
    names: dict[str, set[str]] = {}
    for source, found in zip(regions.sources, seen, strict=True):
        names.setdefault(source, set()).update(found)
    curves: list[tuple[int, Tensor]] = []
    scores, truths = [], []
    for i in photos:
        # the damaged crop: a street's other photos may have been learned from
        view = regions.view(regions.views - 1, i)
        read = head.read(view["L"].float()[None, None] / 2.55, view["tokens"].float()[None])
        logits = head.coarse(read, vectors, biases)
        there = head.there(read, logits, vectors)[0]
        labels = view["labels"]
        for value, count in zip(*(t.tolist() for t in labels.unique(return_counts=True)), strict=True):
            if value and 0.02 <= count / labels.numel() <= 0.6:
                w = index[regions.classes[value]]
                drawn = head.fine(read, logits[:, w : w + 1], vectors[w].view(1, 1, -1))
                large = F.interpolate(drawn, labels.shape, mode="bilinear", align_corners=False)[0, 0]
                region, cut = labels == value, large[None] > THRESHOLDS.view(-1, 1, 1)
                curves.append((w, (cut & region).sum((1, 2)) / (cut | region).sum((1, 2)).clamp(min=1)))
        for name in names[regions.sources[i]]:
            share = float((labels == numbers[name]).float().mean())
            if name not in seen[i] or share > SPOKEN:  # what a crop leaves out says nothing
                scores.append(float(there[index[name]]))
                truths.append(float(name in seen[i]))
    mean = torch.stack([curve for _, curve in curves]).mean(0)
    for w in range(len(words)):
        own = [curve for v, curve in curves if v == w]
        head.shift[w] = -THRESHOLDS[int((TRUST * mean + sum(own, torch.zeros_like(mean))).argmax())]
    scale, offset = _logistic(torch.tensor(scores), torch.tensor(truths))
    head.presence[:] = torch.tensor([scale, offset])
    x = torch.tensor(scores) * scale + offset
    rates = {
        "found": float((x[torch.tensor(truths) > 0] > 0).float().mean()),
        "false": float((x[torch.tensor(truths) == 0] > 0).float().mean()),
    }
    best = int(mean.argmax())
    return {
        "regions": len(curves),
        **rates,
        "iou": float(mean[best]),
        "threshold": float(THRESHOLDS[best]),
        "scale": scale,
        "offset": offset,
    }


def _logistic(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Scale and offset of a logistic regression in which yes has the weight ASKED, by Newton's steps."""
    weight = torch.where(y > 0, ASKED / y.sum().clamp(min=1), (1 - ASKED) / (1 - y).sum().clamp(min=1)).double()
    middle, width = x.double().mean(), x.double().std().clamp(min=1e-6)
    y, design = y.double(), torch.stack([(x.double() - middle) / width, torch.ones(len(x), dtype=torch.float64)], 1)
    beta = torch.zeros(2, dtype=torch.float64)
    for _ in range(50):
        p = (design @ beta).sigmoid()
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + 1e-4 * torch.eye(2, dtype=torch.float64)
        beta = beta + torch.linalg.solve(hessian, design.T @ (weight * (y - p))).clamp(-1, 1)
    return float(beta[0] / width), float(beta[1] - beta[0] * middle / width)


@dataclass(frozen=True)
class LocalizerJob(Job):
    """What to train on: --data is one tar of photos with labelled regions."""

    captioned: tuple[str, ...] = ()
    """photos with captions"""
    captions: str | None = None
    """what is on the photos, a line of JSON for each with name, words and captions, .jsonl.gz"""
    clip: str | None = None
    """CLIP ViT-B/32 text vectors, .npz of words and vectors"""
    hold_out: int = 0
    """teach no name of every Nth class; 0: teach all"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.data) != 1:
            raise ValueError("The localizer learns from one tar with labels; name one with --data.")
        if self.hold_out < 0:
            raise ValueError(f"Every {self.hold_out}th class was to be held out; give 0 or more.")


def train(job: LocalizerJob, out: Path) -> Trained:
    """Learn to find things, calibrate on photos that were kept back, and write the head as it is used."""
    encoder = load_encoder(pick_device(job.device).type)
    folder = Path(job.cache or out / "cache")
    regions = Regions(job.data[0], folder / "regions", job.views)
    fill(regions, encoder, "view", job.quiet)
    said, captions = collect_words(job.captions, set(regions.classes.values()))
    words = choose_words(regions, said, job.clip, job.hold_out)
    coming = None
    if job.captioned:
        named = load_named(list(job.captioned))
        cache = Cache(folder / "captioned", [photo for _, photo in named], views=1)
        fill(cache, encoder, "file", job.quiet)
        index, taught = words.index(), words.taught().tolist()
        numbers = [
            [index[w] for w in sorted(captions.get(name, ())) if w in index and taught[index[w]]] for name, _ in named
        ]
        coming = caption_batches(cache, numbers, len(words), 16, seed=2)
    kept = range(5, len(regions.photos), KEPT_BACK)
    recipe, schedule = LocalizerRecipe(words, regions=regions, kept=tuple(kept)), job.schedule(SCHEDULE)
    trainer = run(
        job,
        out,
        recipe,
        schedule,
        lambda step, _: regions.batches(schedule.batch, 1 + step, words, coming, without=set(kept)),
    )
    recipe.module.load_state_dict(trainer.ema)
    refit_map(recipe.module.eval().cpu(), words)
    calibrate(recipe.module, words, regions, list(kept))
    measure = "The weights are in {path}. Measure them:\n  python -m toolkit measure words REGIONS.tar --weights {path}"
    return Trained(ship(recipe.module, words, out / "localizer.safetensors"), measure)


TRAINING = Training(LocalizerJob, train)
