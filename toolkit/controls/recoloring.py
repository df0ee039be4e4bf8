"""One thing of a color photo in another color: a drawn region to colored points.

    session = Session(open_photo("jacket.jpg"))
    session.recolor(dye_region(session, ((120, 80), (300, 80), (300, 400), (120, 400)), "teal")).save("jacket-teal.png")

Light and shade of the region stay.
"""

from __future__ import annotations

import numpy as np

from toolkit.color.dyes import at_lightness, hex_of, surface
from toolkit.controls import fields
from toolkit.guidance import Guidance, GuidanceError, Hint, Lasso
from toolkit.photo.places import middle_pixel
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

HINT_SIZE = 1  # px: a point stands for a place, and its color is nobody's wish to the pixel


def dye_region(session: Session, region: Lasso, color: str) -> Guidance:
    """Hints that dye a region like cloth: dark folds get less of the color, bright places more. The region is the lasso
    of each hint.

    region: corners (x, y) in pixels of the photo. color: anything parse_color reads, as it looks at the region's mean
    lightness; if that is far from the color's own lightness, the hue stays and the chroma is adapted. Raises
    GuidanceError for a line that encloses nothing, ValueError for an invalid color.
    """
    if not region:
        raise GuidanceError("There is no region yet; draw around the thing that shall change.")
    size = session.photo.size
    middle = np.mean(region, 0)
    alone = Guidance((Hint(middle[0], middle[1], color, HINT_SIZE, region),)).checked(size)
    region = alone.hints[0].lasso
    grid = (session.seen_size()[0] // 2, session.seen_size()[1] // 2)
    planes = alone.regions(size, grid)
    assert planes is not None
    inside = planes[0].numpy() > min(0.5, float(planes.max()) / 2)
    light = shrink(session.photo, grid, averaged=True).lightness()[0, 0].numpy()
    mean_L = float(light[inside].mean())
    dye = surface(at_lightness(color, mean_L, exact=True), mean_L)
    cells = np.array(fields.spots(inside, light))
    L = light[tuple(cells.T)]
    hints = []
    for cell, own, ab in zip(cells.tolist(), L.tolist(), dye(cells, L), strict=True):
        x, y = middle_pixel((cell[0], cell[1]), grid, size)
        hints.append(Hint(x, y, hex_of(own, ab), HINT_SIZE, region))
    return Guidance(tuple(hints))
