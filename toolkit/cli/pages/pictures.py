"""The colored photos of the pages, made anew with the weights that ship."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli.pages.tables import EXAMPLES, PICTURE_HEIGHT, ROOT, beside
from toolkit.models.cards import drawing_model

if TYPE_CHECKING:
    from PIL import Image

    from toolkit.pipeline import Session

# a real old print, and a photo made gray; credited in README.md
PICTURED = ("historical-portrait-man.jpg", "landscape-mountains.jpg")
PICTURE = ROOT / "assets" / "before-after.webp"
CLICKED = "interior-living-room.jpg"  # a beanbag, which can have any color, and a drum that looks like it
CLICKS = ((0.45, 0.8, "#2f7f86"), (0.45, 0.6, "#c8b090"))
CLICK_PICTURE = ROOT / "assets" / "clicks.webp"
SAID = (  # a photo without and with a sentence, side by side
    ("interior-living-room.jpg", "the wall is sky blue and the floor is orange"),
    ("portrait-astronaut.jpg", "the hair is auburn and the background is pale green"),
)
SAID_PICTURE = ROOT / "assets" / "text.webp"
DRAWN = "portrait-astronaut.jpg"
DRAWN_SEEDS = 5
DRAWN_PICTURE = ROOT / "assets" / "samples.webp"
LENT_PICTURE = ROOT / "assets" / "reference.webp"
# and what they are colored like
LENT = (("historical-portrait-man.jpg", "portrait-grace-hopper.jpg"), ("street-church.jpg", "building-china.jpg"))
LENT_WEIGHT = 0.8


def pictures() -> list[Path]:
    """Color the README's photos with the shipped weights: each gray and in color, one photo under one click and
    another, two under a sentence.
    """
    from toolkit.photo.pictures import to_pil
    from toolkit.pipeline import Session
    from toolkit.text import compile_text

    panels = []
    for name in PICTURED:
        session = Session(EXAMPLES / name)
        panels += [to_pil(session.photo.gray()), session.colorize().to_pil()]
    beside(panels, PICTURE)
    clicked = Session(EXAMPLES / CLICKED).preview(2 * PICTURE_HEIGHT)
    beside([_under(clicked, CLICKS[:n]) for n in range(len(CLICKS) + 1)], CLICK_PICTURE)
    panels = []
    for name, sentence in SAID:
        session = Session(EXAMPLES / name)
        panels += [session.colorize().to_pil(), session.colorize(compile_text(sentence, session).guidance).to_pil()]
    beside(panels, SAID_PICTURE)
    answer, drawing = Session(EXAMPLES / DRAWN).colorize(), Session(EXAMPLES / DRAWN, drawing_model())
    beside([result.to_pil() for result in (answer, *drawing.samples(DRAWN_SEEDS))], DRAWN_PICTURE)
    return [PICTURE, CLICK_PICTURE, SAID_PICTURE, DRAWN_PICTURE]


def _under(session: "Session", clicks: Sequence[tuple[float, float, str]]) -> "Image.Image":
    """A photo under hints at (x, y) in 0..1, with a ring around each."""
    from PIL import ImageDraw

    from toolkit.guidance import Guidance, Hint

    width, height = session.photo.size
    hints = tuple(Hint(x * width, y * height, color, 9) for x, y, color in clicks)
    panel = session.colorize(Guidance(hints)).to_pil()
    pen = ImageDraw.Draw(panel)
    for hint in hints:
        pen.ellipse((hint.x - 11, hint.y - 11, hint.x + 11, hint.y + 11), hint.color, "white", 4)
    return panel


def reference_picture() -> Path:
    """Color examples like others: the reference, the automatic colors, and those that the reference lends."""
    from toolkit.controls.reference import Take, see_reference, take_colors
    from toolkit.photo import open_photo
    from toolkit.photo.pictures import to_pil
    from toolkit.pipeline import Session

    panels = []
    for name, other in LENT:
        reference, session = see_reference(open_photo(EXAMPLES / other)), Session(EXAMPLES / name)
        like = session.colorize(take_colors(session, [Take(reference)], weight=LENT_WEIGHT).guidance)
        panels += [to_pil(reference.photo.rgb), session.colorize().to_pil(), like.to_pil()]
    beside(panels, LENT_PICTURE)
    return LENT_PICTURE
