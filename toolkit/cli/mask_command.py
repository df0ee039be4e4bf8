"""The command `python -m toolkit mask`: opens the page of `masking` and says where the mask is."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import add_command, check_places


def mask(args: argparse.Namespace) -> int:
    """Paint a mask of colors on a photo."""
    import webbrowser

    from toolkit.photo import open_photo
    from toolkit.show.mask_page import MaskDesk

    path = Path(args.photo)
    out = Path(args.out) if args.out else path.with_name(f"{path.stem}-mask.png")
    check_places(str(out))
    desk = MaskDesk(open_photo(path), path, out, args.overwrite)
    print(f"Paint at {desk.address}\nPress Save mask there; Ctrl-C here ends.", flush=True)
    if not args.no_browser:
        webbrowser.open(desk.address)
    with suppress(KeyboardInterrupt):
        desk.serve()
    if not desk.saved:
        print("Nothing was saved.", file=sys.stderr)
        return 0
    print(f"\nThe mask is in {out}. Color the photo with it:\n  python -m toolkit colorize {path} --hints {out}")
    return 0


def add_mask(commands: Any) -> None:
    """Add the command to the grammar."""
    command = add_command(
        commands,
        mask,
        "Paint a mask of colors on a photo, in your browser.",
        "grandma.jpg                               # writes grandma-mask.png beside it",
        "grandma.jpg -o colors.png --no-browser    # prints the address only",
    )
    command.add_argument("photo", metavar="PHOTO", help="the photo to paint on")
    command.add_argument("-o", "--out", metavar="FILE.png", help="where the mask goes (default: NAME-mask.png beside the photo)")
    command.add_argument("--overwrite", action="store_true", help="replace a mask that is there")
    command.add_argument("--no-browser", action="store_true", help="do not open the page, print its address only")
