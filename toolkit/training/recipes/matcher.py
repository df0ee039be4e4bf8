"""The recipe of the matcher: take a color where it is likely to be right, or else where it is meant, and find things by
what they are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.measure.studies.borrowing import read_words
from toolkit.models.cards import get_card
from toolkit.models.devices import pick_device
from toolkit.models.encoder import load_encoder
from toolkit.models.matcher import Match, Matcher, MatcherConfig
from toolkit.models.vit_hint import VitHint
from toolkit.models.weights import load_strict, read_weights
from toolkit.training.data import Cache
from toolkit.training.job import Job, Trained, Training, fill, load, run, split
from toolkit.training.loop import Schedule
from toolkit.training.pairs import ENOUGH, Pair, PairBatch, Pairs
from toolkit.training.regions import Regions
from toolkit.training.sights import WINDOW, Sights, Window

SCHEDULE = Schedule(lr=6e-4, batch=20, warmup=50)  # a batch is of pairs
JUDGE = 10 / 3  # times the rate: a tiny network that learns from what the other one finds
VALIDATED = {"itself": 16, "turned": 16, "same": 32, "other": 32}  # pairs of each kind
# kinds with colors that somebody must have meant, for by themselves they are not likely
MEANT = ("turned", "recolored")
SHEET_ROWS = 8  # pairs of each kind on the contact sheet
ENLARGED = 6  # px, a place on it
SPREAD = 0.72  # of the first keys, against what the MLP adds to them


@dataclass(frozen=True)
class MatcherLosses:
    """What the loss is made of, for each kind of pair."""

    kinds: Mapping[str, float] = field(
        default_factory=lambda: {
            "itself": 2.0,
            "turned": 1.0,
            "same": 2.0,
            "other": 2.0,
            "class": 2.0,
            "recolored": 0.5,
        }
    )  # weights of the final color's loss
    # of the color that was found, trusted or not
    matched: Mapping[str, float] = field(default_factory=lambda: {"itself": 0.5, "turned": 0.2})
    # kinds whose final color teaches where to look; in the others none may be right
    finding: tuple[str, ...] = ("itself", "turned", "recolored")
    classes: float = 0.3  # weight of looking at things of the same class
    # of the weight of the kind: things of a class that the reference does not show are not meant to change
    strange: float = 0.3
    # per Lab unit of chroma: what is right is told by the eye, which sees differences of vivid colors less, as
    # CIEDE2000 has it
    vivid: float = 0.03
    floor: float = 1e-4  # share of attention that makes no difference


class MatcherRecipe:
    """What the training loop needs of a Matcher; see loop.Recipe."""

    architecture = "matcher"

    def __init__(
        self,
        tokens: Tensor,
        held: Sequence[Pair] = (),
        config: MatcherConfig | None = None,
        losses: MatcherLosses | None = None,
        seed: int = 0,
    ) -> None:
        """tokens (N, 1152): places of many photos, whose principal directions are where it starts; held: pairs to
        validate on.
        """
        torch.manual_seed(seed)
        self.module = Matcher(config)
        self.held, self.losses = held, losses or MatcherLosses()
        start(self.module, tokens)

    def groups(self) -> list[dict[str, Any]]:
        """The judge, with what it is told about kinds of things, learns faster."""
        judge = [*self.module.judge.parameters(), *self.module.kind.parameters()]
        others = [p for name, p in self.module.named_parameters() if not name.startswith(("judge.", "kind."))]
        return [{"params": others}, {"params": judge, "times": JUDGE}]

    def loss(self, module: nn.Module, batch: PairBatch, progress: float) -> dict[str, Tensor]:
        """All losses and their sum, means over pairs."""
        assert isinstance(module, Matcher)
        total: dict[str, Tensor] = {}
        # colors are compared to a hundredth
        with torch.autocast(batch.pairs[0].target.tokens.device.type, enabled=False):
            for pair, match in zip(batch.pairs, _match(module, batch.pairs), strict=True):
                for name, value in self._losses(pair, match).items():
                    total[name] = total.get(name, 0) + value / len(batch.pairs)
        return {"loss": torch.stack(list(total.values())).sum(), **total}

    def _losses(self, pair: Pair, match: Match) -> dict[str, Tensor]:
        weigh, target, source = self.losses, pair.target, pair.source
        found = match.ab if pair.kind in weigh.finding else match.ab.detach()
        errors = huber(mixed(target, found, trust(pair, match)), target.true)
        if pair.kind not in MEANT:
            errors = errors / (1 + weigh.vivid * target.true.norm(dim=1))
        if pair.kind == "recolored":  # nobody meant the rest to change
            errors = errors[torch.isin(target.labels, target.labels.new_tensor(pair.classes))]
        losses = {"loss_color": weigh.kinds[pair.kind] * errors.mean()}
        if pair.kind in weigh.matched:
            losses["loss_matched"] = weigh.matched[pair.kind] * huber(match.ab, target.true).mean()
        if pair.classes:
            shares = [match.share[target.labels == value][:, source.labels == value].sum(1) for value in pair.classes]
            missed = torch.stack([-(share + weigh.floor).log().mean() for share in shares])
            losses["loss_classes"] = weigh.classes * missed.mean()
            strange = (target.labels > 0) & ~torch.isin(target.labels, source.labels)
            if int(strange.sum()) >= ENOUGH:
                kept = huber(mixed(target, match.ab.detach(), match.meant.sigmoid()), target.automatic)[strange]
                losses["loss_strange"] = weigh.kinds[pair.kind] * weigh.strange * kept.mean()
        return losses

    def validate(self, module: nn.Module) -> tuple[dict[str, float], Tensor]:
        """For each kind of pair the Huber loss as a share of the automatic colors' (1: no better), and the mean trust.

        A sheet of reference | automatic | with the reference's colors | truth, a square for each place.
        """
        from torchvision.utils import make_grid

        assert isinstance(module, Matcher)
        device = next(module.parameters()).device
        sums: dict[str, list[tuple[float, float, float]]] = {}
        rows: list[Tensor] = []
        for pair in self.held:
            target = pair.target.to(device)
            (match,) = _match(module, [pair.to(device)])
            colored = mixed(target, match.ab, trust(pair, match))
            error, before = (float(huber(ab, target.true).mean()) for ab in (colored, target.automatic))
            of_kind = sums.setdefault(pair.kind, [])
            if len(of_kind) < SHEET_ROWS:
                pictures = (
                    picture(pair.source, pair.source.true),
                    *(picture(pair.target, ab.cpu()) for ab in (target.automatic, colored, target.true)),
                )
                rows += pictures
            of_kind.append((error, before, float(trust(pair, match).mean())))
        numbers: dict[str, float] = {}
        for kind, found in sums.items():
            error, before, taken = (sum(column) / len(found) for column in zip(*found, strict=True))
            numbers |= {f"val_{kind}": error / max(before, 1e-9), f"val_{kind}_trust": taken}
        return numbers, make_grid(torch.stack(rows or [torch.zeros(3, 1, 1)]), nrow=8, padding=2)


def held_pairs(pairs: Pairs) -> list[Pair]:
    """The same pairs every time, to validate on."""
    draw = random.Random(0)
    return [pairs.pair(draw, kind) for kind, count in VALIDATED.items() if kind in pairs.kinds for _ in range(count)]


@torch.no_grad()
def start(matcher: Matcher, tokens: Tensor) -> None:
    """Let keys begin as the principal directions of tokens (N, 1152), so that what the encoder finds alike is alike
    before anything is learned.
    """
    x = F.layer_norm(tokens, tokens.shape[1:])
    mean = x.mean(0)
    strongest = torch.linalg.eigh((x - mean).T @ (x - mean)).eigenvectors.flip(1).T[: matcher.config.width]
    matcher.squeeze.weight.copy_(SPREAD * strongest)
    matcher.squeeze.bias.copy_(-(matcher.squeeze.weight @ mean))
    matcher.key.weight.copy_(torch.eye(matcher.config.key, matcher.config.width))
    last = matcher.mlp[-1]
    assert isinstance(last, nn.Linear)
    last.weight.mul_(0.1)  # what is learned beside the directions comes later


def _match(module: Matcher, pairs: Sequence[Pair]) -> list[Match]:
    """All tokens are read at once, for pairs differ in size."""
    sights = [sight for pair in pairs for sight in (pair.target, pair.source)]
    keys = module.read(torch.cat([sight.tokens for sight in sights])).split([len(sight.tokens) for sight in sights])
    return [
        module.match(p.target.as_target(t), p.source.as_source(s))
        for p, t, s in zip(pairs, keys[::2], keys[1::2], strict=True)
    ]


def trust(pair: Pair, match: Match) -> Tensor:
    """How much of the found color each place takes, (P,) in [0, 1]: if it is right, or in a kind of pairs where that
    cannot be, if it is meant.
    """
    return torch.sigmoid(match.meant if pair.kind in MEANT else match.right)


def mixed(target: Window, found: Tensor, share: Tensor) -> Tensor:
    """automatic + share (found - automatic), share (P,) in [0, 1]: (P, 2)."""
    return torch.lerp(target.automatic, found, share[:, None])


def huber(ab: Tensor, truth: Tensor) -> Tensor:
    """Huber loss of P colors in units of 20 Lab units, a and b together: (P,)."""
    return F.huber_loss(ab / 20, truth / 20, reduction="none").sum(1)


def picture(sight: Window, ab: Tensor) -> Tensor:
    """A view with other colors, a square for each place; all pictures of one size, gray where the view ends: (3, H, W)
    in [0, 1].
    """
    h, w = (int(n) + 1 for n in sight.xy.amax(0).flip(0))
    rgb = lab_to_rgb(torch.cat([50 * sight.light[:, None], ab], 1).T.view(1, 3, h, w))
    return F.interpolate(F.pad(rgb, (0, WINDOW - w, 0, WINDOW - h), value=0.5), scale_factor=ENLARGED, mode="nearest")[
        0
    ]


@dataclass(frozen=True)
class MatcherJob(Job):
    """What to train on, and what to build on."""

    captions: str | None = None
    """what is on the photos, a line of JSON for each with name and words, .jsonl.gz"""
    regions: str | None = None
    """a tar of photos with labels, to learn from beside --data"""
    painter: str = "vit-hint"
    """the hint model to build on: a model's name, or the checkpoint of a training"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.views < 2:
            raise ValueError("The matcher compares views of one photo with each other; give --views 2 or more.")


def train(job: MatcherJob, out: Path) -> Trained:
    """Learn which place of another photo a place resembles."""
    encoder = load_encoder(pick_device(job.device).type)
    photos, validation = split(load(job.data, job.quiet), load(job.val, job.quiet))
    words = read_words(job.captions) if job.captions else None
    card = get_card(job.painter)
    painter = VitHint()
    load_strict(painter, read_weights(card.file, card.sha256), card.file)
    painter.to(next(encoder.parameters()).device)

    def sights(views: Cache | Regions) -> Sights:
        seen = Sights(views, painter.unet, card.sha256[:8])
        fill(seen, encoder, "file", job.quiet)
        return seen

    def pairs(named: list[tuple[str, Tensor]], folder: Path, labelled: Sights | None = None) -> Pairs:
        cache = Cache(folder, [photo for _, photo in named], job.views)
        return Pairs(sights(cache), [name for name, _ in named], words, labelled)

    folder = Path(job.cache or out / "cache")
    labelled = sights(Regions(job.regions, folder / "regions", job.views)) if job.regions else None
    learned = pairs(photos, folder, labelled)
    if words is not None and "same" not in learned.kinds:
        raise ValueError(
            f"No two photos of a folder share a word in {job.captions}; the names in it must be those of the photos."
        )
    if labelled and "class" not in learned.kinds:
        raise ValueError(f"No two photos of {job.regions} show the same class; the matcher learns nothing from them.")
    recipe = MatcherRecipe(learned.tokens(), held_pairs(pairs(validation, folder / "validation")))
    schedule = job.schedule(SCHEDULE)
    run(job, out, recipe, schedule, lambda step, process: learned.batches(schedule.batch, 1 + step + process))
    measure = "The weights are in {path}. Measure them:\n  python -m toolkit measure borrowing FOLDER --matcher {path}"
    return Trained(out / "checkpoint.safetensors", measure)


TRAINING = Training(MatcherJob, train)
