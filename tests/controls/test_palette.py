"""Palettes: what is taken from a photo, and how automatic colors follow one."""

import math

import numpy as np
import pytest
import torch

from toolkit.cli import main
from toolkit.color import AbBins, color_name, hex_to_lab, lab_to_rgb, parse_color, rgb_to_oklab
from toolkit.color.palette import Swatch, chosen
from toolkit.controls.palette import extract_palette, warmth_tint
from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.measure.studies import Told, measure
from toolkit.measure.studies.palettes import Setup, torn
from toolkit.models.base import Dials
from toolkit.models.steering import dressed, steer
from toolkit.photo import Photo, save_photo
from toolkit.pipeline import Session

BINS = AbBins.make()
FLAG = {"#c0392b": 0.5, "#2255aa": 0.3, "#e0c060": 0.2}


def flag(colors=None, height=60, width=100):
    """A photo of stripes, each as wide as its share."""
    colors = colors or FLAG
    pixels = np.zeros((height, width, 3), np.uint8)
    left = 0
    for color, share in colors.items():
        right = left + round(share * width)
        pixels[:, left:right] = np.array(parse_color(color)) * 255 + 0.5
        left = right
    return Photo.from_array(pixels, "flag.png")


def gray(height=48, width=64):
    y, x = np.mgrid[:height, :width]
    return Photo.from_array((60 + 60 * (x > width / 2) + y).astype(np.uint8), "gray.png")


def apart(first, second):
    """Distance in Lab."""
    return float((torch.tensor(hex_to_lab(first)) - torch.tensor(hex_to_lab(second))).norm())


def test_a_photo_of_few_colors_gives_them_with_their_shares():
    found = extract_palette(flag())
    assert [round(s.share, 1) for s in found] == [0.5, 0.3, 0.2]
    for swatch, color in zip(found, FLAG, strict=True):
        assert apart(swatch.color, color) < 3
        assert swatch.name == color_name(parse_color(swatch.color))


def test_a_palette_is_the_same_again_and_no_longer_than_asked_for():
    y, x = np.mgrid[:80, :120]
    photo = Photo.from_array(np.stack([2 * x, 255 - 2 * y, (x + y) % 256], -1).astype(np.uint8))
    for k in (1, 2, 6, 16):
        found = extract_palette(photo, k)
        assert found == extract_palette(photo, k)
        assert 1 <= len(found) <= k
        assert sum(s.share for s in found) == pytest.approx(1, abs=1e-5)
        assert [s.share for s in found] == sorted((s.share for s in found), reverse=True)


def test_a_sheet_of_flat_colors_is_no_sepia_print():
    sheet = flag({"#3a7a3a": 0.5, "#d8c0a0": 0.3, "#204060": 0.2})
    assert sheet.tone == "sepia"  # one color for each lightness
    assert len(extract_palette(sheet)) == 3


def test_shades_that_people_would_call_one_color_are_one():
    found = extract_palette(flag({"#c0392b": 0.4, "#c43c2e": 0.2, "#2255aa": 0.4}))
    assert len(found) == 2
    assert found[0].share == pytest.approx(0.6, abs=0.02)


def test_a_small_lively_thing_counts_beside_a_large_gray_one():
    found = extract_palette(flag({"#8a8a8a": 0.60, "#a0a0a0": 0.35, "#d02030": 0.05}), 3)
    assert any(apart(s.color, "#d02030") < 5 for s in found)


def test_a_photo_without_colors_and_other_numbers_are_refused():
    with pytest.raises(GuidanceError, match=r"gray\.png has no colors .* choose"):
        extract_palette(gray())
    print_ = np.linspace(20, 230, 64)[:, None, None] * np.array([1.0, 0.88, 0.7]) * np.ones((1, 64, 1))
    sepia = Photo.from_array(print_.astype(np.uint8), "sepia.jpg")
    assert sepia.tone == "sepia"
    with pytest.raises(GuidanceError, match=r"sepia\.jpg has no colors"):
        extract_palette(sepia)
    for k in (0, 17):
        with pytest.raises(ValueError, match="1 to 16"):
            extract_palette(flag(), k)


def test_warm_is_towards_yellow_and_red_and_cool_the_other_way():
    a, b = warmth_tint(1)
    assert a > 0
    assert b > 10
    assert warmth_tint(-1) == (-a, -b)
    assert warmth_tint(0) == (0, 0)
    with pytest.raises(ValueError, match="Warmth"):
        warmth_tint(1.5)


def test_shares_are_used_where_every_color_has_one():
    swatches = [Swatch("#c0392b", 0.6, "red"), Swatch("#2255aa", 0.2, "blue")]
    colors, shares = chosen(swatches)
    assert colors == (hex_to_lab("#c0392b"), hex_to_lab("#2255aa"))
    assert shares == pytest.approx((0.75, 0.25))
    assert chosen([*swatches, "olive"])[1] == ()
    assert chosen(["navy", "olive"])[1] == ()
    assert chosen([]) == ((), ())


def scene(size=(32, 48)):
    """Automatic colors of two halves, reddish and bluish, with some texture; and L, the same everywhere."""
    generator = torch.Generator().manual_seed(0)
    ab = torch.zeros(1, 2, *size)
    ab[:, 0, :, : size[1] // 2], ab[:, 1, :, size[1] // 2 :] = 15.0, -15.0
    return ab + torch.randn(ab.shape, generator=generator), torch.full((1, 1, 2 * size[0], 2 * size[1]), 50.0)


def lab(*rows):
    return torch.tensor([[50.0, a, b] for a, b in rows])


def test_each_color_of_a_palette_gets_its_share():
    ab, L = scene()
    red, blue = torch.tensor([40.0, 30.0]), torch.tensor([0.0, -35.0])
    for share in (0.5, 0.8):
        out = steer(ab, L, lab(red, blue), torch.tensor([share, 1 - share]))
        assert torch.allclose(out.mean((0, 2, 3)), share * red + (1 - share) * blue, atol=1.5)
    out = steer(ab, L, lab(red, blue), torch.tensor([0.5, 0.5]))
    assert out[0, 0, :, :20].mean() > 30, "red goes where it was reddish"
    assert out[0, 1, :, -20:].mean() < -30


def test_what_is_gray_may_stay_gray_without_shares_and_not_with_them():
    ab, L = scene()
    ab[:, :, :, 16:32] = 0.0
    free, bound = (steer(ab, L, lab((40.0, 30.0)), shares) for shares in (torch.zeros(0), torch.ones(1)))
    middle = slice(18, 30)
    assert free[..., middle].norm(dim=1).mean() < 12 < free[..., :12].norm(dim=1).mean()
    assert bound[..., middle].norm(dim=1).mean() > 35


def test_dark_colors_go_to_dark_places():
    ab, L = torch.zeros(1, 2, 16, 32), torch.full((1, 1, 32, 64), 80.0)
    L[..., :32] = 20.0
    colors = torch.tensor([[20.0, 0.0, -30.0], [80.0, 0.0, 30.0]])
    out = steer(ab, L, colors, torch.tensor((0.5, 0.5)))
    assert out[0, 1, :, :14].mean() < -20
    assert out[0, 1, :, -14:].mean() > 20


def test_a_lighter_navy_is_blue_and_not_violet():
    ab, L = torch.zeros(1, 2, 8, 8), torch.full((1, 1, 16, 16), 60.0)
    out = steer(ab, L, torch.tensor([hex_to_lab("navy")]), torch.ones(1))

    def hue(lab):
        _, a, b = rgb_to_oklab(lab_to_rgb(lab.view(3, 1, 1))).flatten().tolist()
        return math.degrees(math.atan2(b, a))

    shown = torch.cat([torch.tensor([60.0]), out[0, :, 4, 4]])
    assert shown[1:].norm() > 15
    assert abs(hue(shown) - hue(torch.tensor(hex_to_lab("navy")))) < 5


def test_the_distribution_decides_where_the_mean_cannot():
    ab, L = torch.zeros(1, 2, 16, 32), torch.full((1, 1, 32, 64), 50.0)
    at = [
        int(torch.cdist(torch.tensor([c]), BINS.centers).argmin())
        for c in ((40.0, 30.0), (-40.0, -30.0), (40.0, -40.0), (-40.0, 40.0))
    ]
    logits = torch.full((1, len(BINS), 8, 16), -9.0)
    logits[:, at[:2], :, :8] = 0.0  # both halves are gray on average, of different colors
    logits[:, at[2:], :, 8:] = 0.0
    out = steer(ab, L, lab((40.0, 30.0), (40.0, -40.0)), torch.tensor((0.5, 0.5)), logits, BINS)
    assert out[0, 1, :, :14].mean() > 20
    assert out[0, 1, :, -14:].mean() < -30


def test_saturation_and_tint_come_after_the_palette():
    ab, L = scene()
    dials = Dials(palette=("#c05a48",))
    plain = dressed(ab, L, dials)
    assert not torch.allclose(plain, ab)
    more = dressed(ab, L, Dials(palette=dials.palette, saturation=1.5, tint=(3.0, -4.0)))
    assert torch.allclose(more, plain * 1.5 + torch.tensor([3.0, -4.0]).view(1, 2, 1, 1), atol=1e-4)
    assert torch.equal(dressed(ab, L, Dials()), ab)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (97, 3)])
def test_odd_sizes_and_flat_colors_stay_finite(size):
    L = torch.full((1, 1, 2 * size[0], 2 * size[1]), 100.0)
    for shares in (torch.zeros(0), torch.tensor([1.0, 0.0])):
        out = steer(torch.zeros(1, 2, *size), L, torch.tensor([[0.0, 80.0, -100.0], [0.0, -80.0, 80.0]]), shares)
        assert out.shape == (1, 2, *size)
        assert bool(out.isfinite().all())


@pytest.mark.parametrize("model", ["vit-hint", "plain-unet", "diffusion"])
def test_a_palette_moves_the_automatic_colors_of_every_model_and_no_hint(model):
    session = Session(gray(), model, size=64)
    wanted = ["#a05020", "#304070"]
    hint = Hint(10, 10, "#5a8070", 9)
    plain, steered = session.colorize(), session.colorize(dials=Dials(palette=wanted))
    colors = torch.tensor([hex_to_lab(c)[1:] for c in wanted])

    def near(result):
        return float(torch.cdist(result.ab[0].flatten(1).T, colors).amin(1).mean())

    assert near(steered) < near(plain) - 3
    hinted = session.colorize(Guidance((hint,)), Dials(palette=wanted))
    left, top, right, bottom = hint.box()
    inside = hinted.rgb[:, top:bottom, left:right]
    assert (
        inside.float() - session.colorize(Guidance((hint,))).rgb[:, top:bottom, left:right].float()
    ).abs().max() <= 1


def test_swatches_ask_for_their_shares():
    session = Session(gray(), "plain-unet", size=64)
    reddish = [
        float(
            (
                session.colorize(
                    dials=Dials(palette=[Swatch("#a04020", share, ""), Swatch("#203090", 1 - share, "")])
                ).ab[:, 1]
                > 0
            )
            .float()
            .mean()
        )
        for share in (0.2, 0.8)
    ]
    assert reddish[1] > reddish[0] + 0.4


def test_measuring_knows_what_is_torn():
    smooth = torch.zeros(1, 3, 8, 8)
    smooth[:, 0] = 50.0
    smooth[:, 1] = torch.arange(8)
    patches = smooth.clone()
    patches[:, 1, ::2, ::2] = 60.0
    edge = patches.clone()
    edge[:, 0, ::2, ::2] = 80.0  # the same colors where the photo has edges
    assert torn(smooth) == 0
    assert torn(patches) > 0.4
    assert torn(edge) == 0


@pytest.mark.slow
def test_ways_are_measured_against_each_other():
    size = {"height": 256, "width": 400}  # at which they are measured
    photos = [flag(**size), flag({"#3a7a3a": 0.5, "#d8c0a0": 0.3, "#204060": 0.2}, **size)]
    told = Told(keep=1)
    answer = measure("palettes", photos, Setup("plain-unet", colors=3), told)
    assert [title for title, _ in told.pictures[0]] == ["automatic", "sliced", "ours"]
    found = {(row["way"], row["palette"], row["shares"]): row for row in answer.rows}
    truth, automatic = found["truth", "own", False], found["automatic", "own", False]
    assert truth["used"] == 1
    assert truth["distance"] < automatic["distance"] / 4
    assert automatic["gain"] == 0
    assert found["automatic", "another's", False].get("psnr") is None
    for way in ("sliced", "ours"):
        assert found[way, "own", True]["distance"] < automatic["distance"] / 2
    assert not any(way == "prior" for way, _, _ in found), "a model without a distribution has none"
    assert "sliced Wasserstein" in answer.text()


def test_nothing_to_measure_on_is_said_in_a_sentence(tmp_path, capsys):
    save_photo(gray().rgb, tmp_path / "gray.png")
    assert main(["measure", "palettes", str(tmp_path), "--model", "plain-unet"]) == 2
    assert "two color photos" in capsys.readouterr().err
