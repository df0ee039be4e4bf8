import json
import math

import pytest
import torch
from PIL import Image

from toolkit.color import rgb_to_lab
from toolkit.guidance import MAX_HINTS, MAX_SIZE, STROKE_POINTS, Guidance, GuidanceError, Hint

SIZE = (40, 30)  # width, height
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
    guidance = Guidance((Hint(12, 8, "#3a6ea5"), Hint(0, 29, "#ffffff", 3)))
    assert Guidance.load(guidance.save(tmp_path / "hints.json"), SIZE) == guidance


def test_hint_file_of_the_documentation():
    assert Guidance.from_json(EXAMPLE) == Guidance((Hint(12, 8, "#3a6ea5", 7),))


def test_size_and_version_may_be_left_out_and_colors_be_names(tmp_path):
    file = tmp_path / "hints.json"
    file.write_bytes('\ufeff{"hints": [{"x": 1.5, "y": 2, "color": "navy"}]}'.encode())  # with the mark that Windows editors put in front
    assert Guidance.load(file, SIZE) == Guidance((Hint(1.5, 2, "#000080", 7),))


def test_mask_there_and_back(tmp_path):
    painted = strokes((3, 4, 10, 12, (200, 30, 40)))
    loaded = Guidance.load(Guidance(strokes=painted).save(tmp_path / "mask.png"), SIZE)
    assert torch.equal(loaded.strokes, painted)
    assert not loaded.hints


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
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("RGBA", SIZE).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:60])
    Image.new("RGB", SIZE).save(tmp_path / "opaque.png")
    Image.new("RGBA", (9, 9)).save(tmp_path / "small.png")
    for name, says in {
        "photo.json": "not a text file",
        "text.png": "cannot be read",
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


@pytest.mark.parametrize("hint", [Hint(math.nan, 0, "red"), Hint(0, math.inf, "red"), Hint(0, 0, "red", math.nan), Hint(0, 0, "nocolor")])
def test_checked_refuses_what_is_no_hint(hint):
    with pytest.raises(GuidanceError):
        Guidance((hint,)).checked(SIZE)


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
    assert points.size.tolist() == [5, 8]
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
