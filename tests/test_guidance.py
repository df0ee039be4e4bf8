import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from toolkit.color import rgb_to_lab
from toolkit.guidance import MAX_CORNERS, MAX_HINTS, MAX_SIZE, Guidance, GuidanceError, Hint
from toolkit.photo.polygons import STROKE_POINTS

SIZE = (40, 30)  # width, height
TRIANGLE = ((0, 0), (20, 0), (0, 20))
EXAMPLE = '{"version": 1, "hints": [{"x": 12, "y": 8, "size": 7, "color": "#3a6ea5"}]}'


def strokes(*boxes, size=SIZE):
    """uint8 (4, H, W): opaque boxes (left, top, right, bottom, rgb) on transparent white."""
    picture = torch.full((4, size[1], size[0]), 255, dtype=torch.uint8)
    picture[3] = 0
    for left, top, right, bottom, rgb in boxes:
        picture[:, top:bottom, left:right] = torch.tensor([*rgb, 255], dtype=torch.uint8).view(4, 1, 1)
    return picture


def ab_of(r, g, b):
    return rgb_to_lab(torch.tensor([r, g, b]).view(3, 1, 1) / 255).flatten()[1:]


def test_a_hint_has_the_ab_of_its_color_and_no_lightness():
    # sRGB red in CIE Lab, D65: 53.24, 80.09, 67.20 (Lindbloom's calculator)
    assert Hint(0, 0, "red").ab == pytest.approx((80.09, 67.20), abs=0.1)
    assert Hint(0, 0, "black").ab == pytest.approx((0, 0), abs=0.01)
    assert Hint(0, 0, "white").ab == pytest.approx((0, 0), abs=0.01)


@pytest.mark.parametrize("size, box", [(1, (5, 6, 6, 7)), (2, (5, 6, 7, 8)), (7, (2, 3, 9, 10)), (8, (2, 3, 10, 11))])
def test_a_hint_covers_size_pixels_around_its_own(size, box):
    assert Hint(5, 6, "red", size).box() == box


def test_hint_file_there_and_back(tmp_path):
    guidance = Guidance(
        (Hint(12, 8, "#3a6ea5"), Hint(0, 29, "#ffffff", 3), Hint(5.5, 6, "#00ff00", 7, ((1.25, 2), (30, 2), (8, 29))))
    )
    assert Guidance.load(guidance.save(tmp_path / "hints.json"), SIZE) == guidance
    written = json.loads((tmp_path / "hints.json").read_text())
    assert written["hints"][0] == {"x": 12, "y": 8, "size": 7, "color": "#3a6ea5"}
    assert written["hints"][2]["lasso"] == [[1.25, 2], [30, 2], [8, 29]]
    assert Guidance.from_json(Guidance().to_json()) == Guidance()


def test_numbers_of_numpy_can_be_saved(tmp_path):
    x, y = np.float32(3.5), np.int64(4)
    guidance = Guidance((Hint(x, y, "#ff0000", np.int32(5), ((x, x), (y, x), (x, y))),)).checked(SIZE)
    assert Guidance.load(guidance.save(tmp_path / "hints.json"), SIZE) == guidance


def test_hint_file_of_the_documentation():
    assert Guidance.from_json(EXAMPLE) == Guidance((Hint(12, 8, "#3a6ea5", 7),))


def test_size_and_version_may_be_left_out_and_colors_be_names(tmp_path):
    file = tmp_path / "hints.json"
    # with the mark that Windows editors put in front
    file.write_bytes('\ufeff{"hints": [{"x": 1.5, "y": 2, "color": "navy"}]}'.encode())
    assert Guidance.load(file, SIZE) == Guidance((Hint(1.5, 2, "#000080", 7),))


def test_mask_there_and_back(tmp_path):
    painted = strokes((3, 4, 10, 12, (200, 30, 40)))
    loaded = Guidance.load(Guidance(strokes=painted).save(tmp_path / "mask.png"), SIZE)
    assert torch.equal(loaded.strokes, painted)
    assert not loaded.hints


def with_lasso(text):
    return f'{{"hints": [{{"x": 1, "y": 1, "color": "red", "lasso": {text}}}]}}'


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"hints": [{"x": ' + "9" * 5000 + ', "y": 1, "color": "red"}]}', "not JSON"),
        ("[]", "no list of hints"),
        ('{"version": 1}', "no list of hints"),
        ('{"hints": {}}', "no list of hints"),
        ('{"version": 2, "hints": []}', "version 2"),
        ('{"version": ' + "[" * 500 + "]" * 500 + ', "hints": []}', "version list"),
        ('{"version": "' + "9" * 5000 + '", "hints": []}', "version '9"),
        ('{"hints": [7]}', "Hint 1"),
        ('{"hints": [{"x": 1, "y": 1, "color": "red"}, {"y": 1, "color": "red"}]}', "Hint 2 .* 'x'"),
        ('{"hints": [{"x": "1", "y": 1, "color": "red"}]}', "'x'"),
        ('{"hints": [{"x": true, "y": 1, "color": "red"}]}', "'x'"),
        ('{"hints": [{"x": NaN, "y": 1, "color": "red"}]}', "'x'"),
        ('{"hints": [{"x": 1, "y": 1e999, "color": "red"}]}', "'y'"),
        ('{"hints": [{"x": ' + "9" * 400 + ', "y": 1, "color": "red"}]}', "'x'"),
        ('{"hints": [{"x": 1, "y": 1, "size": null, "color": "red"}]}', "'size'"),
        ('{"hints": [{"x": 1, "y": 1}]}', "no color"),
        ('{"hints": [{"x": 1, "y": 1, "color": 5}]}', "no color"),
        ('{"hints": [{"x": 1, "y": 1, "color": "ultragreenish"}]}', "ultragreenish"),
        ('{"hints": [{"x": 1, "y": 1, "color": "' + "red" * 5000 + '"}]}', "not a color"),
        (with_lasso('"round"'), "lasso"),
        (with_lasso("null"), "lasso"),
        (with_lasso("7"), "lasso"),
        (with_lasso("[[], [], []]"), "lasso"),
        (with_lasso("[" * 500 + "]" * 500), "lasso"),
        (with_lasso('{"x": 1}'), "lasso"),
        (with_lasso("[1, 2, 3, 4]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5]]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5, 6, 7]]"), "lasso"),
        (with_lasso('[[1, 2], [3, 4], [5, "6"]]'), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5, true]]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5, NaN]]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5, -Infinity]]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4], [5, " + "9" * 400 + "]]"), "lasso"),
        (with_lasso("[[1, 2], [3, 4]]"), "2 corners"),
        ('{"hints": [' + ", ".join(['{"x": 1, "y": 1, "color": "red"}'] * 10_000) + "]}", "10,000 hints"),
    ],
)
def test_a_bad_hint_file_is_one_sentence(tmp_path, text, says):
    file = tmp_path / "hints.json"
    file.write_text(text)
    with pytest.raises(GuidanceError, match=says) as error:
        Guidance.load(file, SIZE)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_files_that_cannot_be_read_are_one_sentence(tmp_path):
    (tmp_path / "photo.json").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "windows.json").write_text(EXAMPLE, encoding="utf-16")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("RGBA", SIZE).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:60])
    Image.new("RGB", SIZE).save(tmp_path / "opaque.png")
    Image.new("RGBA", (9, 9)).save(tmp_path / "small.png")
    for name, says in {
        "photo.json": "not text in UTF-8",
        "windows.json": "saved in UTF-8",
        "text.png": "cannot be read",
        "empty.png": "cannot be read",
        "cut.png": "cut.png",
        "opaque.png": "no transparency",
        "small.png": "9 x 9 but the photo is 40 x 30",
        "none.json": "No such file",
        "none.png": "No such file",
    }.items():
        with pytest.raises(GuidanceError, match=says):
            Guidance.load(tmp_path / name, SIZE)


def test_checked_moves_places_to_the_border_and_limits_sizes():
    wild = Guidance((Hint(-5, 1e8, "RED", 0), Hint(39.4, 3, "red", 10**9)))
    assert wild.checked(SIZE).hints == (Hint(0, 29, "#ff0000", 1), Hint(39, 3, "#ff0000", MAX_SIZE))


@pytest.mark.parametrize(
    "hint",
    [
        Hint(math.nan, 0, "red"),
        Hint(0, math.inf, "red"),
        Hint(0, 0, "red", math.nan),
        Hint(0, 0, "nocolor"),
        Hint("1", 0, "red"),
        Hint(None, 10**5000, "red"),
        Hint(0, 0, None),
        Hint(0, 0, (1, 0, 0)),
        Hint(0, 0, "red", 7, ((1, 1),)),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2))),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2), (3, math.nan))),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2), (math.inf, 3))),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2), ("3", 3))),
        Hint(0, 0, "red", 7, (1, 2, 3)),
        Hint(0, 0, "red", 7, "lasso"),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2), (True, 3))),
        Hint(0, 0, "red", 7, ((1, 1), (2, 2), (3, 10**5000))),
        Hint(0, 0, "red", 7, None),
    ],
)
def test_checked_refuses_what_is_no_hint(hint):
    with pytest.raises(GuidanceError) as error:
        Guidance((hint,)).checked(SIZE)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


def test_numbers_of_any_length_are_moved_to_the_border():
    wild = Guidance((Hint(10**5000, -(10**5000), "red", 10**5000),))
    assert wild.checked(SIZE).hints == (Hint(39, 0, "#ff0000", MAX_SIZE),)


def test_corners_outside_are_moved_to_the_edge_of_the_photo():
    wild = Guidance((Hint(5, 5, "red", 7, ((-100, -100), (1e6, 3), (1e6, 1e6), (3, 10**300))),))
    assert wild.checked(SIZE).hints[0].lasso == ((-0.5, -0.5), (39.5, 3), (39.5, 29.5), (3, 29.5))


def test_a_lasso_of_very_many_corners_is_thinned_and_stays_the_same_region():
    angles = torch.linspace(0, 2 * math.pi, 7000)[:-1]
    circle = tuple(zip((20 + 10 * angles.cos()).tolist(), (15 + 10 * angles.sin()).tolist(), strict=True))
    guidance = Guidance((Hint(20, 15, "red", 7, circle),))
    thinned = guidance.checked(SIZE)
    assert len(thinned.hints[0].lasso) == MAX_CORNERS
    torch.testing.assert_close(thinned.regions(SIZE, (30, 40)), guidance.regions(SIZE, (30, 40)), atol=0.13, rtol=0)


def test_checked_refuses_more_hints_than_anyone_clicks():
    hints = (Hint(1, 1, "red"),) * MAX_HINTS
    assert len(Guidance(hints).checked(SIZE)) == MAX_HINTS
    with pytest.raises(GuidanceError, match=r"2,001"):
        Guidance((*hints, Hint(1, 1, "red"))).checked(SIZE)


def test_sum_keeps_all_hints_and_lays_the_second_mask_on_top():
    below = Guidance((Hint(1, 1, "red"),), strokes((0, 0, 10, 10, (255, 0, 0))))
    above = Guidance((Hint(2, 2, "blue"),), strokes((5, 0, 15, 10, (0, 0, 255))))
    both = below + above
    assert both.hints == below.hints + above.hints
    assert torch.equal(both.strokes, strokes((0, 0, 5, 10, (255, 0, 0)), (5, 0, 15, 10, (0, 0, 255))))
    assert (below + Guidance()).strokes is below.strokes
    assert (Guidance() + below).strokes is below.strokes
    assert len(Guidance()) == 0
    assert len(both) == 3
    with pytest.raises(GuidanceError, match="different sizes"):
        below + Guidance(strokes=strokes(size=(9, 9)))


def test_points_are_the_hints_then_the_paint():
    points = Guidance((Hint(3, 4, "red", 5),), strokes((16, 16, 24, 24, (0, 0, 255)))).points()
    assert points.xy.tolist() == [[3, 4], [19.5, 19.5]]  # one cell of 8 x 8 is painted: its centre
    torch.testing.assert_close(points.ab, torch.stack([ab_of(255, 0, 0), ab_of(0, 0, 255)]))
    assert len(points) == 2


def test_no_guidance_has_no_points():
    for guidance in (Guidance(), Guidance(strokes=strokes())):
        assert guidance.points().xy.shape == (0, 2)
        assert guidance.points().ab.shape == (0, 2)


def test_a_mask_painted_all_over_becomes_a_bounded_number_of_points_that_cover_it():
    size = (500, 400)
    points = Guidance(strokes=strokes((0, 0, *size, (10, 200, 10)), size=size)).points()
    assert 50 < len(points) <= STROKE_POINTS
    assert points.xy.min() < 50
    assert points.xy[:, 0].max() > 450
    torch.testing.assert_close(points.ab, ab_of(10, 200, 10).expand(len(points), 2), atol=0.01, rtol=0)


def test_stamp_writes_every_hinted_pixel_and_no_other():
    guidance = Guidance((Hint(10, 10, "red", 5), Hint(12, 10, "blue", 3)), strokes((0, 0, 11, 11, (0, 255, 0))))
    before = torch.full((1, 2, 30, 40), 7.0)
    after = guidance.stamp(before)
    torch.testing.assert_close(after[0, :, 9, 9], ab_of(255, 0, 0))  # hints win over paint
    torch.testing.assert_close(after[0, :, 10, 12], ab_of(0, 0, 255))  # later hints over earlier ones
    torch.testing.assert_close(after[0, :, 2, 2], ab_of(0, 255, 0))
    touched = (after != 7).any(1)[0]
    expected = torch.zeros(30, 40, dtype=torch.bool)
    expected[:11, :11] = True
    expected[8:13, 8:13] = True
    expected[9:12, 11:14] = True
    assert torch.equal(touched, expected)
    assert bool((before == 7).all())


@pytest.mark.parametrize("hint", [Hint(0, 0, "red", 9), Hint(39, 29, "red", 9), Hint(20, 29, "red", 512)])
def test_stamp_of_strips_is_the_stamp_of_the_whole(hint):
    guidance = Guidance((hint,), strokes((5, 2, 30, 28, (9, 99, 199))))
    ab = torch.zeros(1, 2, 30, 40)
    strips = [guidance.stamp(ab[:, :, top : top + 7], top) for top in range(0, 30, 7)]
    assert torch.equal(torch.cat(strips, 2), guidance.stamp(ab))


def test_paint_that_is_nearly_transparent_is_no_paint():
    faint = strokes((0, 0, 40, 30, (255, 0, 0)))
    faint[3] = 100
    guidance = Guidance(strokes=faint)
    assert len(guidance.points()) == 0
    assert not guidance.stamp(torch.zeros(1, 2, 30, 40)).any()


def test_strokes_do_not_fit_into_json_and_hints_not_into_png(tmp_path):
    assert json.loads(Guidance(strokes=strokes()).to_json())["hints"] == []
    with pytest.raises(GuidanceError, match="no strokes"):
        Guidance((Hint(1, 1, "red"),)).save(tmp_path / "mask.png")


def test_no_lasso_no_regions():
    assert Guidance().regions(SIZE, (6, 8)) is None
    assert Guidance((Hint(1, 1, "red"),), strokes((0, 0, 9, 9, (255, 0, 0)))).regions(SIZE, (6, 8)) is None


def test_regions_are_one_plane_for_each_point_in_their_order():
    guidance = Guidance(
        (Hint(1, 1, "red"), Hint(2, 2, "blue", 7, TRIANGLE), Hint(3, 3, "red")), strokes((0, 0, 40, 8, (255, 0, 0)))
    )
    regions = guidance.regions(SIZE, (6, 8))
    assert regions.shape == (len(guidance.points()), 6, 8)
    assert regions.dtype == torch.float32
    assert bool((regions[[0, 2, 3, 4, 5, 6, 7]] == 1).all())
    assert 0 < float(regions[1].mean()) < 0.5


def region_of(lasso, grid, size=SIZE, at=(1, 1)):
    return Guidance((Hint(*at, "red", 7, lasso),)).checked(size).regions(size, grid)[0]


def test_a_region_is_the_share_of_each_cell_inside():
    # 40 x 30 pixels on 4 x 3 cells of 10 x 10: pixels 5..24 by 10..19, outer edges at 4.5 and 24.5, 9.5 and 19.5
    box = ((4.5, 9.5), (24.5, 9.5), (24.5, 19.5), (4.5, 19.5))
    torch.testing.assert_close(region_of(box, (3, 4)), torch.tensor([[0, 0, 0, 0], [0.5, 1, 0.5, 0], [0, 0, 0, 0]]))
    torch.testing.assert_close(region_of(box[::-1], (3, 4)), region_of(box, (3, 4)))  # drawn the other way round


def test_the_area_of_a_region_is_that_of_the_polygon():
    angles = torch.linspace(0, 2 * math.pi, 200)[:-1]
    circle = tuple(zip((250 + 100 * angles.cos()).tolist(), (200 + 100 * angles.sin()).tolist(), strict=True))
    region = region_of(circle, (56, 70), (500, 400))
    assert float(region.sum()) / region.numel() * 500 * 400 == pytest.approx(math.pi * 100**2, rel=0.01)


def test_a_lasso_around_the_whole_photo_is_no_limit():
    assert bool((region_of(((-9, -9), (99, -9), (99, 99), (-9, 99)), (7, 11)) == 1).all())


def test_a_line_that_runs_past_its_own_start_leaves_no_hole():
    once = ((5, 5), (30, 5), (30, 25), (5, 25))
    assert torch.equal(region_of(once + once[:2], (15, 20)), region_of(once, (15, 20)))
    assert torch.equal(region_of(once + once, (15, 20)), region_of(once, (15, 20)))


@pytest.mark.parametrize(
    "lasso", [((12, 12),) * 3, ((12, 12), (12.01, 12), (12, 12.01)), ((11, 12), (13, 12), (12, 12))]
)
def test_a_lasso_too_small_to_show_leaves_the_cell_of_its_hint(lasso):
    region = region_of(lasso, (3, 4), at=(12, 12))
    assert region.nonzero().tolist() == [[1, 1]]
    assert float(region.sum()) == 1


def test_a_lasso_much_smaller_than_a_cell_still_shows():
    region = region_of(((10, 10), (13, 10), (13, 13), (10, 13)), (3, 4), at=(11, 11))
    assert region.nonzero().tolist() == [[1, 1]]
    assert 0.02 < float(region.sum()) < 0.2


def test_a_hint_outside_its_own_lasso_spreads_inside_it():
    assert torch.equal(region_of(TRIANGLE, (6, 8), at=(39, 29)), region_of(TRIANGLE, (6, 8)))


@pytest.mark.parametrize(
    "size, grid", [((1, 1), (1, 1)), ((3000, 2), (1, 300)), ((2, 3000), (300, 1)), ((40, 30), (60, 80))]
)
def test_regions_of_photos_of_any_shape(size, grid):
    region = region_of(((-1, -1), (size[0], -1), (size[0], size[1]), (-1, size[1])), grid, size)
    assert bool((region == 1).all())


def test_hints_of_the_canvas_there_and_back():
    value = {
        "hints": [{"x": 0.0125, "y": 0.95, "color": "#3a6ea5", "size": 9, "lasso": [[0, 0], [1, 0], [1, 1]]}],
        "selected": 0,
        "revision": 3,
    }
    guidance = Guidance.from_canvas(value, SIZE)
    assert guidance.hints[0].lasso == ((-0.5, -0.5), (39.5, -0.5), (39.5, 29.5))  # edge to edge
    assert guidance.hints[0].box() == (-4, 24, 5, 33)  # nine pixels around the middle of pixel (0, 28)
    (back,) = guidance.to_canvas(SIZE)
    assert back["x"] == pytest.approx(0.0125)
    assert back["y"] == pytest.approx(0.95)
    assert [number for corner in back["lasso"] for number in corner] == pytest.approx([0, 0, 1, 0, 1, 1])
    assert (back["color"], back["size"]) == ("#3a6ea5", 9)
    json.dumps(back)


@pytest.mark.parametrize(
    "value", [None, 7, [], {}, {"hints": None}, {"hints": [None]}, {"hints": [{"x": math.nan, "y": 0, "color": "red"}]}]
)
def test_what_no_canvas_sends_is_one_sentence(value):
    with pytest.raises(GuidanceError):
        Guidance.from_canvas(value, SIZE)


def test_hints_outside_the_canvas_are_moved_to_the_border():
    far = Guidance.from_canvas({"hints": [{"x": -3, "y": 7, "color": "red"}]}, SIZE)
    assert far.hints == (Hint(0, 29, "#ff0000", 7),)


def test_guidance_for_a_smaller_copy_covers_the_same_part_of_the_photo():
    box = ((-0.5, -0.5), (19.5, -0.5), (19.5, 14.5), (-0.5, 14.5))
    large = Guidance((Hint(19.5, 14.5, "#ff0000", 9, box),), strokes((0, 0, 20, 30, (1, 2, 3))))
    small = large.scaled(SIZE, (20, 15))
    assert small.hints == (Hint(9.5, 7, "#ff0000", 4, ((-0.5, -0.5), (9.5, -0.5), (9.5, 7), (-0.5, 7))),)
    assert torch.equal(small.strokes, strokes((0, 0, 10, 15, (1, 2, 3)), size=(20, 15)))
    assert torch.equal(small.regions((20, 15), (3, 4))[0], large.regions(SIZE, (3, 4))[0])
    assert small.scaled((20, 15), SIZE).hints[0].lasso == box
    assert Guidance((Hint(5, 5, "red", 7),)).scaled(SIZE, (4, 3)).hints[0].size == 1
