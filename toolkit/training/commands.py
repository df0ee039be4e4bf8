"""From a folder of photos to a model: what `python -m toolkit train` does.

    train(Job(data=("my-photos/",), minutes=30))                       # -> runs/unet/checkpoint.safetensors
    train(Job(recipe="vit-hint", data=("my-photos/",), minutes=60))    # -> runs/vit-hint/checkpoint.safetensors
    train(Job(recipe="diffusion", data=("my-photos/",), minutes=85))   # -> runs/diffusion/checkpoint.safetensors
    train(Job(recipe="plain-unet", data=("my-photos/",)))              # the teaching zoo -> runs/plain-unet/checkpoint.safetensors
    train(Job(recipe="plain-unet", data=("shapes",)))                  # a generated world of shapes; a minute on a CPU
    train(Job(recipe="localizer", data=("regions.tar",), minutes=70))  # -> runs/localizer/localizer.safetensors
    train(Job(recipe="matcher", data=("my-photos/",), minutes=60))     # -> runs/matcher/checkpoint.safetensors
    train(Job(recipe="encoder", data=("my-photos/",)))                 # -> runs/encoder/encoder.safetensors, the ViT itself adapted; days on a CPU

Photos to memory, each view through the frozen encoder once (the long part; it goes on where it was stopped), then the training itself.
`accelerate launch -m toolkit train unet ...` runs the same on several GPUs.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor
from tqdm import tqdm

from toolkit.models.cards import get_card
from toolkit.models.devices import pick_device
from toolkit.models.encoder import Encoder, load_encoder
from toolkit.models.unet import UNet
from toolkit.models.vit_hint import VitHint
from toolkit.models.weights import load_strict, read_weights
from toolkit.models.zoo import names
from toolkit.training.captions import choose_words, collect_words
from toolkit.training.data import Cache, Photos, load_named
from toolkit.training.diffusion import DiffusionRecipe
from toolkit.training.encoder import EYE_SCHEDULE, EyeRecipe
from toolkit.training.encoder import ship as ship_eye
from toolkit.training.encoder import views as eye_views
from toolkit.training.localizer import LocalizerRecipe, calibrate, refit_map, ship
from toolkit.training.loop import Recipe, Schedule, Trainer
from toolkit.training.matcher import MATCHER_SCHEDULE, MatcherRecipe, held_pairs
from toolkit.training.pairs import Pairs
from toolkit.training.regions import Regions, caption_batches
from toolkit.training.sights import Sights
from toolkit.training.unet import UNetRecipe, bin_prior
from toolkit.training.vit_hint import VitHintRecipe

T = TypeVar("T")

KEPT_BACK = 14  # localizer: every 14th labelled photo is not learned from, but calibrated on
EYE_HELD_OUT = 100  # photos that the eye is validated on: the first of --val, or, where there is none, of the data, which then are learned from too
HELD_OUT = 64  # photos at most that are kept for validation where none are given
RATES = {"unet": 1.5e-3, "vit-hint": 1.5e-3, "diffusion": 1.2e-3}  # peak learning rates
MINUTES = 30.0
SHAPES_MANY = 1200  # generated pictures
PRIOR_BATCHES = 60  # about a thousand views: enough to know how common each color is


@dataclass(frozen=True)
class Job:
    """What to train on, for how long, and where the result goes."""

    data: tuple[str, ...]  # tars, folders, hf:NAME@SPLIT; of the zoo also "shapes"
    # "vit-hint" begins with a trained U-Net, "diffusion" and "matcher" build on a vit-hint, "localizer" on nothing; or one of the zoo
    recipe: str = "unet"
    val: tuple[str, ...] = ()  # the same; none: some of the data's photos are held out
    out: str | None = None  # None: runs/ and the recipe's name
    cache: str | None = None  # encoded views; None: in the folder of the run
    views: int = 2  # random crops of each photo
    minutes: float | None = None  # of training, encoding not counted; None: 30, where no steps are given
    steps: int | None = None  # instead of minutes; None: the zoo takes 2,000, on shapes 800
    resume: bool = False
    start: str | None = None  # encoder: a checkpoint of another machine to go on from, where this one has no run to resume
    device: str = "auto"
    quiet: bool = False  # no progress bars
    unet: str = "unet"  # vit-hint: the U-Net to begin with, a model's name or the checkpoint of a training
    painter: str = "vit-hint"  # diffusion and matcher: the hint model that they build on, likewise
    captioned: tuple[str, ...] = ()  # localizer: photos with captions; its data is one tar with labels
    captions: str | None = None  # localizer: JSON lines with name, words, captions; matcher: with name and words
    regions: str | None = None  # matcher: a tar with labels, beside its data
    clip: str | None = None  # localizer: .npz of words and CLIP vectors
    study: bool = False  # pix2pix: train it without and with each of its cures instead, and draw what became of it
    hold_out: int = 0  # localizer: every so many class names are not taught


def train(job: Job) -> Path:
    """Train a model; returns the weights' file. Raises ValueError for bad sources or a run that is there, WeightsError."""
    out = Path(job.out or f"runs/{job.recipe}")
    if (out / "checkpoint.safetensors").exists() and not job.resume:
        raise ValueError(f"There is a run in {out} already; go on with it (--resume) or name another folder (--out).")
    device = pick_device(job.device)
    if job.recipe in names():
        return _train_zoo(job, out, device.type)
    encoder = load_encoder(device.type)
    if job.recipe == "encoder":
        return _train_encoder(job, out, encoder)
    if job.recipe == "localizer":
        return _train_localizer(job, out, encoder)
    if job.recipe == "matcher":
        return _train_matcher(job, out, encoder)
    photos, validation = _split(_load(job.data, job.quiet), _load(job.val, job.quiet))

    cache = Cache(job.cache or out / "cache", photos, views=job.views)
    _fill(cache, encoder, "file", job.quiet)

    sample = cache.batches(16, seed=0)
    first = [next(sample) for _ in range(min(PRIOR_BATCHES, -(-len(photos) * job.views // 16)))]
    unet = UNetRecipe(validation=validation, encoder=encoder, prior=bin_prior(first, UNet()))
    recipe: Recipe = unet
    if job.recipe == "vit-hint":
        card = get_card(job.unet)
        recipe = VitHintRecipe(unet, read_weights(card.file, card.sha256))
    if job.recipe == "diffusion":
        card = get_card(job.painter)
        recipe = DiffusionRecipe(unet, read_weights(card.file, card.sha256))
    trainer = Trainer(recipe, out, _schedule(job, lr=RATES[job.recipe]), device=device.type)
    if job.resume:
        trainer.resume()
    batches = cache.batches(trainer.schedule.batch, seed=1 + trainer.step + trainer.accelerator.process_index)  # no two processes see the same order
    trainer.run(batches, quiet=job.quiet)
    return out / "checkpoint.safetensors"


def _schedule(job: Job, lr: float, weight_decay: float = Schedule.weight_decay) -> Schedule:
    return Schedule(minutes=MINUTES if job.minutes is None else job.minutes, steps=job.steps, lr=lr, weight_decay=weight_decay)


def _train_zoo(job: Job, out: Path, device: str) -> Path:
    """Train one network of the zoo: nothing is encoded beforehand, and the budget is counted in steps, equal for all."""
    from toolkit.training.gan import GanRecipe
    from toolkit.training.shapes import shapes
    from toolkit.training.zoo import SHAPES_SCHEDULE, SHAPES_SIDE, SIDE, ZOO_SCHEDULE, ZooRecipe, views

    drawn = tuple(job.data) == ("shapes",)
    if drawn:
        photos, validation = shapes(SHAPES_MANY), shapes(HELD_OUT, seed=1)
    else:
        photos, validation = _split(_load(job.data, job.quiet), _load(job.val, job.quiet))
    if job.study:
        return _study(job, out, photos, validation)
    side, schedule = (SHAPES_SIDE, SHAPES_SCHEDULE) if drawn else (SIDE, ZOO_SCHEDULE)
    if job.steps or job.minutes is not None:
        schedule = replace(schedule, steps=job.steps, minutes=job.minutes or MINUTES)
    recipe = GanRecipe(validation, side=side) if job.recipe == "pix2pix" else ZooRecipe(job.recipe, validation, side)
    trainer = Trainer(recipe, out, schedule, device=device)
    if job.resume:
        trainer.resume()
    seed = 1 + trainer.step + trainer.accelerator.process_index
    trainer.run(views(photos, schedule.batch, side, seed), quiet=job.quiet)
    return out / "checkpoint.safetensors"


def _study(job: Job, out: Path, photos: list[Tensor], validation: list[Tensor]) -> Path:
    """The study of a GAN's balance; returns the figure."""
    from toolkit.show.figures_zoo import gan_curves
    from toolkit.training.gan import STUDY_STEPS, VARIANTS, study

    if job.recipe != "pix2pix":
        raise ValueError(f"The study is of pix2pix, which has a critic; {job.recipe} has none.")
    with tqdm(desc="cures", total=len(VARIANTS), disable=job.quiet) as bar:
        logs = study(photos, validation, out, job.steps or STUDY_STEPS, lambda name: bar.update())
    gan_curves(logs).savefig(out / "balance.png")
    return out / "balance.png"


def _fill(cache: Cache | Regions | Sights, encoder: Encoder, unit: str, quiet: bool) -> None:
    with tqdm(desc="encoding photos, once", unit=unit, disable=quiet) as bar:

        def encoded(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        cache.fill(encoder, encoded)


def _train_encoder(job: Job, out: Path, encoder: Encoder) -> Path:
    """Adapt the eye itself; returns the whole ViT's weights, as they are at the end of this run."""
    photos = Photos(job.data)
    seen = load_named(list(job.val or job.data), EYE_HELD_OUT)
    recipe = EyeRecipe(encoder, [photo for _, photo in seen])
    schedule = EYE_SCHEDULE
    if job.steps or job.minutes is not None:
        schedule = replace(schedule, steps=job.steps, minutes=job.minutes or MINUTES)
    trainer = Trainer(recipe, out, schedule, device=job.device)
    if not (job.resume and trainer.resume()) and job.start:
        trainer.begin(job.start)
    trainer.run(eye_views(photos, schedule.batch, trainer.step, trainer.accelerator.process_index, taught=recipe.config.taught), quiet=job.quiet)
    return ship_eye(recipe, out / "checkpoint.safetensors", out / "encoder.safetensors")


def _train_localizer(job: Job, out: Path, encoder: Encoder) -> Path:
    """Train the head that finds things, calibrate it on photos that were kept back, and write it as it is used."""
    if len(job.data) != 1:
        raise ValueError("The localizer learns from one tar with labels; name one with --data.")
    folder = Path(job.cache or out / "cache")
    regions = Regions(job.data[0], folder / "regions", job.views)
    _fill(regions, encoder, "view", job.quiet)
    said, captions = collect_words(job.captions, set(regions.classes.values()))
    words = choose_words(regions, said, job.clip, job.hold_out)
    coming = None
    if job.captioned:
        named = load_named(list(job.captioned))
        cache = Cache(folder / "captioned", [photo for _, photo in named], views=1)
        _fill(cache, encoder, "file", job.quiet)
        index, taught = words.index(), words.taught().tolist()
        numbers = [[index[w] for w in sorted(captions.get(name, ())) if w in index and taught[index[w]]] for name, _ in named]
        coming = caption_batches(cache, numbers, len(words), 16, seed=2)
    kept = range(5, len(regions.photos), KEPT_BACK)
    recipe = LocalizerRecipe(words, regions=regions, kept=tuple(kept))
    trainer = Trainer(recipe, out, _schedule(job, lr=1.2e-3, weight_decay=0.05), device=job.device)
    if job.resume:
        trainer.resume()
    trainer.run(regions.batches(trainer.schedule.batch, 1 + trainer.step, words, coming, without=set(kept)), quiet=job.quiet)
    recipe.module.load_state_dict(trainer.ema)
    refit_map(recipe.module.eval().cpu(), words)
    calibrate(recipe.module, words, regions, list(kept))
    return ship(recipe.module, words, out / "localizer.safetensors")


def _train_matcher(job: Job, out: Path, encoder: Encoder) -> Path:
    """Train the head that tells which place of another photo a place resembles."""
    from toolkit.measure.studies.borrowing import read_words

    if job.views < 2:
        raise ValueError("The matcher compares views of one photo with each other; give --views 2 or more.")
    photos, validation = _split(_load_named(job.data, job.quiet), _load_named(job.val, job.quiet))
    words = read_words(job.captions) if job.captions else None
    card = get_card(job.painter)
    painter = VitHint()
    load_strict(painter, read_weights(card.file, card.sha256), card.file)
    painter.to(next(encoder.parameters()).device)

    def sights(views: Cache | Regions) -> Sights:
        seen = Sights(views, painter.unet, card.sha256[:8])
        _fill(seen, encoder, "file", job.quiet)
        return seen

    def pairs(named: list[tuple[str, Tensor]], folder: Path, labelled: Sights | None = None) -> Pairs:
        cache = Cache(folder, [photo for _, photo in named], job.views)
        return Pairs(sights(cache), [name for name, _ in named], words, labelled)

    folder = Path(job.cache or out / "cache")
    labelled = sights(Regions(job.regions, folder / "regions", job.views)) if job.regions else None
    learned = pairs(photos, folder, labelled)
    if words is not None and "same" not in learned.kinds:
        raise ValueError(f"No two photos of a folder share a word in {job.captions}; the names in it must be those of the photos.")
    if labelled and "class" not in learned.kinds:
        raise ValueError(f"No two photos of {job.regions} show the same class; the matcher learns nothing from them.")
    recipe = MatcherRecipe(learned.tokens(), held_pairs(pairs(validation, folder / "validation")))
    schedule = replace(MATCHER_SCHEDULE, minutes=MINUTES if job.minutes is None else job.minutes, steps=job.steps)
    trainer = Trainer(recipe, out, schedule, device=job.device)
    if job.resume:
        trainer.resume()
    trainer.run(learned.batches(schedule.batch, 1 + trainer.step + trainer.accelerator.process_index), quiet=job.quiet)
    return out / "checkpoint.safetensors"


def _load(sources: tuple[str, ...], quiet: bool) -> list[Tensor]:
    return [photo for _, photo in _load_named(sources, quiet)]


def _load_named(sources: tuple[str, ...], quiet: bool) -> list[tuple[str, Tensor]]:
    if not sources:
        return []
    with tqdm(desc=f"reading {', '.join(Path(s).name for s in sources)}", unit="photo", disable=quiet) as bar:

        def found(n: int) -> None:
            bar.update(n - bar.n)

        return load_named(list(sources), progress=found)


def _split(photos: list[T], validation: list[T]) -> tuple[list[T], list[T]]:
    """Training and validation photos: a twentieth of the first is held out where the second is empty."""
    if validation or len(photos) < 2:
        return photos, (validation or photos)[:HELD_OUT]
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0)).tolist()
    held = min(HELD_OUT, max(1, len(photos) // 20))
    return [photos[i] for i in sorted(order[held:])], [photos[i] for i in order[:held]]
