"""The command `python -m toolkit evaluate-palette`."""

import argparse
from typing import Any

from toolkit.cli.old_arguments import DEVICE_HELP, add_command, advance, check_places, number, positive

SHEET = 24  # rows of the contact sheet


def evaluate_palette(args: argparse.Namespace) -> int:
    """Measure whether a palette's colors arrive."""
    from itertools import islice

    from tqdm import tqdm

    from toolkit.cli.old_arguments import report
    from toolkit.measure.evaluate import find_photos, open_truths
    from toolkit.measure.studies.palettes import PaletteSetup, evaluate_palettes, palette_table
    from toolkit.models.cards import default_model

    check_places(args.json, args.sheet)
    setup = PaletteSetup(args.model or default_model(), args.vividness, args.colors, 256, args.device)
    skipped: list[str] = []
    photos = list(islice(open_truths(find_photos(args.sources), setup.size, skipped), args.limit))
    with tqdm(total=len(photos), unit="photo", disable=None) as bar:
        scores, rows = evaluate_palettes(photos, setup, keep=SHEET if args.sheet else 0, progress=lambda n: advance(bar, n))
    report(palette_table(scores), scores, skipped, args.json)
    if args.sheet:
        from toolkit.show.figures import contact_sheet

        titles = ["automatic", "prior", "sliced", "ours"] if len(rows[0]) == 4 else ["automatic", "sliced", "ours"]
        contact_sheet([picture for row in rows for picture in row], titles, columns=len(titles)).savefig(args.sheet)
    return 0


def add_evaluate_palette(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        evaluate_palette,
        "Measure whether automatic colors take on those of a palette: of the photo itself, and of another.",
        "val.tar --limit 100 --json palette.json",
        "photos/ --limit 24 --sheet sheet.png      # in another photo's colors: three ways",
        "val.tar --model plain-unet                # a model without a distribution",
    )
    command.add_argument("sources", nargs="+", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument("--model", help="a name from `models` (default: the first of them)")
    command.add_argument("--colors", type=positive, default=6, metavar="K", help="of a palette (default: %(default)s)")
    command.add_argument("--vividness", type=number(1), default=0.5, help="0 safe and dull to 1 lively (default: %(default)s)")
    command.add_argument("--limit", type=positive, metavar="N", help="only the first N photos")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--json", metavar="OUT", help="write the scores here")
    command.add_argument("--sheet", metavar="OUT.png", help=f"write a contact sheet of the first {SHEET} photos in another's palette here")
