"""The command `python -m toolkit mask`: opens the page of `toolkit.show.mask_page` and says where the mask is."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from toolkit.cli.arguments import check_places

app = App(
    "mask",
    help_epilogue="""examples:
  python -m toolkit mask grandma.jpg                               # writes grandma-mask.png beside it
  python -m toolkit mask grandma.jpg -o colors.png --no-browser    # prints the address only""",
)


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """Where the mask goes."""

    out: Annotated[str | None, Parameter(alias="-o", metavar="FILE.png")] = None
    """where the mask goes (default: NAME-mask.png beside the photo)"""
    overwrite: bool = False
    """replace a mask that is there"""
    no_browser: bool = False
    """do not open the page, print its address only"""


@app.default
def mask(
    photo: Annotated[Path, Parameter(metavar="PHOTO", help="the photo to paint on")], /, *, options: Options = Options()
) -> int:
    """Paint a mask of colors on a photo."""
    import webbrowser

    from toolkit.photo import open_photo
    from toolkit.show.mask_page import MaskDesk

    out = Path(options.out) if options.out else photo.with_name(f"{photo.stem}-mask.png")
    check_places(str(out))
    desk = MaskDesk(open_photo(photo), photo, out, options.overwrite)
    print(f"Paint at {desk.address}\nPress Save mask there; Ctrl-C here ends.", flush=True)
    if not options.no_browser:
        webbrowser.open(desk.address)
    with suppress(KeyboardInterrupt):
        desk.serve()
    if not desk.saved:
        print("Nothing was saved.", file=sys.stderr)
        return 0
    print(f"\nThe mask is in {out}. Color the photo with it:\n  python -m toolkit colorize {photo} --hints {out}")
    return 0
