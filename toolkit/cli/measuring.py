"""The commands that measure: `python -m toolkit measure|compare|bench`; they ask and print, the modules they call do the work."""

import argparse
import json
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import DEVICE_HELP, add_command, several
from toolkit.cli.compare_command import add_compare
from toolkit.cli.old_commands import add_old_commands


def bench(args: argparse.Namespace) -> int:
    """Time the machine's own ratios."""
    from toolkit.measure.speed import bench_report, report_text
    from toolkit.models.cards import default_model

    timed = bench_report(args.photos, args.megapixels, args.model or default_model(), args.device)
    print(report_text(timed))
    if args.json:
        Path(args.json).write_text(json.dumps(timed, indent=2) + "\n", encoding="utf-8")
    return 0


def _add_bench(commands: Any) -> None:
    command = add_command(
        commands,
        bench,
        "Measure this machine: parts of the time, growth with the photo's size, quality of the lift to full size.",
        "",
        "photo1.jpg photo2.jpg --json bench.json   # color photos of 1 to 2 megapixels",
    )
    command.add_argument("photos", nargs="*", metavar="PHOTO", help="color photos to measure with (default: the demo's examples)")
    command.add_argument("--model", help="a name from `models` (default: the first of them)")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--megapixels", type=several(float), default=(0.25, 1.0, 4.0, 12.0, 24.0), metavar="MP,MP", help="sizes to time")
    command.add_argument("--json", metavar="OUT", help="write the numbers here")


def measure(args: argparse.Namespace) -> int:
    """Measure a study; a bridge to the grammar of its own."""
    from toolkit.cli.measure import main

    return main(args.rest)


def add_commands(commands: Any) -> None:
    """Add them to the grammar."""
    bridge = commands.add_parser("measure", help="Measure models: a study answers one question.", add_help=False, prefix_chars="\0")
    bridge.add_argument("rest", nargs="*")
    bridge.set_defaults(run=measure)
    add_compare(commands)
    _add_bench(commands)
    add_old_commands(commands)
