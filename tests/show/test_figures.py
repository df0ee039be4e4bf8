"""What the figures show: pixels read back from the rendered picture, and data read back from the axes."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from toolkit.color import AbBins, lab_to_rgb, rgb_to_lab
from toolkit.show.figures import (
    before_after,
    candidates_sheet,
    contact_sheet,
    training_curves,
    uncertainty_overlay,
)
from toolkit.show.figures_color import ab_histogram, gamut_outline, gamut_slice

RED, GREEN, BLUE = (230, 20, 30), (20, 160, 40), (30, 40, 200)


def plain(color: tuple[int, int, int], height: int = 40, width: int = 60) -> Tensor:
    """One color, uint8 (3, H, W)."""
    return torch.tensor(color, dtype=torch.uint8).view(3, 1, 1).expand(3, height, width)


def render(figure: Figure) -> NDArray[np.uint8]:
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return np.asarray(Image.open(target).convert("RGB"))


def box(pixels: NDArray[np.uint8], color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of all pixels of a color."""
    rows, columns = np.nonzero((pixels == color).all(-1))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_a_sheet_shows_every_picture_whole_and_exact() -> None:
    figure = contact_sheet([plain(RED), plain(GREEN), plain(BLUE, 60, 40)], columns=2)
    pixels = render(figure)
    red, green, blue = (box(pixels, color) for color in (RED, GREEN, BLUE))
    assert red[2] < green[0]
    assert red[1] == green[1]
    assert blue[1] > red[3]
    for (left, top, right, bottom), aspect in ((red, 1.5), (green, 1.5), (blue, 2 / 3)):
        assert (right - left) / (bottom - top) == pytest.approx(aspect, rel=0.01)
        assert len(np.unique(pixels[top:bottom, left:right].reshape(-1, 3), axis=0)) == 1


def test_all_kinds_of_pictures_are_the_same_picture() -> None:
    color = plain(RED)
    kinds = [color, color.float() / 255, color[None], (color.double() / 255)[None], SimpleNamespace(rgb=color)]
    alone = render(contact_sheet([color], columns=1))
    for kind in kinds:
        assert (render(contact_sheet([kind], columns=1)) == alone).all()
    batch = torch.stack([color, color])
    assert (render(contact_sheet(batch, columns=2)) == render(contact_sheet([color, color], columns=2))).all()
    gray = contact_sheet([torch.full((1, 9, 9), 0.2)], columns=1)
    assert box(render(gray), (51, 51, 51))


def test_titles_head_columns_or_pictures() -> None:
    six = [plain(RED)] * 6
    assert texts(contact_sheet(six, ["gray", "ours", "truth"], columns=3)) == ["gray", "ours", "truth"]
    assert texts(contact_sheet(six, list("abcdef"), columns=3)) == list("abcdef")
    assert texts(before_after(plain(RED), plain(BLUE))) == ["before", "after"]
    long, money = texts(contact_sheet(six[:2], ["a very long file name " * 9, "$5 and $6"], columns=2))
    assert long.endswith("…")
    assert money == "$5 and $6"
    render(contact_sheet(six[:1], ["$\\nothing$"]))  # a name is text, never a formula


def test_a_huge_sheet_stays_within_what_agg_can_draw() -> None:
    figure = contact_sheet([plain(RED, 50, 40)] * 300, columns=2)
    assert figure.get_size_inches()[1] * figure.dpi < 2**15


def test_a_very_long_picture_keeps_a_pixel_of_height() -> None:
    assert box(render(contact_sheet([plain(RED, 1, 5000)], columns=1)), RED)[3]


def test_candidates_stand_under_their_labels() -> None:
    proposals = [
        SimpleNamespace(label=label, result=SimpleNamespace(rgb=plain(color)))
        for label, color in (("calm", RED), ("vivid", BLUE))
    ]
    figure = candidates_sheet(proposals)  # type: ignore[arg-type]  # stand-ins: a real Candidate needs a model
    assert texts(figure) == ["calm", "vivid"]
    assert box(render(figure), RED)[2] < box(render(figure), BLUE)[0]


def test_the_overlay_colors_where_the_model_is_unsure() -> None:
    uncertainty = torch.zeros(1, 1, 4, 6)
    uncertainty[..., 3:] = 1
    pixels = render(uncertainty_overlay(plain((120, 130, 140), 200, 300), uncertainty)).astype(int)
    height, width = 667, 1000
    spread = np.ptp(pixels[10 : height + 10, 10 : width + 10], axis=-1)
    assert spread[:, :300].max() <= 1  # gray where it is sure
    assert spread[:, -300:].min() > 60


def test_the_histogram_counts_shares_of_pixels() -> None:
    ab = torch.zeros(1, 2, 10, 10)
    ab[:, 0, :3], ab[:, 1, :3] = 40, -20
    shares = ab_histogram(ab).axes[0].collections[1].get_array()
    centers = np.arange(-115, 117, 2) + 0.0
    found = {
        (a, b): share
        for (i, b) in enumerate(centers)
        for (j, a) in enumerate(centers)
        if (share := shares[i, j]) is not np.ma.masked
    }
    assert sorted(found.values()) == pytest.approx([0.3, 0.7])
    (a, b), _ = min(found.items(), key=lambda item: item[1])
    assert abs(a - 40) <= 1
    assert abs(b + 20) <= 1


def test_the_outline_holds_all_colors_and_touches_them() -> None:
    from matplotlib.path import Path as Polygon

    ab, rgb = gamut_outline()
    assert torch.allclose(rgb_to_lab(rgb.T[..., None])[1:, :, 0].T, ab)
    levels = torch.linspace(0, 1, 24)
    everything = rgb_to_lab(torch.cartesian_prod(levels, levels, levels).T[..., None])[1:, :, 0].T
    assert Polygon(1.005 * ab.numpy()).contains_points(everything.numpy()).all()


@pytest.mark.parametrize("L", [0, 30, 75, 100])
def test_a_slice_paints_each_place_in_its_color(L: float) -> None:
    image = gamut_slice(L).axes[0].images[0]
    painted, (left, right, *_) = np.asarray(image.get_array()), image.get_extent()
    middle = len(painted) // 2
    assert painted[middle, middle, 3] > 0
    assert painted[0, 0, 3] == 0
    places = np.argwhere(painted[..., 3] == 1)
    step = (right - left) / (len(painted) - 1)
    for row, column in places[:: max(1, len(places) // 50)]:
        lab = torch.tensor([float(L), left + column * step, left + row * step]).view(3, 1, 1)
        assert painted[row, column, :3] == pytest.approx(lab_to_rgb(lab).flatten().numpy(), abs=0.01)


def test_a_slice_tells_reachable_bins_from_others() -> None:
    bins = AbBins.make()
    inside, outside = (points.get_offsets() for points in gamut_slice(60, bins).axes[0].collections[1:])
    assert len(inside) == int(bins.in_gamut_at(60).sum())
    assert len(inside) + len(outside) == len(bins.centers)


RECORDS = [
    {"step": step, "loss": 1 / step}
    | ({"val_psnr": 24.0, "val_gray_psnr": 23.0, "val_colorfulness_ratio": 0.7} if step == 40 else {})
    for step in range(10, 60, 10)
]


def test_curves_from_file_folder_and_records(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    # the next line is being written
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS) + '{"step": 60, "lo')
    expected = render(training_curves(RECORDS))
    assert (render(training_curves(path)) == expected).all()
    assert (render(training_curves(tmp_path)) == expected).all()
    loss, quality, color = training_curves(path).axes
    assert loss.lines[0].get_xydata() == pytest.approx(np.array([[s, 1 / s] for s in range(10, 60, 10)]))
    assert quality.lines[0].get_xydata() == pytest.approx(np.array([[40, 24]]))
    assert list(quality.lines[1].get_ydata()) == [23, 23]
    assert [text.get_text() for text in quality.texts] == ["gray picture"]
    assert color.lines[0].get_xydata() == pytest.approx(np.array([[40, 0.7]]))


def test_smoothing_removes_noise_and_keeps_level_and_length() -> None:
    noise = np.random.default_rng(0).normal(size=200)
    records = [{"step": i, "loss": 3 + float(value)} for i, value in enumerate(noise)]
    raw, smooth = (np.asarray(line.get_ydata()) for line in training_curves(records, smoothing=0.05).axes[0].lines)
    assert len(raw) == len(smooth)
    assert smooth.std() < 0.3 * raw.std()
    assert smooth.mean() == pytest.approx(3, abs=0.2)
    flat = training_curves([{"step": i, "loss": 2.0} for i in range(50)], smoothing=0.15).axes[0].lines[1]
    assert flat.get_ydata() == pytest.approx(np.full(50, 2.0))  # also at the ends


def test_runs_are_compared_by_name_and_a_young_run_draws() -> None:
    figure = training_curves({"regression": RECORDS, "bins": RECORDS[:1]})
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["regression", "bins"]
    render(training_curves(RECORDS[:1]))


def test_figures_show_in_a_notebook() -> None:
    assert contact_sheet([plain(RED)] * 2).small()[:2] == b"\xff\xd8"


@pytest.mark.slow
def test_threads_draw_what_one_would() -> None:
    def draw(color: tuple[int, int, int]) -> NDArray[np.uint8]:
        return render(contact_sheet([plain(color)] * 2, [str(color)] * 2, columns=2))

    colors = [RED, GREEN, BLUE] * 2
    with ThreadPoolExecutor(3) as pool:
        for color, drawn in zip(colors, pool.map(draw, colors), strict=True):
            assert (drawn == draw(color)).all()


def test_what_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    (tmp_path / "torn.jsonl").write_text("no json\n")
    wrong = [
        (lambda: contact_sheet([]), "at least one"),
        (lambda: contact_sheet([plain(RED)] * 3, ["a", "b"], columns=3), "2 titles for 3 pictures"),
        (lambda: contact_sheet(["photo.jpg"]), "open_photo"),  # type: ignore[list-item]  # the mistake on purpose
        (lambda: before_after(torch.rand(2, 3, 8, 8), plain(RED)), r"\(2, 3, 8, 8\)"),
        (lambda: uncertainty_overlay(plain(RED), torch.rand(4, 4)), r"\(1, 1, h, w\)"),
        (lambda: ab_histogram(torch.rand(3, 8, 8)), r"\(B, 2, H, W\)"),
        (lambda: gamut_slice(101), "0 .black. to 100"),
        (lambda: training_curves(tmp_path), "log.jsonl is not a readable"),
        (lambda: training_curves(tmp_path / "torn.jsonl"), "not a readable"),
        (lambda: training_curves([]), "no losses yet"),
        (lambda: training_curves(RECORDS, smoothing=1), "0.15"),
    ]
    for draw, words in wrong:
        with pytest.raises(ValueError, match=words):
            draw()
