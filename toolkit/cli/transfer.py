"""The command `python -m toolkit transfer`: the colors of one color photo for another, by the classical methods of
`toolkit.controls.transfer`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from toolkit.cli.arguments import Share, check_free, check_places

app = App(
    "transfer",
    help_epilogue="""examples:
  python -m toolkit transfer holiday.jpg --from painting.jpg           # writes holiday-linear.png beside it
  python -m toolkit transfer holiday.jpg --from painting.jpg --method reinhard --strength 0.6 -o soft.png
  python -m toolkit transfer grandma.jpg --from aunt.jpg --method welsh2002   # a black-and-white photo""",
)


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """Whose colors, how and how much."""

    reference: Annotated[Path, Parameter("--from", metavar="REFERENCE")]
    """the color photo whose colors it gets"""
    method: Literal["reinhard", "linear", "transport", "welsh2002"] = "linear"
    """mean and deviation, covariance, the whole distribution, or for black and white by luminance and texture"""
    strength: Share = 1.0
    """0 nothing changes to 1"""
    lightness_too: bool = False
    """move lightness as well, as in the papers; otherwise every L stays"""
    out: Annotated[str | None, Parameter(alias="-o", metavar="FILE")] = None
    """where the picture goes (default: PHOTO-METHOD.png beside the photo)"""
    overwrite: bool = False
    """replace a file that is there (never the photo itself)"""


@app.default
def transfer(
    photo: Annotated[Path, Parameter(metavar="PHOTO", help="the photo to change")], /, *, options: Options
) -> int:
    """Color a photo like another."""
    from toolkit.controls.transfer import transfer as moved
    from toolkit.photo import open_photo, save_photo

    out = Path(options.out) if options.out else photo.with_name(f"{photo.stem}-{options.method}.png")
    check_places(str(out))
    check_free(photo, [out], options.overwrite)
    taken = moved(
        open_photo(photo),
        open_photo(options.reference),
        options.method,
        options.strength,
        keep_lightness=not options.lightness_too,
    )
    print(save_photo(taken, out, model=options.method, overwrite=options.overwrite))
    return 0
