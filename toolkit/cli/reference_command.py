"""The command `python -m toolkit evaluate-reference`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.old_arguments import DEVICE_HELP, add_command, advance, check_places, count, number, positive, several

if TYPE_CHECKING:
    from torch import Tensor

SHEET = 24  # rows of the contact sheet


def evaluate_reference(args: argparse.Namespace) -> int:
    """Measure what a reference photo does for the colors of another."""
    from tqdm import tqdm

    from toolkit.cli.old_arguments import report
    from toolkit.measure.evaluate import find_photos, open_truths
    from toolkit.measure.studies.borrowing import ReferenceScore, ReferenceSetup, evaluate_classes, evaluate_references, read_words, reference_table
    from toolkit.measure.studies.obedience import open_regions
    from toolkit.models.cards import default_model
    from toolkit.models.matcher import read_matcher

    check_places(args.json, args.sheet)
    if not args.sources and not args.regions:
        raise ValueError("There is nothing to measure on; give photos, or a tar of labelled photos with --regions.")
    matcher = read_matcher(str(Path(args.weights).absolute())) if args.weights else None
    words = read_words(args.words) if args.words else None
    setup = ReferenceSetup(args.model or default_model(), args.weight, args.vividness, 256, args.device, args.seed, matcher, not args.no_classical)
    skipped: list[str] = []
    scores: list[ReferenceScore] = []
    rows: list[list[Tensor]] = []
    if args.sources:
        photos = list(open_truths(find_photos(args.sources), setup.size, skipped))
        with tqdm(total=min(args.limit or len(photos), len(photos)), unit="photo", disable=None) as bar:
            found, rows = evaluate_references(photos, setup, words, args.limit, lambda n: advance(bar, n))
        scores += found
    if args.regions:
        regions = list(open_regions(args.regions, skipped, args.limit))
        with tqdm(total=len(regions), unit="region", disable=None) as bar:
            found, more = evaluate_classes(regions, setup, lambda n: advance(bar, n))
        scores, rows = scores + found, rows or more
    report(reference_table(scores), scores, skipped, args.json)
    if args.sheet:
        from toolkit.show.figures import contact_sheet

        rows = rows[:: max(1, len(rows) // SHEET)][:SHEET]
        last = [f"weight {w:g}" for w in setup.weights] if args.sources else ["unmarked", "marked"]
        titles = ["reference", "automatic", *last, "truth"]
        contact_sheet([picture for row in rows for picture in row], titles, columns=len(titles)).savefig(args.sheet)
    if not rows and args.sources:
        print("No photo shares words with another of its folder; name their words with --words to measure that too.", file=sys.stderr)
    return 0


def add_evaluate_reference(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        evaluate_reference,
        "Measure what a reference photo does: itself mirrored, another with the same words, an unrelated one, another thing of the same class.",
        "val.tar --words photos.jsonl.gz --regions regions-val.tar --json reference.json",
        "photos/ --limit 40 --sheet sheet.png",
        "--regions regions-val.tar --weight 1      # only class to class, the dial at full",
    )
    command.add_argument("sources", nargs="*", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument("--words", metavar="FILE", help="labels of the photos: JSON lines with name and words, plain or .gz")
    command.add_argument("--regions", metavar="TAR", help="photos NAME.webp with labels NAME.png, and classes.json")
    command.add_argument("--model", help="a name from `models` (default: the first of them)")
    command.add_argument("--weights", metavar="FILE", help="other weights of the matcher: the checkpoint.safetensors that `train matcher` writes")
    command.add_argument("--weight", type=several(number(1)), default=(0.5, 1.0), metavar="V,W", help="of the reference (default: 0.5,1)")
    command.add_argument("--vividness", type=number(1), default=0.0, help="0 safe and dull to 1 lively (default: 0)")
    command.add_argument("--limit", type=positive, metavar="N", help="only so many photos, and regions, evenly spread")
    command.add_argument("--no-classical", action="store_true", help="leave classical color transfer out")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--seed", type=count, default=1234, help="for crops, strangers and partners (default: %(default)s)")
    command.add_argument("--json", metavar="OUT", help="write the scores here")
    command.add_argument("--sheet", metavar="OUT.png", help=f"write a contact sheet of {SHEET} photos here")
