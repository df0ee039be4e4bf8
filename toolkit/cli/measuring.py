"""The commands that measure: `python -m toolkit evaluate|obedience|evaluate-text|bench`; they ask and print, the modules they call do the work."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.old_arguments import DEVICE_HELP, add_command, advance, check_places, count, number, positive, report, several
from toolkit.cli.palette_command import add_evaluate_palette
from toolkit.cli.reference_command import add_evaluate_reference
from toolkit.cli.temporal_command import add_evaluate_temporal

if TYPE_CHECKING:
    from torch import Tensor

SHEET_ROWS = 16  # photos on the contact sheet of an evaluation
SHEET_WIDE = 8  # of its pictures side by side, where each photo has many
SHEET_HEATS = 48  # heat maps on that of an evaluation of text


def evaluate(args: argparse.Namespace) -> int:
    """Score models on color photos."""
    from itertools import islice

    from tqdm import tqdm

    from toolkit.measure.evaluate import Setup, find_photos, open_truths, score_table
    from toolkit.measure.evaluate import evaluate as score
    from toolkit.models.cards import default_model, drawing_model, get_card

    check_places(args.json, args.sheet, args.plot)
    args.models = args.models or ((drawing_model(),) if args.samples else ()) + (default_model(),)
    if args.hints is not None:
        return _evaluate_hints(args)
    if args.samples is not None:
        return _evaluate_samples(args)
    if args.steps or args.strength is not None:
        raise ValueError("--steps and --strength are of models that draw; say how many samples with --samples, as in --samples 8.")
    if args.protocol or args.plot:
        raise ValueError("--protocol and --plot are about hints or samples; say how many with --hints, as in --hints 0,1,10,100, or with --samples.")
    if "levin2004" in args.models:
        raise ValueError("levin2004 spreads hints and colors nothing by itself; say how many with --hints, as in --hints 0,1,10,100.")
    setup = Setup(args.models, args.vividness or (0.5,), args.size or 256, args.sizes, args.lpips, args.device, args.seed or 0)
    for model in setup.models:
        get_card(model)
    skipped: list[str] = []
    photos_there = min(args.limit or sys.maxsize, sum(1 for _ in find_photos(args.sources)))
    with tqdm(total=photos_there, unit="photo", disable=None) as bar:
        photos = islice(open_truths(find_photos(args.sources), setup.size, skipped), args.limit)
        scores, rows = score(photos, setup, keep=SHEET_ROWS if args.sheet else 0, progress=lambda n: advance(bar, n))
    report(score_table(scores), scores, skipped, args.json)
    if args.sheet:
        from toolkit.show.figures import contact_sheet

        titles = ["gray", *(f"{m}, {v:g}" for m in setup.models for v in setup.vividness), "truth"]
        contact_sheet([picture for row in rows for picture in row], titles, columns=len(titles)).savefig(args.sheet)
    return 0


def _evaluate_hints(args: argparse.Namespace) -> int:
    from itertools import islice

    from tqdm import tqdm

    from toolkit.measure.contestants import contestant
    from toolkit.measure.evaluate import find_photos
    from toolkit.measure.protocols import HintSetup, evaluate_hints, hint_table, open_squares

    if args.samples or args.steps or args.strength is not None:
        raise ValueError("--samples, --steps and --strength are not about hints; leave them out, or leave --hints out.")
    if args.size or args.sizes or args.lpips or args.sheet:
        raise ValueError("The protocols of --hints say the size and what is measured; leave --size, --sizes, --lpips and --sheet out.")
    seed = 1234 if args.seed is None else args.seed
    setup = HintSetup(args.models, args.hints, args.protocol or "icolorit", args.vividness or (0.0,), args.device, seed)
    for model in setup.models:
        contestant(model)
    skipped: list[str] = []
    photos_there = min(args.limit or sys.maxsize, sum(1 for _ in find_photos(args.sources)))
    with tqdm(total=photos_there, unit="photo", disable=None) as bar:
        photos = islice(open_squares(find_photos(args.sources), setup.protocol, skipped), args.limit)
        scores = evaluate_hints(photos, setup, lambda n: advance(bar, n))
    report(hint_table(scores), scores, skipped, args.json)
    if args.plot:
        from toolkit.measure.compare.plots import plot_hint_curve

        plot_hint_curve(scores).savefig(args.plot)
    return 0


def _evaluate_samples(args: argparse.Namespace) -> int:
    from itertools import islice

    from tqdm import tqdm

    from toolkit.measure.evaluate import find_photos, open_truths
    from toolkit.measure.studies.sampling import SampleSetup, evaluate_samples, sample_table
    from toolkit.models.base import Dials

    if args.sizes or args.protocol:
        raise ValueError("--sizes and --protocol are not about samples; leave them out.")
    steps, strength = args.steps or Dials.steps, Dials.strength if args.strength is None else args.strength
    vividness, size, seed = args.vividness or (), args.size or 256, args.seed or 0
    setup = SampleSetup(args.models, args.samples, vividness, steps, strength, size, args.lpips, args.device, seed)
    skipped: list[str] = []
    photos_there = min(args.limit or sys.maxsize, sum(1 for _ in find_photos(args.sources)))
    with tqdm(total=photos_there, unit="photo", disable=None) as bar:
        photos = islice(open_truths(find_photos(args.sources), size, skipped), args.limit)
        scores, rows = evaluate_samples(photos, setup, keep=SHEET_ROWS if args.sheet else 0, progress=lambda n: advance(bar, n))
    report(sample_table(scores), scores, skipped, args.json)
    if args.sheet:
        _sample_sheet(rows, args.sheet)
    if args.plot:
        from toolkit.measure.studies.sampling_figures import plot_ranks

        plot_ranks(scores).savefig(args.plot)
    return 0


def _sample_sheet(rows: "Sequence[Sequence[tuple[str, Tensor]]]", file: str) -> None:
    """A line of the sheet for each photo, or where that would be more than SHEET_WIDE pictures, several."""
    import torch

    from toolkit.show.figures import contact_sheet

    lines = -(-len(rows[0]) // SHEET_WIDE)
    columns = -(-len(rows[0]) // lines)
    pictures: list[tuple[str, Tensor]] = []
    for row in rows:
        pictures += [*row, *[("", torch.full((3, 1, 1), 255, dtype=torch.uint8))] * (lines * columns - len(row))]
    titles = [title for title, _ in (pictures if lines > 1 else pictures[:columns])]
    contact_sheet([picture for _, picture in pictures], titles, columns).savefig(file)


def obedience(args: argparse.Namespace) -> int:
    """Measure whether points do what they say and nothing else."""
    from functools import partial

    from tqdm import tqdm

    from toolkit.measure.studies.obedience import ObedienceScore, obedience_table, obey, open_regions
    from toolkit.models.cards import default_model, get_card

    check_places(args.json)
    args.models = args.models or (default_model(),)
    for model in args.models:
        get_card(model)
    scores: list[ObedienceScore] = []
    skipped: dict[str, None] = {}  # the same for every model
    for model in args.models:
        with tqdm(total=args.limit, desc=model, unit="photo", disable=None) as bar:
            left_out: list[str] = []
            regions = open_regions(args.source, left_out, args.limit)
            scores += obey(regions, model, args.vividness, args.seed, args.device, partial(advance, bar))
        skipped |= dict.fromkeys(left_out)
    report(obedience_table(scores), scores, list(skipped), args.json)
    return 0


def evaluate_text(args: argparse.Namespace) -> int:
    """Measure whether words find and color their things."""
    from tqdm import tqdm

    from toolkit.measure.studies.word_scores import text_table
    from toolkit.measure.studies.words import TextSetup, add_held_out
    from toolkit.measure.studies.words import evaluate_text as score
    from toolkit.models.cards import default_model, head_file
    from toolkit.models.devices import pick_device
    from toolkit.text.localizer import read_localizer

    check_places(args.json, args.sheet)
    file, sha256 = (str(Path(args.weights).absolute()), None) if args.weights else head_file("localizer")
    localizer = read_localizer(file, sha256, pick_device(args.device).type)  # not the one that is kept: words may be added
    words = add_held_out(localizer, args.held_out) if args.held_out else None
    setup = TextSetup(default_model(), args.device, args.limit, not args.no_color, words)
    with tqdm(unit="photo", disable=None) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            advance(bar, done)

        found, pictures = score(args.source, localizer, setup, keep=SHEET_HEATS if args.sheet else 0, progress=progress)
    print(text_table(found))
    if args.json:
        Path(args.json).write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")
    if args.sheet:
        from toolkit.show.figures import contact_sheet

        contact_sheet([picture for _, picture in pictures], [title for title, _ in pictures]).savefig(args.sheet)
    return 0


def _add_evaluate(commands: Any) -> None:
    command = add_command(
        commands,
        evaluate,
        "Score models on photos whose colors are known, beside the gray photo.",
        "val.tar --models unet --json scores.json",
        "photos/ --vividness 0.5,1 --limit 100 --sheet sheet.png",
        "photos/ --sizes 192,256,384               # do colors change with the working size?",
        "kodak.tar --models unet,levin2004 --hints 0,1,10,100 --plot curve.png",
        "val.tar --models diffusion,unet,vit-hint --samples 8 --json samples.json --plot ranks.png",
    )
    command.add_argument("sources", nargs="+", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument(
        "--models",
        type=several(str),
        metavar="A,B",
        help="names, or weights files (default: the first of `models`, and with --samples one that draws)",
    )
    command.add_argument("--limit", type=positive, metavar="N", help="only the first N photos")
    command.add_argument(
        "--vividness",
        type=several(number(1)),
        metavar="V,W",
        help="one or several (default: 0.5; with --hints 0; with --samples 0,0.5, and 0.5 of models that draw)",
    )
    command.add_argument("--size", type=positive, metavar="PX", help="short side at which pictures are compared (default: 256)")
    command.add_argument("--sizes", type=several(positive), default=(), metavar="PX,PX", help="working sizes to compare with each other")
    command.add_argument("--lpips", action="store_true", help="measure LPIPS too")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--seed", type=count, help="of models that draw at random (default: 0), and of the places of hints (default: 1234)")
    command.add_argument("--json", metavar="OUT", help="write the scores here")
    command.add_argument("--sheet", metavar="OUT.png", help=f"write a contact sheet of the first {SHEET_ROWS} photos here")
    command.add_argument("--hints", type=several(count), metavar="N,M", help="with so many points of the true color; a model may be levin2004")
    command.add_argument("--protocol", choices=["icolorit", "siggraph17"], help="which points (default: icolorit)")
    command.add_argument("--plot", metavar="OUT.png", help="write the curve over the number of hints, or the samples' rank histogram, here")
    command.add_argument(
        "--samples", type=positive, metavar="K", help="so many colorings of each photo by models that draw, beside models that do not"
    )
    command.add_argument("--steps", type=positive, metavar="N", help="of each sample (default: as in the app)")
    command.add_argument("--strength", type=number(8), metavar="G", help="of classifier-free guidance, 0 to 8 (default: 1, none)")


def _add_obedience(commands: Any) -> None:
    command = add_command(
        commands,
        obedience,
        "Measure how far a region follows a point of another color, and how far the rest of the photo does, without and with a lasso.",
        "regions-val.tar --models unet --json obedience.json",
        "regions-val.tar --limit 40                # 40 photos, evenly spread",
    )
    command.add_argument("source", metavar="TAR", help="photos NAME.webp with labels NAME.png, and classes.json")
    command.add_argument("--models", type=several(str), metavar="A,B", help="names, or weights files (default: the first of `models`)")
    command.add_argument("--limit", type=positive, metavar="N", help="only N photos, evenly spread")
    command.add_argument("--vividness", type=number(1), default=0.0, help="0 safe and dull to 1 lively (default: 0)")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--seed", type=count, default=0, help="for the colors that are asked for (default: %(default)s)")
    command.add_argument("--json", metavar="OUT", help="write the scores here")


def _add_evaluate_text(commands: Any) -> None:
    command = add_command(
        commands,
        evaluate_text,
        "Measure whether a word finds its region on a photo, and whether a sentence colors it and nothing else.",
        "regions-val.tar --json text.json",
        "regions-val.tar --limit 40 --no-color --sheet heats.png   # 40 photos, evenly spread",
        "regions-val.tar --held-out clip_words.npz # only words that the localizer was not trained on",
    )
    command.add_argument("source", metavar="TAR", help="photos NAME.webp with labels NAME.png, and classes.json")
    command.add_argument("--limit", type=positive, metavar="N", help="only N photos, evenly spread")
    command.add_argument("--weights", metavar="FILE", help="other weights of the localizer")
    command.add_argument("--held-out", metavar="WORDS.npz", help="only the words left out of training, by CLIP ViT-B/32 text vectors: words, vectors")
    command.add_argument("--no-color", action="store_true", help="only find, color nothing")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--json", metavar="OUT", help="write the scores here")
    command.add_argument("--sheet", metavar="OUT.png", help=f"write a contact sheet of {SHEET_HEATS} heat maps here")


def parser() -> argparse.ArgumentParser:
    """The grammar of all of them."""
    top = argparse.ArgumentParser(prog="python -m toolkit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_evaluate(commands)
    _add_obedience(commands)
    _add_evaluate_text(commands)
    add_evaluate_reference(commands)
    add_evaluate_palette(commands)
    add_evaluate_temporal(commands)
    return top
