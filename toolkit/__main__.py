"""The command line: `python -m toolkit colorize|models|evaluate|obedience|train|bench`.

Everything heavy is imported inside the command that needs it: --help answers at once. Whatever goes wrong is said in one sentence, without a
traceback; exit codes: 0 done, 1 some or all of it failed, 2 the command cannot be meant like this, 130 stopped with Ctrl-C.
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
from pathlib import Path
from typing import Any

FORMATS = ("png", "jpg", "webp", "tiff")
OURS = re.compile(r"(.+)-color(-\d+)?(-layer)?")  # how this command names what it writes
SHEET_ROWS = 16  # photos on the contact sheet of an evaluation
Job = tuple[Path, Path]  # a photo and where its colored version goes


def colorize(args: argparse.Namespace) -> int:
    """Color photos one after the other; a bad one does not stop the rest."""
    from tqdm import tqdm

    from toolkit.guidance import GuidanceError
    from toolkit.pipeline import pick_device
    from toolkit.registry import load_model

    model = str(args.weights or args.model)
    load_model(model, pick_device(args.device).type)  # what is wrong with the model or the device is wrong for every photo
    jobs, failed = _jobs(args)
    if args.hints and len(jobs) > 1:
        raise ValueError("A hint file belongs to one photo; color the photos one by one.")
    with tqdm(total=100 * len(jobs), bar_format="{l_bar}{bar}| {elapsed}<{remaining}", disable=True if args.quiet else None) as bar:
        for i, job in enumerate(jobs):
            bar.set_description_str(job[0].name)
            try:
                _colorize_one(job, model, args, lambda done, of, what, start=100 * i: _advance(bar, start + 100 * done // of))
            except GuidanceError:
                raise
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                failed.append(_about(job[0], error))
            _advance(bar, 100 * (i + 1))
    if failed:
        print(f"{len(failed)} failed:", *(f"  {line}" for line in failed), sep="\n", file=sys.stderr)
    return 1 if failed else 0


def _about(path: Path, error: Exception) -> str:
    """The sentence with the photo's whole path, whether or not it already begins with the name."""
    sentence = _sentence(error)
    return f"{path}{sentence.removeprefix(path.name)}" if sentence.startswith(f"{path.name} ") else f"{path}: {sentence}"


def _advance(bar: Any, to: int) -> None:
    bar.update(to - bar.n)


def _colorize_one(job: Job, model: str, args: argparse.Namespace, progress: Any) -> None:
    from tqdm import tqdm

    from toolkit.guidance import Guidance
    from toolkit.pipeline import Session

    path, target = job
    layer = target.with_name(f"{target.stem}-layer.png")
    for file in (target, layer) if args.layer else (target,):
        if file.exists() and (not args.overwrite or file.samefile(path)):
            raise ValueError(f"{file} is there already; add --overwrite or choose another place with -o.")
    session = Session(path, model, device=args.device, size=args.size)
    guidance = Guidance.load(args.hints, session.photo.size) if args.hints else None
    result = session.colorize(guidance, vividness=args.vividness, seed=args.seed, progress=progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    result.save(target, overwrite=args.overwrite, mark=args.mark)
    if args.layer:
        result.save_layer(layer, overwrite=args.overwrite)
    for note in result.notes:
        tqdm.write(f"{path.name}: {note}", file=sys.stderr)
    if not args.quiet:
        tqdm.write(str(target), file=sys.stdout)


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
    from toolkit.evaluate import format_table
    from toolkit.registry import list_models

    cards = list_models()
    if args.json:
        print(json.dumps([asdict(card) for card in cards], indent=2))
        return 0
    rows = [[c.name, c.task, c.size, c.parameters, c.license, c.trained] for c in cards]
    print(format_table(["name", "task", "size (px)", "parameters", "license", "trained"], rows))
    for card in cards:
        measured = ", ".join(f"{k} {v}" for k, v in card.measured.items())
        lines = (f"{card.name}: {card.summary}", f"Data: {card.data}", f"Weak: {card.weak}", f"Measured: {measured or 'not yet'}")
        print("", *(textwrap.fill(line, 110, subsequent_indent="  ") for line in lines), sep="\n")
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Score models on color photos."""
    from itertools import islice

    from tqdm import tqdm

    from toolkit.evaluate import Setup, find_photos, open_truths, score_table
    from toolkit.evaluate import evaluate as score
    from toolkit.registry import get_card

    _check_places(args.json, args.sheet, args.plot)
    if args.hints is not None:
        return _evaluate_hints(args)
    if args.protocol or args.plot:
        raise ValueError("--protocol and --plot are about hints; say how many with --hints, as in --hints 0,1,10,100.")
    if "levin2004" in args.models:
        raise ValueError("levin2004 spreads hints and colors nothing by itself; say how many with --hints, as in --hints 0,1,10,100.")
    setup = Setup(args.models, args.vividness or (0.5,), args.size or 256, args.sizes, args.lpips, args.device, args.seed or 0)
    for model in setup.models:
        get_card(model)
    skipped: list[str] = []
    count = min(args.limit or sys.maxsize, sum(1 for _ in find_photos(args.sources)))
    with tqdm(total=count, unit="photo", disable=None) as bar:
        photos = islice(open_truths(find_photos(args.sources), setup.size, skipped), args.limit)
        scores, rows = score(photos, setup, keep=SHEET_ROWS if args.sheet else 0, progress=lambda n: _advance(bar, n))
    _report(score_table(scores), scores, skipped, args.json)
    if args.sheet:
        from toolkit.plots import contact_sheet

        titles = ["gray", *(f"{m}, {v:g}" for m in setup.models for v in setup.vividness), "truth"]
        contact_sheet([picture for row in rows for picture in row], titles, columns=len(titles)).savefig(args.sheet)
    return 0


def _evaluate_hints(args: argparse.Namespace) -> int:
    from itertools import islice

    from tqdm import tqdm

    from toolkit.evaluate import find_photos
    from toolkit.protocols import CLASSICAL, HintSetup, evaluate_hints, hint_table, open_squares
    from toolkit.registry import get_card

    if args.size or args.sizes or args.lpips or args.sheet:
        raise ValueError("The protocols of --hints say the size and what is measured; leave --size, --sizes, --lpips and --sheet out.")
    seed = 1234 if args.seed is None else args.seed
    setup = HintSetup(args.models, args.hints, args.protocol or "icolorit", args.vividness or (0.0,), args.device, seed)
    for model in setup.models:
        if model != CLASSICAL:
            get_card(model)
    skipped: list[str] = []
    count = min(args.limit or sys.maxsize, sum(1 for _ in find_photos(args.sources)))
    with tqdm(total=count, unit="photo", disable=None) as bar:
        photos = islice(open_squares(find_photos(args.sources), setup.protocol, skipped), args.limit)
        scores = evaluate_hints(photos, setup, lambda n: _advance(bar, n))
    _report(hint_table(scores), scores, skipped, args.json)
    if args.plot:
        from toolkit.plots import plot_hint_curve

        plot_hint_curve(scores).savefig(args.plot)
    return 0


def obedience(args: argparse.Namespace) -> int:
    """Measure whether points do what they say and nothing else."""
    from functools import partial

    from tqdm import tqdm

    from toolkit.obedience import ObedienceScore, obedience_table, obey, open_regions
    from toolkit.registry import get_card

    _check_places(args.json)
    for model in args.models:
        get_card(model)
    scores: list[ObedienceScore] = []
    skipped: dict[str, None] = {}  # the same for every model
    for model in args.models:
        with tqdm(total=args.limit, desc=model, unit="photo", disable=None) as bar:
            left_out: list[str] = []
            regions = open_regions(args.source, left_out, args.limit)
            scores += obey(regions, model, args.vividness, args.seed, args.device, partial(_advance, bar))
        skipped |= dict.fromkeys(left_out)
    _report(obedience_table(scores), scores, list(skipped), args.json)
    return 0


def _check_places(*files: str | None) -> None:
    """Before hours of measuring: can the results be written?"""
    for file in filter(None, files):
        if not Path(file).absolute().parent.is_dir():
            raise ValueError(f"There is no folder for {file}; create it first.")


def _report(table: str, scores: Sequence[Any], skipped: Sequence[str], file: str | None) -> None:
    """Print a table and what is not in it, and write the scores as JSON."""
    print(table)
    if skipped:
        print(f"{len(skipped)} left out:", *(f"  {line}" for line in skipped), sep="\n", file=sys.stderr)
    if file:
        Path(file).write_text(json.dumps([asdict(s) for s in scores], indent=2) + "\n", encoding="utf-8")


def train(args: argparse.Namespace) -> int:
    """Train a model on the user's photos."""
    from toolkit.training.commands import Job, train_unet

    weights = train_unet(Job(**{k: v for k, v in vars(args).items() if k not in ("run", "command", "recipe")}))
    print(f"The weights are in {weights}. Color a photo with them:\n  python -m toolkit colorize PHOTO --weights {weights}")
    print(f"Score them on photos they have not seen:\n  python -m toolkit evaluate FOLDER --models unet,{weights}")
    return 0


def bench(args: argparse.Namespace) -> int:
    """Time the machine's own ratios."""
    from toolkit.bench import bench_report, report_text

    report = bench_report(args.photos, args.megapixels, args.model, args.device)
    print(report_text(report))
    if args.json:
        Path(args.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 on")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return value


def _several(kind: Any) -> Any:
    def several(text: str) -> tuple[Any, ...]:
        return tuple(kind(part) for part in text.split(",") if part)

    several.__name__ = "list"  # what argparse calls it in its message
    return several


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    about = "Color black-and-white photos."
    top = argparse.ArgumentParser(prog="python -m toolkit", description=about, epilog="COMMAND --help says more, with examples.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_colorize(commands)
    _add_evaluate(commands)
    _add_obedience(commands)
    _add_train(commands)
    _add_others(commands)
    return top


def _add(commands: Any, run: Any, summary: str, *examples: str) -> argparse.ArgumentParser:
    epilog = "examples:\n" + "\n".join(f"  python -m toolkit {run.__name__} {example}" for example in examples)
    command: argparse.ArgumentParser = commands.add_parser(
        run.__name__, help=summary, description=summary, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.set_defaults(run=run)
    return command


def _add_colorize(commands: Any) -> None:
    command = _add(
        commands,
        colorize,
        "Color photos at their full size.",
        "grandma.jpg                               # writes grandma-color.png beside it",
        "album/ -o colored/ --vividness 0.7        # a folder with its subfolders",
        "grandma.jpg -o new.png --hints hints.json # colored points decide",
        "-o out.png -- -odd-name.jpg               # a name that begins with a dash",
    )
    command.add_argument("photos", nargs="+", metavar="PHOTO", help="photos, or folders of photos")
    command.add_argument("-o", "--out", help="a file (one photo) or a folder; default: NAME-color.png beside each photo")
    command.add_argument("--model", default="unet", help="a name from `models` (default: %(default)s)")
    command.add_argument("--weights", metavar="FILE", help="weights of your own training instead: the checkpoint.safetensors that `train` writes")
    command.add_argument("--vividness", type=_number, default=0.5, help="0 safe and dull to 1 lively (default: %(default)s)")
    command.add_argument("--hints", metavar="FILE", help="colored points: .json, or a .png of the photo's size whose opaque pixels are the colors")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    command.add_argument("--seed", type=int, default=0, help="for models that draw lots (default: %(default)s)")
    command.add_argument("--size", type=_positive, metavar="PX", help="short side at which the model looks (default: what it was made for)")
    command.add_argument("--format", choices=FORMATS, default="png", help="of the files in a folder (default: %(default)s)")
    command.add_argument("--layer", action="store_true", help="also write the color alone, to lay over the photo in an editor")
    command.add_argument("--mark", action="store_true", help="draw a small visible mark that the colors are not original")
    command.add_argument("--overwrite", action="store_true", help="replace files that are there (never the photo itself)")
    command.add_argument("--quiet", action="store_true", help="say only what failed")


def _add_evaluate(commands: Any) -> None:
    command = _add(
        commands,
        evaluate,
        "Score models on photos whose colors are known, beside the gray photo.",
        "val.tar --models unet --json scores.json",
        "photos/ --vividness 0.5,1 --limit 100 --sheet sheet.png",
        "photos/ --sizes 192,256,384               # do colors change with the working size?",
        "kodak.tar --models unet,levin2004 --hints 0,1,10,100 --plot curve.png",
    )
    command.add_argument("sources", nargs="+", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument("--models", type=_several(str), default=("unet",), metavar="A,B", help="names, or weights files (default: unet)")
    command.add_argument("--limit", type=_positive, metavar="N", help="only the first N photos")
    command.add_argument("--vividness", type=_several(_number), metavar="V,W", help="one or several (default: 0.5; with --hints 0)")
    command.add_argument("--size", type=_positive, metavar="PX", help="short side at which pictures are compared (default: 256)")
    command.add_argument("--sizes", type=_several(_positive), default=(), metavar="PX,PX", help="working sizes to compare with each other")
    command.add_argument("--lpips", action="store_true", help="measure LPIPS too")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    command.add_argument("--seed", type=_count, help="for models that draw lots (default: 0), and for where hints are (default: 1234)")
    command.add_argument("--json", metavar="OUT", help="write the scores here")
    command.add_argument("--sheet", metavar="OUT.png", help=f"write a contact sheet of the first {SHEET_ROWS} photos here")
    command.add_argument("--hints", type=_several(_count), metavar="N,M", help="with so many points of the true color; a model may be levin2004")
    command.add_argument("--protocol", choices=["icolorit", "siggraph17"], help="which points (default: icolorit)")
    command.add_argument("--plot", metavar="OUT.png", help="write the curve over the number of hints here")


def _add_obedience(commands: Any) -> None:
    command = _add(
        commands,
        obedience,
        "Measure how far a region follows a point of another color, and how far the rest of the photo does, without and with a lasso.",
        "regions-val.tar --models unet --json obedience.json",
        "regions-val.tar --limit 40                # 40 photos, evenly spread",
    )
    command.add_argument("source", metavar="TAR", help="photos NAME.webp with labels NAME.png, and classes.json")
    command.add_argument("--models", type=_several(str), default=("unet",), metavar="A,B", help="names, or weights files (default: unet)")
    command.add_argument("--limit", type=_positive, metavar="N", help="only N photos, evenly spread")
    command.add_argument("--vividness", type=_number, default=0.0, help="0 safe and dull to 1 lively (default: 0)")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    command.add_argument("--seed", type=_count, default=0, help="for the colors that are asked for (default: %(default)s)")
    command.add_argument("--json", metavar="OUT", help="write the scores here")


def _add_train(commands: Any) -> None:
    command = _add(
        commands,
        train,
        "Train a model on your own photos.",
        "unet --data my-photos/ --minutes 30",
        "unet --data train-0.tar train-1.tar --val val.tar --out runs/mine",
        "unet --data my-photos/ --out runs/mine --minutes 90 --resume",
    )
    command.add_argument("recipe", choices=["unet"], help="what to train")
    command.add_argument("--data", nargs="+", required=True, metavar="SRC", help="color photos: folders, tars, Hugging Face's hf:NAME@SPLIT")
    command.add_argument("--val", nargs="+", default=(), metavar="SRC", help="photos to validate on (default: some of the data, held out)")
    command.add_argument("--out", default="runs/unet", help="folder of the run: weights, log, contact sheets (default: %(default)s)")
    command.add_argument("--cache", metavar="DIR", help="where encoded photos are kept, 0.6 MB each view (default: in the run's folder)")
    command.add_argument("--views", type=_positive, default=2, metavar="N", help="random crops of each photo (default: %(default)s)")
    command.add_argument("--minutes", type=float, default=30.0, metavar="M", help="of training; encoding comes before (default: %(default)s)")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")


def _add_others(commands: Any) -> None:
    command = _add(commands, models, "List the models with their terms, their data and what they are weak at.", "", "--json")
    command.add_argument("--json", action="store_true", help="everything, as JSON")
    command = _add(
        commands,
        bench,
        "Measure this machine: parts of the time, growth with the photo's size, quality of the lift to full size.",
        "",
        "photo1.jpg photo2.jpg --json bench.json   # color photos of 1 to 2 megapixels",
    )
    command.add_argument("photos", nargs="*", metavar="PHOTO", help="color photos to measure with (default: the demo's examples)")
    command.add_argument("--model", default="unet", help="a name from `models` (default: %(default)s)")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: %(default)s)")
    command.add_argument("--megapixels", type=_several(float), default=(0.25, 1.0, 4.0, 12.0, 24.0), metavar="MP,MP", help="sizes to time")
    command.add_argument("--json", metavar="OUT", help="write the numbers here")


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split())[:500] or f"{type(error).__name__} without a message."


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names need not be text
    args = parser().parse_args(argv)
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
