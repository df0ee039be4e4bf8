"""Places go there and back through every way of counting them."""

import numpy as np
import pytest
import torch

from toolkit.guidance import Guidance, Hint
from toolkit.photo import Photo, places
from toolkit.pipeline import Frame

SIZES = [(640, 480), (37, 211), (1, 1), (2000, 3)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixel", [(0.0, 0.0), (0.25, 0.75)])
def test_there_and_back(size, pixel):
    width, height = size
    for other in SIZES:
        there = places.rescaled(pixel, size, other)
        assert places.rescaled(there, other, size) == pytest.approx(pixel, abs=1e-9)
        assert places.to_share(there, other) == pytest.approx(places.to_share(pixel, size), abs=1e-12), (
            "the same place of the picture"
        )
    assert places.from_share(places.to_share(pixel, size), size) == pytest.approx(pixel, abs=1e-9)
    frame = Frame.fit(height, width, 64)
    small = frame.to_small(torch.tensor([pixel], dtype=torch.float64))
    assert places.rescaled(small, (frame.w, frame.h), size)[0].tolist() == pytest.approx(pixel, abs=1e-9)


@pytest.mark.parametrize("size", [(640, 480), (37, 211)])
@pytest.mark.parametrize("grid", [(1, 1), (3, 5), (37, 41)])
def test_each_cell_is_found_by_its_middle(size, grid):
    shares = places.cell_shares(*grid)
    for row in range(grid[0]):
        for column in range(grid[1]):
            middle = places.from_cell((row, column), grid, size)
            assert places.to_cell(middle, size, grid) == (row, column)
            assert places.to_share(middle, size) == pytest.approx(shares[row, column].tolist(), abs=1e-6)


def test_a_whole_pixel_lies_in_its_cell():
    size, grid = (640, 480), (30, 40)
    assert places.middle_pixel((0, 0), grid, size) == (8, 8), "a cell of 16 pixels: the middle lies between two of them"
    assert all(
        places.to_cell(places.middle_pixel((r, c), grid, size), size, grid) == (r, c)
        for r in range(30)
        for c in range(40)
    )


def test_the_edges_are_half_a_pixel_beyond_the_centers():
    assert places.to_share((-0.5, 479.5), (640, 480)) == (0.0, 1.0)
    assert places.to_cell((-3.0, 1000.0), (640, 480), (3, 3)) == (2, 0), "beside the picture: the nearest cell"


def test_tensors_arrays_and_pairs_give_the_same():
    pair = places.rescaled((3.0, 5.0), (10, 20), (35, 7))
    assert places.rescaled(np.array([[3.0, 5.0]]), (10, 20), (35, 7))[0].tolist() == list(pair)
    assert places.rescaled(torch.tensor([[3.0, 5.0]], dtype=torch.float64), (10, 20), (35, 7))[0].tolist() == list(pair)


@pytest.mark.parametrize("copy", [(320, 240), (1280, 960), (211, 158)])
def test_hints_come_back_from_the_canvas_and_from_copies(copy):
    size = (640, 480)
    lasso = ((10.0, 20.0), (300.5, 40.25), (200.0, 400.0))
    guidance = Guidance((Hint(100.25, 50.5, "#3a6ea5", 9, lasso),)).checked(size)
    again = Guidance.from_canvas({"hints": guidance.to_canvas(size)}, size)
    far = guidance.scaled(size, copy).scaled(copy, size)
    for there in (again, far):
        (hint,) = there.hints
        assert (hint.x, hint.y) == pytest.approx((100.25, 50.5), abs=1e-9)
        assert np.array(hint.lasso) == pytest.approx(np.array(lasso), abs=1e-9)
        assert there.checked(size) is there, "what was checked is not checked again"


def test_a_hint_at_the_border_stays_inside_a_smaller_copy():
    small = Guidance((Hint(0, 479, "red"),)).checked((640, 480)).scaled((640, 480), (64, 48))
    assert (small.hints[0].x, small.hints[0].y) == (0, 47)


def test_guidance_checked_for_one_size_is_checked_again_for_another():
    guidance = Guidance((Hint(600, 400, "red"),)).checked((640, 480))
    assert guidance.checked((100, 80)).hints[0] == Hint(99, 79, "#ff0000")
    both = guidance + Guidance((Hint(5000, 5000, "blue"),))
    assert both.checked((640, 480)).hints[1] == Hint(639, 479, "#0000ff"), "half checked is not checked"


def test_a_gray_photo_is_what_its_lightness_says():
    photo = Photo.from_array(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    gray = Photo(photo.gray(), "gray", "gray")
    assert gray.tone == "gray"
    torch.testing.assert_close(gray.lightness(), photo.lightness(), atol=0.3, rtol=0)
    middle = Photo.from_array(np.full((2, 2, 3), 119, np.uint8))
    assert middle.lightness().mean().item() == pytest.approx(50, abs=0.1), "L = 50 is sRGB 119, not 128"
    assert (middle.gray() == 119).all()
