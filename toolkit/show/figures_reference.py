"""Figures about references: where each place took its color from, how far that was trusted, and palettes.

taken = take_colors(session, takes)
correspondences(session.photo, taken, takes).savefig("from-where.png")

`taken` is what `take_colors` returned for `takes`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import parse_color
from toolkit.color.palette import Swatch
from toolkit.controls.reference import Reference, Take, Taken
from toolkit.photo import Photo
from toolkit.show.figures import GAP, INK, SHEET, TITLE, Chart, Pixels, as_pixels, fitted, heat_overlay
from toolkit.show.figures_diffusion import small_sheet

TALL = 390  # px, height of the photos between which lines are drawn
FAINT = 0.12  # opacity of a line whose color was not trusted at all
MARKED = "#ffd54a"
WIDEST = 640  # px, of a picture that becomes a cell of a sheet


def correspondences(photo: Photo, taken: Taken, takes: Sequence[Take]) -> Figure:
    """The photo with its new points, each joined by a line to the place of the reference that its color comes from;
    fainter lines were trusted less.

    takes: those given to `take_colors`; their regions are outlined.
    """
    pictures = [as_pixels(photo.gray()), *(as_pixels(take.reference.photo) for take in takes)]
    figure, over, corners = _beside(pictures, ["points on the photo", *(take.reference.photo.name for take in takes)])

    def at(i: int, x: float, y: float) -> tuple[float, float]:
        left, top, scale = corners[i]
        return left + (x + 0.5) * scale, top + (y + 0.5) * scale

    starts = [at(0, hint.x, hint.y) for hint in taken.guidance.hints]
    ends = [at(1 + origin.take, origin.x, origin.y) for origin in taken.origins]
    colors = [parse_color(hint.color) for hint in taken.guidance.hints]
    faded = [(*color, max(FAINT, origin.trust)) for color, origin in zip(colors, taken.origins, strict=True)]
    over.add_collection(LineCollection(list(zip(starts, ends, strict=True)), colors=faded, linewidths=0.9))
    for places in (starts, ends):
        if places:
            x, y = zip(*places, strict=True)
            over.scatter(x, y, s=17, c=colors, edgecolors="white", linewidths=0.7, zorder=3)
    outlines = [(0, take.target) for take in takes] + [(1 + i, take.source) for i, take in enumerate(takes)]
    for i, lasso in outlines:
        if lasso:
            over.add_patch(Polygon([at(i, x, y) for x, y in lasso], fill=False, edgecolor=MARKED, linewidth=1.4))
    return figure


def asked_where(
    photo: Photo,
    taken: Taken,
    takes: Sequence[Take],
    places: Sequence[tuple[float, float]],
    cell: int = 190,
    *,
    trusted: bool = True,
) -> Figure:
    """For some places (x, y) of the photo, marked by a ring in the first row: where in each reference their color comes
    from.

    trusted: True shows sources with little trust as pale; False shows the strongest source of every place at full
    strength. Raises ValueError if no place is given.
    """
    if not places:
        raise ValueError("There is nothing to ask about; give at least one place (x, y) of the photo.")
    rows = [[_ringed(photo, place) for place in places]]
    answers = [taken.where_from(x, y) for x, y in places]
    if not trusted:
        most = [max(float(heat.max()) for heat in answer) for answer in answers]
        answers = [[heat / max(top, 1e-9) for heat in answer] for answer, top in zip(answers, most, strict=True)]
    for i, take in enumerate(takes):
        rows.append([source_overlay(take.reference, answer[i]) for answer in answers])
    return small_sheet([picture for row in rows for picture in row], columns=len(places), cell=cell)


def source_overlay(reference: Reference, heat: Tensor) -> Tensor:
    """A plane (gh, gw) in [0, 1] over a reference, such as one of `Taken.where_from`, drawn on its photo: uint8 (3, H,
    W).
    """
    x, y = (2 * (reference.centers[0] + 0.5)).tolist()  # twice from the corner to the middle of the first place
    return _laid_over(reference.photo, heat, (x, y))


def trust_overlay(photo: Photo, taken: Taken) -> Tensor:
    """How much of its color each place of the photo takes from the references, drawn on the photo: uint8 (3, H, W)."""
    return _laid_over(photo, taken.trust, taken.cell)


def palette_picture(colors: Sequence[Swatch | str], width: int = 320, height: int = 40) -> Tensor:
    """A palette as a band, uint8 (3, height, width): the width of a swatch is its share; colors given as text all get
    the same width. Raises ValueError.
    """
    if not colors:
        raise ValueError("There are no colors to show; give at least one.")
    shares = torch.tensor([c.share if isinstance(c, Swatch) else 1.0 for c in colors]).cumsum(0)
    ends = (shares / shares[-1] * width).round().long().tolist()
    band = torch.empty(3, height, width, dtype=torch.uint8)
    for color, start, end in zip(colors, [0, *ends], ends, strict=False):
        rgb = torch.tensor(parse_color(color.color if isinstance(color, Swatch) else color))
        band[:, :, start:end] = (rgb * 255).round().byte().view(3, 1, 1)
    return band


def _beside(pictures: Sequence[Pixels], titles: Sequence[str]) -> tuple[Chart, Axes, list[tuple[float, float, float]]]:
    """Pictures of one height in a row, axes in pixels over all of them, and of each picture its left, its top and how
    much it was enlarged.
    """
    aspects = [picture.shape[1] / picture.shape[0] for picture in pictures]
    height = min(TALL, int((SHEET - GAP * (len(pictures) + 1)) / sum(aspects)))
    widths = [round(height * aspect) for aspect in aspects]
    lefts = [GAP + sum(widths[:i]) + GAP * i for i in range(len(widths))]
    top = GAP + TITLE
    figure = Chart(lefts[-1] + widths[-1] + GAP, top + height + GAP)
    for picture, left, width in zip(pictures, lefts, widths, strict=True):
        axes = figure.place(left, top, width, height)
        axes.imshow(fitted(picture, max(width, height)), aspect="auto")
        axes.set_axis_off()
    over = figure.place(0, 0, *figure.pixels)
    over.set(xlim=(0, figure.pixels[0]), ylim=(figure.pixels[1], 0))
    over.set_axis_off()
    for left, width, title in zip(lefts, widths, titles, strict=True):
        over.text(left + width / 2, top - GAP, title, ha="center", fontsize=9, color=INK, parse_math=False)
    return figure, over, [(left, top, height / picture.shape[0]) for left, picture in zip(lefts, pictures, strict=True)]


def _laid_over(photo: Photo, plane: Tensor, cell: tuple[float, float]) -> Tensor:
    """A plane (gh, gw) whose places are `cell` pixels wide and high; it may reach beyond the photo."""
    scale = min(1.0, WIDEST / photo.width)
    rows, columns = plane.shape
    whole = max(1, round(rows * cell[1] * scale)), max(1, round(columns * cell[0] * scale))
    fine = F.interpolate(plane[None, None].float(), whole, mode="bilinear", align_corners=False)
    return heat_overlay(photo, fine[..., : round(photo.height * scale), : round(photo.width * scale)])


def _ringed(photo: Photo, place: tuple[float, float]) -> Tensor:
    pixels = fitted(as_pixels(photo), min(WIDEST, photo.width))
    image, scale = Image.fromarray(pixels), pixels.shape[1] / photo.width
    x, y, r = (place[0] + 0.5) * scale, (place[1] + 0.5) * scale, pixels.shape[1] / 22
    draw = ImageDraw.Draw(image)
    for reach, color, width in ((r + 3, "black", 12), (r, "white", 6)):
        draw.ellipse(
            (x - reach, y - reach, x + reach, y + reach), outline=color, width=max(2, width * pixels.shape[1] // WIDEST)
        )
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)
