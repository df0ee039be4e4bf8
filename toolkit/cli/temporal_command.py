"""The command `python -m toolkit evaluate-temporal`."""

import argparse
from typing import Any

from toolkit.cli.old_arguments import DEVICE_HELP, add_command, advance, check_places, number, positive


def evaluate_temporal(args: argparse.Namespace) -> int:
    """Measure how much a clip's colors flicker and drift."""
    from tqdm import tqdm

    from toolkit.cli.old_arguments import report
    from toolkit.controls.temporal import HOLD
    from toolkit.measure.evaluate import find_photos
    from toolkit.measure.studies.flicker import MOVES, Setup, measure_clips, temporal_table
    from toolkit.models.cards import default_model, get_card

    check_places(args.json)
    model = args.model or default_model()
    get_card(model)
    setup = Setup(model, args.frames, args.others, HOLD if args.hold is None else args.hold, args.vividness, args.device)
    skipped: list[str] = []
    with tqdm(total=len(MOVES) * args.limit, unit="clip", disable=None) as bar:
        scores = measure_clips(find_photos(args.sources), setup, limit=args.limit, skipped=skipped, progress=lambda n: advance(bar, n))
    report(temporal_table(scores), scores, skipped, args.json)
    return 0


def add_evaluate_temporal(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        evaluate_temporal,
        "Measure how much the colors of clips made from photos flicker and drift, frame by frame and with --temporal.",
        "val.tar --json temporal.json              # ten photos, 100 frames: a quarter of an hour of one core",
        "photos/ --limit 3 --frames 30 --hold 0.8",
    )
    command.add_argument("sources", nargs="+", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument("--model", help="a name from `models`, or a weights file (default: the first of them)")
    command.add_argument("--limit", type=positive, default=10, metavar="N", help="only the first N photos (default: %(default)s)")
    command.add_argument("--frames", type=positive, default=100, metavar="N", help="of the pan, 3 or more (default: %(default)s)")
    command.add_argument("--others", type=positive, default=25, metavar="N", help="of the clip with grain and of the zoom (default: %(default)s)")
    command.add_argument("--hold", type=number(0.99), metavar="H", help="share of the color before that stays, 0 to 0.99 (default: as in colorize)")
    command.add_argument("--vividness", type=number(1), default=0.5, help="0 safe and dull to 1 lively (default: %(default)s)")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--json", metavar="OUT", help="write the scores here")
