"""What the charts of the notebook on diffusion show, read back from the axes."""

import io

import pytest
import torch
from PIL import Image

from toolkit.color import rgb_to_lab
from toolkit.show.figures_diffusion import curves, hue_histogram, small_sheet


def test_lines_of_one_name_have_one_color_in_all_panels() -> None:
    lines = {"euler": ([1, 2, 4], [20.0, 22.0, 23.0]), "heun": ([1, 3], [20.0, 23.0])}
    figure = curves(
        {"PSNR": lines, "color": {"heun": ([1, 3], [0.5, 0.9])}},
        "evaluations",
        levels={"PSNR": ("regression", 21.0)},
        logarithmic=True,
    )
    left, right = figure.axes
    assert left.get_title(loc="left") == "PSNR"
    assert left.get_xscale() == "log"
    of = {str(line.get_label()): line for line in left.lines}
    assert list(of["euler"].get_xdata()) == [1, 2, 4]
    assert list(of["euler"].get_ydata()) == [20.0, 22.0, 23.0]
    assert of["euler"].get_color() != of["heun"].get_color() == right.lines[0].get_color()
    assert [text.get_text() for text in left.texts] == ["regression"]
    assert not right.texts


def test_nothing_to_draw_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        curves({}, "steps")
    with pytest.raises(ValueError, match="nothing to draw"):
        curves({"PSNR": {}}, "steps")


def test_two_hues_are_two_bars_in_their_color() -> None:
    red, blue = (55.0, 35.0), (-15.0, -30.0)
    figure = hue_histogram({"drawn": torch.tensor([red] * 3 + [blue])})
    bars = [bar for bar in figure.axes[0].patches if bar.get_height() > 0]
    assert [bar.get_height() for bar in bars] == [0.75, 0.25]
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == pytest.approx([35, 245])
    shown = torch.tensor([bar.get_facecolor()[:3] for bar in bars]).T[..., None]  # (3, 2, 1)
    assert rgb_to_lab(shown)[1:, :, 0].T.tolist() == [pytest.approx(red, abs=1), pytest.approx(blue, abs=1)]


def test_hues_of_what_is_no_list_of_colors() -> None:
    with pytest.raises(ValueError, match=r"ab \(N, 2\)"):
        hue_histogram({"drawn": torch.zeros(1, 2, 4, 4)})
    with pytest.raises(ValueError, match="no colors"):
        hue_histogram({})


def test_a_small_sheet_stays_small() -> None:
    pictures = torch.rand(3, 3, 90, 120)
    narrow, wide = (small_sheet(pictures, columns=8, cell=cell).get_size_inches()[0] for cell in (50, 100))
    assert wide - narrow == pytest.approx(8 * 50 / 150)
    assert [text.get_text() for text in small_sheet(pictures, ["a", "b", "c"]).texts] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="2 titles for 3 pictures"):
        small_sheet(pictures, ["a", "b"])


def test_a_notebook_keeps_a_chart_as_png() -> None:
    chart = curves({"loss": {"flow": ([0, 1], [1.0, 0.5])}}, "step")
    shown = Image.open(io.BytesIO(chart.small()))
    assert (shown.format, shown.mode) == ("PNG", "P")
    assert shown.width == pytest.approx(chart.pixels[0] * 2 / 3, abs=1)
