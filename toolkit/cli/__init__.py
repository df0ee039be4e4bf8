"""The command line: `python -m toolkit colorize|mask|models|evaluate|obedience|evaluate-text|train|bench|compare`.

Everything heavy is imported inside the command that needs it: --help answers at once. Whatever goes wrong is said in one sentence, without a
traceback; exit codes: 0 done, 1 some or all of it failed, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import argparse
import io
import json
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import DEVICE_HELP, add_command, advance, count, number, positive, several, signed
from toolkit.cli.export_command import add_export
from toolkit.cli.mask_command import add_mask
from toolkit.cli.measuring import add_commands
from toolkit.cli.transfer_command import add_transfer
from toolkit.models.allocator import give_back_freed_memory
from toolkit.models.zoo import names

FORMATS = ("png", "jpg", "webp", "tiff")
OURS = re.compile(r"(.+)-color(-\d+)?(-layer)?")  # how this command names what it writes
Job = tuple[Path, Path]  # a photo and where its colored version goes


def colorize(args: argparse.Namespace) -> int:
    """Color photos one after the other; a bad one does not stop the rest."""
    from tqdm import tqdm

    from toolkit.guidance import GuidanceError
    from toolkit.models.cards import default_model, drawing_model
    from toolkit.models.devices import pick_device
    from toolkit.models.registry import load_model

    model = str(args.weights or args.model or (drawing_model() if args.samples else default_model()))
    if args.samples and args.recolor:
        raise ValueError("--samples draws whole colorings and --recolor changes parts of one; leave one of them out.")
    if args.recolor and not (args.text or args.hints or args.reference):
        raise ValueError("--recolor changes only what --text, --hints or --reference reach; give one of them.")
    _references(args)  # what is wrong with a reference, too
    load_model(model, pick_device(args.device).type)  # what is wrong with the model or the device is wrong for every photo
    jobs, failed = _jobs(args)
    if args.temporal:
        from toolkit.cli.temporal_command import color_clips

        return _told(failed + color_clips(jobs, model, args, _guided))
    if args.hints and len(jobs) > 1:
        raise ValueError("A hint file belongs to one photo; color the photos one by one.")
    with tqdm(total=100 * len(jobs), bar_format="{l_bar}{bar}| {elapsed}<{remaining}", disable=True if args.quiet else None) as bar:
        for i, job in enumerate(jobs):
            bar.set_description_str(job[0].name)
            try:
                _colorize_one(job, model, args, lambda done, of, what, start=100 * i: advance(bar, start + 100 * done // of))
            except GuidanceError:
                raise
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                failed.append(_about(job[0], error))
            advance(bar, 100 * (i + 1))
    return _told(failed)


def _told(failed: Sequence[str]) -> int:
    """Print what failed; returns the exit code."""
    if failed:
        print(f"{len(failed)} failed:", *(f"  {line}" for line in failed), sep="\n", file=sys.stderr)
    return 1 if failed else 0


def _about(path: Path, error: Exception) -> str:
    """The sentence with the photo's whole path, whether or not it already begins with the name."""
    sentence = _sentence(error)
    return f"{path}{sentence.removeprefix(path.name)}" if sentence.startswith(f"{path.name} ") else f"{path}: {sentence}"


def _colorize_one(job: Job, model: str, args: argparse.Namespace, progress: Any) -> None:
    from tqdm import tqdm

    from toolkit.pipeline import Session

    path, target = job
    targets = [target.with_name(f"{target.stem}-{i + 1}{target.suffix}") for i in range(args.samples)] or [target]
    layers = [file.with_name(f"{file.stem}-layer.png") for file in targets] if args.layer else []
    for file in (*targets, *layers):
        if file.exists() and (not args.overwrite or file.samefile(path)):
            raise ValueError(f"{file} is there already; add --overwrite or choose another place with -o.")
    session = Session(path, model, device=args.device, size=args.size)
    guidance, dials = _guided(args, path.name, session)
    if args.recolor:
        results = iter([session.recolor(guidance, seed=args.seed, progress=progress)])
    elif args.samples:
        results = session.samples(args.samples, guidance, dials, seed=args.seed, progress=progress)
    else:
        results = iter([session.colorize(guidance, dials, seed=args.seed, progress=progress)])
    target.parent.mkdir(parents=True, exist_ok=True)
    for file, result in zip(targets, results, strict=True):
        result.save(file, overwrite=args.overwrite, mark=args.mark)
        if args.layer:
            result.save_layer(file.with_name(f"{file.stem}-layer.png"), overwrite=args.overwrite)
        if not args.quiet:
            tqdm.write(str(file), file=sys.stdout)
    for note in session.notes:
        tqdm.write(f"{path.name}: {note}", file=sys.stderr)


def _guided(args: argparse.Namespace, name: str, session: Any) -> tuple[Any, Any]:
    """What hints, sentence and references say, as one guidance, and the dials. Where they disagree hints count most, references least."""
    from tqdm import tqdm

    from toolkit.controls.palette import extract_palette, warmth_tint
    from toolkit.guidance import Guidance
    from toolkit.models.base import Dials
    from toolkit.photo import open_photo

    palette = extract_palette(open_photo(args.palette_of)) if args.palette_of else args.palette
    dials = Dials(args.vividness, args.saturation, palette, warmth_tint(args.warmth), args.steps or Dials.steps, args.strength)
    guidance = Guidance.load(args.hints, session.photo.size) if args.hints else Guidance()
    if args.text:
        compiled = _compiled(args, session, guidance)
        guidance = compiled.guidance
        dials = compiled.settings.applied(dials)
        if not args.quiet:
            tqdm.write(_understood(name, compiled), file=sys.stderr)
    if args.reference:
        from toolkit.controls.reference import take_colors

        taken = take_colors(
            session, _references(args), weight=args.reference_weight, vividness=dials.vividness, recolor=args.recolor, clicks=guidance
        )  # fmt: skip
        guidance += taken.guidance
        for note in taken.notes:
            tqdm.write(f"{name}: {note}", file=sys.stderr)
    return guidance, dials


@lru_cache(maxsize=1)
def _seen_references(files: tuple[str, ...], device: str) -> tuple[Any, ...]:
    """Looked at once for all photos."""
    from toolkit.controls.reference import Take, see_reference
    from toolkit.photo import open_photo

    return tuple(Take(see_reference(open_photo(file), device)) for file in files)


def _references(args: argparse.Namespace) -> tuple[Any, ...]:
    return _seen_references(tuple(args.reference), args.device) if args.reference else ()


def _compiled(args: argparse.Namespace, session: Any, clicks: Any) -> Any:
    """The sentence on one photo; words that are not known are looked up in CLIP's, if the person said yes."""
    from toolkit.text import compile_text
    from toolkit.text.open_words import localizer_for

    localizer = localizer_for(args.text) if args.open_words else None
    return compile_text(args.text, session, clicks=clicks, localizer=localizer, vividness=args.vividness, recolor=args.recolor)


def _understood(name: str, compiled: Any) -> str:
    """What was understood, a line for each part of the sentence."""
    lines = []
    for row in compiled.rows:
        found = "" if row.thing is None or row.confidence is None else f" [{row.thing}, {row.confidence:.0%}]"
        lines.append(f"  {row.phrase}{found}: " + "; ".join(filter(None, (row.color, row.note))))
    return "\n".join([f"{name}:", *(lines or ["  nothing to do; try: the dress is red"])])


def _jobs(args: argparse.Namespace) -> tuple[list[Job], list[str]]:
    """What to color and where to put it, and what is no photo; two photos never get one name."""
    from toolkit.photo import SUFFIXES

    out = Path(args.out) if args.out else None
    if out and not out.is_dir() and out.suffix.lower() in SUFFIXES:
        if len(args.photos) > 1 or Path(args.photos[0]).is_dir():
            raise ValueError(f"{out} is the name of one file and there are several photos; name a folder.")
        return [(Path(args.photos[0]), out)], []
    jobs, failed, taken = [], [], set()
    for given in map(Path, args.photos):
        found = _photos_in(given, out) if given.is_dir() else [given]
        if not found:
            failed.append(f"{given}: This folder holds no photo.")
        for path in found:
            folder = path.parent if out is None else out / path.parent.relative_to(given) if given.is_dir() else out
            target, count = folder / f"{path.stem}-color.{args.format}", 2
            while target in taken:
                target, count = folder / f"{path.stem}-color-{count}.{args.format}", count + 1
            taken.add(target)
            jobs.append((path, target))
    return jobs, failed


def _photos_in(folder: Path, out: Path | None) -> list[Path]:
    """The photos of a folder and its subfolders, without hidden ones and without what this command wrote before."""
    from toolkit.photo import SUFFIXES

    files = {p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()}
    names = {p.with_suffix("") for p in files}

    def ours(path: Path) -> bool:
        name = OURS.fullmatch(path.stem)
        return (name is not None and path.with_name(name[1]) in names) or (out is not None and out != folder and out in path.parents)

    return sorted(p for p in files if not ours(p) and not any(part.startswith(".") for part in p.relative_to(folder).parts))


def models(args: argparse.Namespace) -> int:
    """Print the cards of the models."""
    from toolkit.measure.tables import text_table
    from toolkit.models.cards import list_models

    cards = list_models(zoo=True)
    if args.json:
        print(json.dumps([asdict(card) for card in cards], indent=2))
        return 0
    rows = [[c.name, c.task, c.size, c.parameters, c.license, c.trained] for c in cards]
    print(text_table(["name", "task", "size (px)", "parameters", "license", "trained"], rows))
    for card in cards:
        measured = ", ".join(f"{k} {v}" for k, v in card.measured.items())
        lines = (f"{card.name}: {card.summary}", f"Data: {card.data}", f"Weak: {card.weak}", f"Measured: {measured or 'not yet'}")
        print("", *(textwrap.fill(line, 110, subsequent_indent="  ") for line in lines), sep="\n")
    return 0


def train(args: argparse.Namespace) -> int:
    """Train a model on the user's photos."""
    from toolkit.training.commands import Job
    from toolkit.training.commands import train as run

    weights = run(Job(**{k: v for k, v in vars(args).items() if k not in ("run", "command")}))
    if args.study:
        print(f"The losses of every variant are drawn in {weights}.")
        return 0
    if args.recipe == "localizer":
        print(f"The weights are in {weights}. Measure them:\n  python -m toolkit evaluate-text REGIONS.tar --weights {weights}")
        return 0
    if args.recipe == "encoder":
        print(f"The adapted ViT is in {weights}.")
        return 0
    if args.recipe == "matcher":
        print(f"The weights are in {weights}. Measure them:\n  python -m toolkit evaluate-reference FOLDER --weights {weights}")
        return 0
    print(f"The weights are in {weights}. Color a photo with them:\n  python -m toolkit colorize PHOTO --weights {weights}")
    print(f"Score them on photos they have not seen:\n  python -m toolkit evaluate FOLDER --models {args.recipe},{weights}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    about = "Color black-and-white photos."
    top = argparse.ArgumentParser(prog="python -m toolkit", description=about, epilog="COMMAND --help says more, with examples.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_colorize(commands)
    add_mask(commands)
    add_transfer(commands)
    add_commands(commands)
    _add_train(commands)
    add_export(commands)
    _add_models(commands)
    return top


def _add_colorize(commands: Any) -> None:
    command = add_command(
        commands,
        colorize,
        "Color photos at their full size.",
        "grandma.jpg                               # writes grandma-color.png beside it",
        "album/ -o colored/ --vividness 0.7        # a folder with its subfolders",
        "grandma.jpg -o new.png --hints hints.json # colored points decide",
        'grandma.jpg --text "the dress is navy and the wall is pale green"',
        "grandma.jpg --samples 6                   # six plausible colorings",
        "grandma.jpg --reference aunt.jpg          # skin from skin, sky from sky",
        'holiday.jpg --text "the car is yellow" --recolor       # a color photo: nothing else changes',
        'grandma.jpg --palette "navy,#d8c0a0,olive" --saturation 1.2',
        "frames/ --temporal -o colored/            # the frames of a clip, in the order of their names",
        "-o out.png -- -odd-name.jpg               # a name that begins with a dash",
    )
    command.add_argument("photos", nargs="+", metavar="PHOTO", help="photos, or folders of photos")
    command.add_argument("-o", "--out", help="a file (one photo) or a folder; default: NAME-color.png beside each photo")
    command.add_argument("--model", help="a name from `models` (default: the first of them)")
    command.add_argument("--weights", metavar="FILE", help="weights of your own training instead: the checkpoint.safetensors that `train` writes")
    command.add_argument("--vividness", type=number(1), default=0.5, help="0 safe and dull to 1 lively (default: %(default)s)")
    command.add_argument("--saturation", type=number(2), default=1.0, help="times the strength of the automatic colors, 0 to 2 (default: 1)")
    command.add_argument("--palette", type=several(str), default=(), metavar="A,B", help="colors to prefer, as #3a6ea5 or by name")
    command.add_argument("--palette-of", metavar="PHOTO", help="prefer the colors of this photo")
    command.add_argument("--warmth", type=signed, default=0.0, metavar="W", help="-1 cool to 1 warm (default: 0)")
    command.add_argument("--hints", metavar="FILE", help="colored points: .json, or a .png of the photo's size whose opaque pixels are the colors")
    command.add_argument("--text", metavar="SENTENCE", help="which things shall have which color, in English or Korean")
    command.add_argument("--open-words", action="store_true", help="look for things beyond our own words too; downloads 606 MB the first time")
    command.add_argument(
        "--reference", action="append", metavar="PHOTO", help="a color photo whose like places lend their colors; may be given several times"
    )
    command.add_argument("--reference-weight", type=number(1), default=0.5, metavar="W", help="0 to 1: how readily they do (default: %(default)s)")
    command.add_argument(
        "--recolor", "--keep-colors", action="store_true", help="of a color photo change only what --text, --hints or --reference reach"
    )
    command.add_argument("--temporal", action="store_true", help="the photos are frames of a clip: no flicker; hints are for its first frame")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--samples", type=positive, default=0, metavar="N", help="draw N different colorings: NAME-color-1.png and so on")
    command.add_argument("--steps", type=positive, help="looks at each sample of a model that draws (default: 4)")
    command.add_argument("--strength", type=number(8), default=1.0, help="of guidance in a model that draws; 1 is none (default: 1)")
    command.add_argument("--seed", type=int, default=0, help="of models that draw at random (default: %(default)s)")
    command.add_argument("--size", type=positive, metavar="PX", help="short side at which the model looks (default: what it was made for)")
    command.add_argument("--format", choices=FORMATS, default="png", help="of the files in a folder (default: %(default)s)")
    command.add_argument("--layer", action="store_true", help="also write the color alone, to lay over the photo in an editor")
    command.add_argument("--mark", action="store_true", help="draw a small visible mark that the colors are not original")
    command.add_argument("--overwrite", action="store_true", help="replace files that are there (never the photo itself)")
    command.add_argument("--quiet", action="store_true", help="say only what failed")


def _add_train(commands: Any) -> None:
    command = add_command(
        commands,
        train,
        "Train a model on your own photos.",
        "unet --data my-photos/ --minutes 30",
        "unet --data train-0.tar train-1.tar --val val.tar --out runs/mine",
        "unet --data my-photos/ --out runs/mine --minutes 90 --resume",
        "vit-hint --data my-photos/ --minutes 75 --unet runs/mine/checkpoint.safetensors",
        "diffusion --data my-photos/ --minutes 85 --painter vit-hint",
        "plain-unet --data shapes                  # of the teaching zoo, on a generated world of shapes: a minute on a CPU",
        "drconv-unet --data my-photos/ --steps 2000",
        "pix2pix --data shapes --study --out runs/balance   # what keeps a GAN in balance",
        "localizer --data regions.tar --captioned photos.tar --captions photos.jsonl.gz --clip clip_words.npz --minutes 70",
        "matcher --data my-photos/ --regions regions.tar --captions photos.jsonl.gz --minutes 60",
        "encoder --data photos-0.tar photos-1.tar --val val.tar   # the ViT that all of them look through; days on a CPU",
    )
    command.add_argument("recipe", choices=["unet", "vit-hint", "diffusion", "localizer", "matcher", "encoder", *names()], help="what to train")
    command.add_argument("--data", nargs="+", required=True, metavar="SRC", help="color photos: folders, tars, Hugging Face's hf:NAME@SPLIT")
    command.add_argument("--val", nargs="+", default=(), metavar="SRC", help="photos to validate on (default: some of the data, held out)")
    command.add_argument("--out", help="folder of the run: weights, log, contact sheets (default: runs/RECIPE)")
    command.add_argument("--cache", metavar="DIR", help="where encoded photos are kept, 0.6 MB each view (default: in the run's folder)")
    command.add_argument("--views", type=positive, default=2, metavar="N", help="random crops of each photo (default: %(default)s)")
    command.add_argument("--minutes", type=float, metavar="M", help="of training; encoding comes before (default: 30, of the zoo 2,000 steps)")
    command.add_argument("--steps", type=positive, metavar="N", help="of training, instead of minutes")
    command.add_argument("--captioned", nargs="+", default=(), metavar="SRC", help="localizer: photos with captions; --data are tars with labels")
    command.add_argument("--captions", metavar="FILE", help="localizer, matcher: what is on the photos, a line of JSON for each, .jsonl.gz")
    command.add_argument("--regions", metavar="TAR", help="matcher: photos with labels, to learn from beside --data")
    command.add_argument("--clip", metavar="FILE", help="localizer: CLIP ViT-B/32 text vectors, .npz of words and vectors")
    command.add_argument("--study", action="store_true", help="pix2pix: train without, with each and with all of its cures; draws the losses")
    command.add_argument("--hold-out", type=count, default=0, metavar="N", help="localizer: teach no name of every Nth class (default: none)")
    command.add_argument("--unet", default="unet", metavar="MODEL", help="vit-hint: the U-Net to begin with (default: the one that ships)")
    command.add_argument("--painter", default="vit-hint", metavar="MODEL", help="diffusion, matcher: the hint model to build on (default: ours)")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--from", dest="start", metavar="FILE", help="encoder: go on from a checkpoint of another machine, if --out has no run yet")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)


def _add_models(commands: Any) -> None:
    command = add_command(commands, models, "List the models with their terms, their data and what they are weak at.", "", "--json")
    command.add_argument("--json", action="store_true", help="everything, as JSON")


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split())[:500] or f"{type(error).__name__} without a message."


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names need not be text
    args = parser().parse_args(argv)
    give_back_freed_memory()
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        print(_sentence(error), file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
