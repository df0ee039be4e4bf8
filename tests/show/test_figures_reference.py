"""What the figures about references show: dots where the points are, heat where the color came from, bands as wide as
their shares.
"""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Polygon
from PIL import Image

from toolkit.color.palette import Swatch
from toolkit.controls.reference import Origin, Reference, Take, Taken
from toolkit.guidance import Guidance, Hint
from toolkit.models.matcher import Matcher, Places
from toolkit.photo import Photo
from toolkit.show.figures_reference import asked_where, correspondences, palette_picture, source_overlay, trust_overlay

ROWS, COLUMNS = 4, 6  # the grid of both photos, of 16 px each
RED, GREEN = "#c03020", "#208040"


def photo(name, width=16 * COLUMNS):
    return Photo(torch.full((3, 16 * ROWS, width), 128, dtype=torch.uint8), name, "color")


def reference(name, width=16 * COLUMNS):
    y, x = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    xy = torch.stack([x, y], -1).flatten(0, 1).float()
    places = Places(torch.zeros(len(xy), 1), torch.zeros(len(xy), 2), torch.zeros(len(xy)), xy)
    return Reference(photo(name, width), places, (ROWS, COLUMNS), (xy + 0.5) * 16 - 0.5, Matcher())


def taken(takes, origins):
    """Every place of the photo took its color from the second place of the last reference."""
    P = ROWS * COLUMNS
    share = torch.zeros(P, P * len(takes))
    share[:, P * (len(takes) - 1) + 1] = 1
    hints = tuple(Hint(20 + 30 * i, 40, color) for i, color in zip(range(len(origins)), (RED, GREEN), strict=False))
    trust = torch.zeros(ROWS, COLUMNS)
    trust[:, :3] = 1
    return Taken(Guidance(hints), origins, trust, (), share, ((ROWS, COLUMNS),) * len(takes), (16.0, 16.0))


def render(figure):
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return np.asarray(Image.open(target).convert("RGB")).astype(int)


def found(figure, kind):
    return [artist for axes in figure.axes for artist in axes.get_children() if isinstance(artist, kind)]


def is_warm(pixels):
    return (pixels[..., 0] > pixels[..., 1] + 40).any(axis=(0, 1))


def test_each_point_is_tied_to_the_place_it_took_its_color_from():
    takes = [Take(reference("first")), Take(reference("second"))]
    figure = correspondences(photo("target"), taken(takes, (Origin(0, 50, 10, 0.9), Origin(1, 50, 10, 0.0))), takes)
    (lines,) = found(figure, LineCollection)
    first, second = lines.get_segments()
    assert first[0][0] < second[0][0], "points of the photo from left to right, as the hints lie"
    assert first[0][1] == pytest.approx(second[0][1])
    assert first[1][0] < second[1][0], "the second reference stands beside the first"
    assert first[1][1] == pytest.approx(second[1][1])
    assert first[1][1] < first[0][1], "the origin lies higher than the point"
    strong, weak = lines.get_color()[:, 3]
    assert strong > 3 * weak > 0
    starts, ends = found(figure, PathCollection)
    np.testing.assert_allclose(starts.get_offsets(), [first[0], second[0]])
    np.testing.assert_allclose(ends.get_offsets(), [first[1], second[1]])


def test_dots_lie_on_the_pixels_they_are_about():
    """A white spot on the reference, and an origin there: the dot covers it."""
    other = reference("spot")
    other.photo.rgb[:, 40:48, 64:72] = 255
    takes = [Take(other)]
    one = taken(takes, (Origin(0, 67.5, 43.5, 1.0),))
    (lines,) = found(correspondences(photo("target"), one, takes), LineCollection)
    x, y = lines.get_segments()[0][1].round().astype(int)
    bare = render(correspondences(photo("target"), replace(one, guidance=Guidance(), origins=()), takes))
    assert (bare[y - 8 : y + 9, x - 8 : x + 9] > 240).all()


def test_regions_are_outlined_on_their_photos():
    square = ((0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (0.0, 30.0))
    takes = [Take(reference("first"), source=square), Take(reference("second"), target=square)]
    outlines = found(correspondences(photo("target"), taken(takes, ()), takes), Polygon)
    lefts = sorted(outline.get_xy()[:, 0].min() for outline in outlines)
    assert len(lefts) == 2
    assert lefts[0] < 20 < lefts[1], "on the photo itself, and on the first reference"


def test_heat_lies_where_the_color_came_from():
    takes = [Take(reference("first")), Take(reference("second"))]
    shown = taken(takes, ())
    pictures = [source_overlay(take.reference, heat) for take, heat in zip(takes, shown.where_from(8, 8), strict=True)]
    untouched, answer = (picture.permute(1, 2, 0).int() for picture in pictures)
    assert not is_warm(untouched)
    assert is_warm(answer[:16, 16:32])
    assert not is_warm(answer[32:])
    assert not is_warm(answer[:, 56:])


def test_heat_is_not_squeezed_into_a_photo_that_its_grid_reaches_beyond():
    narrow = reference("narrow", width=16 * COLUMNS - 14)
    heat = torch.zeros(ROWS, COLUMNS)
    heat[:, -1] = 1  # the last column, of which two pixels lie on the photo
    drawn = source_overlay(narrow, heat).permute(1, 2, 0).int()
    assert drawn.shape[:2] == (16 * ROWS, 16 * COLUMNS - 14)
    assert not is_warm(drawn[:, :-12])


def test_trust_lies_on_the_half_that_has_it():
    drawn = trust_overlay(photo("target"), taken([Take(reference("first"))], ())).permute(1, 2, 0).int()
    assert is_warm(drawn[:, :40])
    assert not is_warm(drawn[:, 60:])


def test_asking_shows_every_place_above_every_reference():
    takes = [Take(reference("first")), Take(reference("second"))]
    shown = taken(takes, ())
    pixels = render(asked_where(photo("target"), shown, takes, [(8, 8), (90, 50)], cell=96))
    third = len(pixels) // 3
    left, right = pixels[2 * third :, : pixels.shape[1] // 2], pixels[2 * third :, pixels.shape[1] // 2 :]
    assert is_warm(left)
    assert not is_warm(right), "nothing was taken there"
    assert (pixels[:third] < 10).any(), "a ring"
    with pytest.raises(ValueError, match="at least one place"):
        asked_where(photo("target"), shown, takes, [])


def test_what_was_hardly_believed_is_pale_unless_asked_for():
    takes = [Take(reference("first"))]
    shown = replace(taken(takes, ()), trust=torch.full((ROWS, COLUMNS), 0.05))
    pale, full = (
        render(asked_where(photo("target"), shown, takes, [(8, 8)], cell=96, trusted=trusted))
        for trusted in (True, False)
    )
    assert not is_warm(pale)
    assert is_warm(full[len(full) // 2 :])


def test_a_palette_is_as_wide_as_its_shares():
    band = palette_picture([Swatch(RED, 0.75, "red"), Swatch(GREEN, 0.25, "green")], width=80, height=4)
    assert band.shape == (3, 4, 80)
    assert (band[:, :, :60] == torch.tensor([0xC0, 0x30, 0x20]).view(3, 1, 1)).all()
    assert (band[:, :, 60:] == torch.tensor([0x20, 0x80, 0x40]).view(3, 1, 1)).all()
    alike = palette_picture(["black", "white"], width=10)
    assert (alike[:, :, :5] == 0).all()
    assert (alike[:, :, 5:] == 255).all()
    with pytest.raises(ValueError, match="no colors"):
        palette_picture([])
