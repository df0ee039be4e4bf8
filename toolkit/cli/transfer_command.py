"""The command `python -m toolkit transfer`: the colors of one color photo for another, by the classical methods of `transfer`."""

import argparse
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import add_command, check_places, number


def transfer(args: argparse.Namespace) -> int:
    """Color a photo like another."""
    from toolkit.controls.transfer import transfer as moved
    from toolkit.photo import open_photo, save_photo

    path = Path(args.photo)
    out = Path(args.out) if args.out else path.with_name(f"{path.stem}-{args.method}.png")
    check_places(str(out))
    if out.exists() and (not args.overwrite or out.samefile(path)):
        raise ValueError(f"{out} is there already; add --overwrite or choose another place with -o.")
    photo, reference = open_photo(path), open_photo(args.reference)
    rgb = moved(photo, reference, args.method, args.strength, keep_lightness=not args.lightness_too)
    print(save_photo(rgb, out, model=args.method, overwrite=args.overwrite))
    return 0


def add_transfer(commands: Any) -> None:
    """Add the command to the grammar."""
    command = add_command(
        commands,
        transfer,
        "Give a color photo the colors of another, by statistics alone: the classical way, fast and blind to what things are.",
        "holiday.jpg --from painting.jpg           # writes holiday-linear.png beside it",
        "holiday.jpg --from painting.jpg --method reinhard --strength 0.6 -o soft.png",
        "grandma.jpg --from aunt.jpg --method welsh2002   # a black-and-white photo",
    )
    command.add_argument("photo", metavar="PHOTO", help="the photo to change")
    command.add_argument("--from", required=True, dest="reference", metavar="REFERENCE", help="the color photo whose colors it gets")
    command.add_argument(
        "--method",
        choices=["reinhard", "linear", "transport", "welsh2002"],
        default="linear",
        help="mean and deviation, covariance, the whole distribution, or for black and white by luminance and texture (default: %(default)s)",
    )
    command.add_argument("--strength", type=number(1), default=1.0, help="0 nothing changes to 1 (default: 1)")
    command.add_argument("--lightness-too", action="store_true", help="move lightness as well, as in the papers; otherwise every L stays")
    command.add_argument("-o", "--out", metavar="FILE", help="where the picture goes (default: PHOTO-METHOD.png beside the photo)")
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there (never the photo itself)")
