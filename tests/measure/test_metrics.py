"""Each metric against another implementation, known numbers, and bad input."""

import warnings

import numpy as np
import pytest
import skimage.color
import skimage.data
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio as their_psnr
from torchmetrics.functional.image import structural_similarity_index_measure as their_ssim

from toolkit.color import lab_to_rgb, rgb_to_lab
from toolkit.guidance import Guidance, Hint
from toolkit.measure.metrics import (
    ENOUGH_FOR_ERRORS,
    FewPhotos,
    Lpips,
    ab_distance,
    bleeding,
    ciede2000,
    colorfulness,
    colorfulness_difference,
    colorfulness_ratio,
    few,
    gray_psnr,
    hint_error,
    leakage,
    match_chroma,
    psnr,
    ssim,
    warn_if_few,
)
from toolkit.models.weights import WeightsError

METRICS = {"psnr": psnr, "ssim": ssim, "ciede2000": ciede2000}


def photo() -> Tensor:
    """192 px of scikit-image's astronaut (a PNG: the same on every machine)."""
    return torch.from_numpy(skimage.data.astronaut()[:192, 160:352].copy()).permute(2, 0, 1)[None].float() / 255


def changed(kind: str) -> Tensor:
    rgb = photo()
    gray = rgb.mean(1, keepdim=True).expand_as(rgb)
    return {"gray": gray, "flip": rgb.flip(-1), "dark": rgb * 0.5, "swap": rgb[:, [2, 1, 0]]}[kind]


def array(rgb: Tensor) -> NDArray[np.float64]:
    return rgb[0].permute(1, 2, 0).double().numpy()


KINDS = ["gray", "flip", "dark", "swap"]


@pytest.mark.parametrize("kind", KINDS)
def test_psnr_is_scikit_images(kind: str) -> None:
    expected = peak_signal_noise_ratio(array(photo()), array(changed(kind)), data_range=1)
    assert psnr(changed(kind), photo()).item() == pytest.approx(expected, abs=1e-4)


def test_psnr_of_known_errors() -> None:
    truth = torch.zeros(3, 3, 8, 8)
    rgb = truth + torch.tensor([1.0, 0.1, 0.0]).view(3, 1, 1, 1)
    assert psnr(rgb, truth).tolist() == pytest.approx([0, 20, 100])  # 100: identical pictures stay finite


@pytest.mark.parametrize("kind", KINDS)
def test_ssim_is_scikit_images(kind: str) -> None:
    options = {
        "channel_axis": 2,
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
        "data_range": 1,
    }
    expected = structural_similarity(array(photo()), array(changed(kind)), **options)
    assert ssim(changed(kind), photo()).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_keeps_its_digits_where_a_sky_is_bright_and_flat() -> None:
    noise = torch.Generator().manual_seed(0)
    sky = 0.97 + 0.01 * torch.rand(1, 3, 48, 48, generator=noise)
    other = sky + 0.003 * torch.randn(sky.shape, generator=noise)
    options = {
        "channel_axis": 2,
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
        "data_range": 1,
    }
    assert ssim(sky, other).item() == pytest.approx(
        structural_similarity(array(sky), array(other), **options), abs=1e-5
    )


def test_colorfulness_of_known_colors() -> None:
    red = torch.zeros(1, 3, 4, 4)
    red[:, 0] = 1
    # One color has no spread: 0.3 · sqrt(255² + 127.5²).
    assert colorfulness(red).item() == pytest.approx(0.3 * 255 * np.sqrt(1.25), rel=1e-5)
    assert colorfulness(changed("gray")).item() == pytest.approx(0, abs=1e-3)


def test_colorfulness_is_signed() -> None:
    # Half red, half green: rg is ±255 and yb 127.5 throughout, so the means of rg cancel; of absolute values they would
    # not.
    halves = torch.zeros(1, 3, 2, 4)
    halves[:, 0, 0] = 1
    halves[:, 1, 1] = 1
    assert colorfulness(halves).item() == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)


def test_colorfulness_ratio_is_a_ratio_of_means() -> None:
    truth = torch.cat([photo(), changed("dark")])
    faded = torch.cat([photo() * 0.5, changed("gray")])
    whole = colorfulness(photo()).item()
    assert colorfulness_ratio(faded, truth) == pytest.approx(0.5 * whole / (1.5 * whole), rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_ciede2000_is_scikit_images(kind: str) -> None:
    lab = [skimage.color.rgb2lab(array(rgb)) for rgb in (photo(), changed(kind))]
    assert ciede2000(changed(kind), photo()).item() == pytest.approx(
        skimage.color.deltaE_ciede2000(*lab).mean(), abs=0.01
    )


def test_gray_psnr_is_that_of_the_photo_without_its_ab() -> None:
    lab = skimage.color.rgb2lab(array(photo()))
    lab[..., 1:] = 0
    expected = peak_signal_noise_ratio(array(photo()), skimage.color.lab2rgb(lab), data_range=1)
    assert gray_psnr(photo()).item() == pytest.approx(expected, abs=0.01)
    assert gray_psnr(changed("gray")).item() > 60  # a gray photo is its own gray version, to kornia's white point


# Made by the package lpips 0.1.4, LPIPS(net="alex", pnet_rand=True), its trunk filled with the convolutions of our
# file, its linear layers its own.
LPIPS_REFERENCE = {"gray": 0.11089231, "flip": 0.56652439, "dark": 0.14381132, "swap": 0.15719238}


def test_lpips_is_the_packages() -> None:
    others = torch.cat([changed(kind) for kind in LPIPS_REFERENCE])
    distances = Lpips()(others, photo().expand_as(others))
    assert distances.tolist() == pytest.approx(list(LPIPS_REFERENCE.values()), abs=2e-4)


def test_lpips_of_identical_pictures_is_zero_and_gradients_reach_the_picture() -> None:
    distance = Lpips()
    rgb = photo()[..., :64, :64].requires_grad_()
    assert distance(rgb, rgb).item() == 0
    distance(rgb, changed("gray")[..., :64, :64]).sum().backward()
    assert rgb.grad is not None
    assert rgb.grad.isfinite().all()
    assert rgb.grad.any()


def test_lpips_without_its_file_says_so(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUEPOINT_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match="lpips_alex"):
        Lpips()


@pytest.mark.parametrize("name", METRICS)
def test_one_number_a_photo(name: str) -> None:
    pair, others = torch.cat([photo(), changed("swap")]), torch.cat([changed("gray"), changed("gray")])
    each = [METRICS[name](a[None], b[None]).item() for a, b in zip(pair, others, strict=True)]
    assert METRICS[name](pair, others).tolist() == pytest.approx(each, rel=1e-5)


@pytest.mark.parametrize("name", METRICS)
def test_pictures_that_cannot_be_compared(name: str) -> None:
    rgb = torch.rand(2, 3, 16, 16)
    for other, words in (
        (rgb[:1], "same shape"),
        (rgb[0], "batch dimension"),
        ((255 * rgb).byte(), "divide it by 255"),
        (rgb[:, :1], "B, 3, H, W"),
    ):
        with pytest.raises(ValueError, match=words):
            METRICS[name](rgb, other)


def test_pictures_that_are_too_small_or_all_gray() -> None:
    small, gray = torch.rand(1, 3, 10, 30), torch.full((1, 3, 8, 8), 0.5)
    with pytest.raises(ValueError, match="11 px"):
        ssim(small, small)
    with pytest.raises(ValueError, match="31 px"):
        Lpips()(small, small)
    with pytest.raises(ValueError, match="all gray"):
        colorfulness_ratio(gray, gray)


@pytest.mark.parametrize("kind", KINDS)
def test_psnr_and_ssim_are_torchmetrics(kind: str) -> None:
    # A second reference beside scikit-image. Its SSIM counts windows that mirror the border, too (up to 0.02 apart):
    # those are cut off here.
    rgb, truth = changed(kind), photo()
    assert psnr(rgb, truth).item() == pytest.approx(their_psnr(rgb, truth, data_range=1.0).item(), abs=1e-4)
    _, windows = their_ssim(rgb, truth, data_range=1.0, sigma=1.5, return_full_image=True)
    assert ssim(rgb, truth).item() == pytest.approx(windows[..., 5:-5, 5:-5].mean().item(), abs=1e-4)


def test_the_other_colorfulness_takes_absolute_values_first() -> None:
    halves = torch.zeros(1, 3, 2, 4)
    halves[:, 0, 0] = 1
    halves[:, 1, 1] = 1
    # |rg| is 255 and |yb| 127.5 throughout: no spread, and a shift of both.
    assert colorfulness(halves, absolute=True).item() == pytest.approx(0.3 * 255 * np.sqrt(1.25), rel=1e-5)
    rgb = 255 * array(photo())
    rg, yb = np.abs(rgb[..., 0] - rgb[..., 1]), np.abs((rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2])
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert colorfulness(photo(), absolute=True).item() == pytest.approx(expected, rel=1e-4)


def test_difference_in_colorfulness_has_two_definitions() -> None:
    found = colorfulness_difference(torch.tensor([10.0, 50.0, 30.0]), torch.tensor([40.0, 20.0, 33.0]))
    assert found.of_means == pytest.approx(1), "-30, +30 and -3 make up for each other"
    assert found.mean_of == pytest.approx(21), "photo by photo they do not"
    with pytest.raises(ValueError, match="one number a photo"):
        colorfulness_difference(torch.ones(3), torch.ones(2))


def flat(*colors: tuple[float, float, float], side: int = 32) -> Tensor:
    """Stripes of Lab colors of equal width beside each other, as rgb (1, 3, side, side)."""
    lab = torch.tensor(colors, dtype=torch.float32).T.repeat_interleave(side // len(colors), 1)  # (3, side)
    return lab_to_rgb(lab[None, :, None].expand(1, 3, side, side).contiguous())


def test_chroma_is_that_of_the_truth_and_hue_and_lightness_stay() -> None:
    truth, faded, pumped = (flat((60, k * 20, 0), (50, 0, -k * 10)) for k in (1.0, 0.3, 1.6))
    for rgb in (faded, pumped):
        torch.testing.assert_close(match_chroma(rgb, truth), truth, atol=2e-3, rtol=0)
    lab, before = rgb_to_lab(match_chroma(changed("swap"), photo())), rgb_to_lab(changed("swap"))
    torch.testing.assert_close(lab[:, :1], before[:, :1], atol=0.5, rtol=0)
    colored = before[:, 1:].norm(dim=1) > 10
    turned = torch.atan2(lab[:, 2], lab[:, 1]) - torch.atan2(before[:, 2], before[:, 1])
    assert float((torch.remainder(turned + np.pi, 2 * np.pi) - np.pi)[colored].abs().max()) < 0.05
    chroma = [rgb_to_lab(x)[:, 1:].norm(dim=1).mean().item() for x in (match_chroma(changed("swap"), photo()), photo())]
    assert chroma[0] == pytest.approx(chroma[1], rel=0.1)
    assert chroma[0] <= chroma[1] + 0.01, "the gamut only takes away"


def test_pumped_saturation_wins_nothing_and_gray_stays_gray() -> None:
    truth, pumped = flat((60, 20, 0), (50, 0, -10)), flat((60, 40, 0), (50, 0, -20))
    assert ciede2000(pumped, truth).item() > 5
    assert ciede2000(match_chroma(pumped, truth), truth).item() < 0.1
    torch.testing.assert_close(match_chroma(changed("gray"), photo()), changed("gray"), atol=2e-3, rtol=0)


def test_distance_in_ab_is_the_plane_s_and_only_where_asked() -> None:
    lab, other = torch.zeros(1, 3, 2, 2), torch.tensor([50.0, 3.0, 4.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2).clone()
    other[..., 1, 1] = 0
    where = torch.tensor([[True, False], [False, False]])[None, None]
    assert ab_distance(lab, other, where).item() == pytest.approx(5)
    assert ab_distance(lab, other, torch.ones_like(where)).item() == pytest.approx(5 * 3 / 4)
    assert ab_distance(lab, other, ~torch.ones_like(where)).isnan().all()


def test_a_hint_s_error_is_measured_on_its_own_pixels() -> None:
    rgb = flat((60, 0, 0), (60, 30, 0))
    hint = Hint(4, 4, "#808080", 3)
    near = Guidance((hint,))
    assert hint_error(rgb, near)[0] == pytest.approx(0, abs=0.05)
    assert hint_error(rgb, near).pixels == 9
    far = hint_error(rgb, Guidance((Hint(28, 4, "#808080", 3),)))
    assert far.ab == pytest.approx(30, abs=0.1)
    wished = np.array([60.0, 0, 0]), np.array([60.0, 30, 0])
    assert far.ciede2000 == pytest.approx(float(skimage.color.deltaE_ciede2000(*wished)), abs=0.1)
    both = hint_error(rgb, near + Guidance((Hint(28, 4, "#808080", 3),)))
    assert both.ab == pytest.approx((0 + far.ab) / 2, abs=0.1)


def test_no_picture_is_blamed_for_a_color_that_its_lightness_cannot_show() -> None:
    asked = Hint(4, 4, "#000080", 5)  # navy on a bright wall
    _, a, b = rgb_to_lab(torch.tensor([0, 0, 128 / 255]).view(3, 1, 1)).flatten().tolist()
    best = lab_to_rgb(torch.tensor([85.0, a, b]).view(1, 3, 1, 1).expand(1, 3, 32, 32).contiguous())
    found = hint_error(best, Guidance((asked,)))
    assert found.ciede2000 == pytest.approx(0, abs=0.1)
    assert found.ab > 30


def test_strokes_are_hints_and_no_hint_is_an_error() -> None:
    rgb = flat((60, 30, 0))
    strokes = torch.zeros(4, 32, 32, dtype=torch.uint8)
    strokes[:, 3, 5:9] = torch.tensor([128, 128, 128, 255], dtype=torch.uint8)[:, None]
    found = hint_error(rgb, Guidance(strokes=strokes))
    assert (found.pixels, found.ab) == (4, pytest.approx(30, abs=0.1))
    with pytest.raises(ValueError, match="cover some"):
        hint_error(rgb, Guidance())


def test_leakage_is_the_change_outside_of_the_region() -> None:
    without, region = flat((60, 0, 0), (60, 0, 0)), torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    region[..., :16] = True
    assert leakage(flat((60, 30, 0), (60, 0, 0)), without, region).item() == pytest.approx(0, abs=0.01)
    assert leakage(flat((60, 30, 0), (60, 6, 8)), without, region).item() == pytest.approx(10, abs=0.05)
    assert leakage(without, without, torch.ones_like(region)).isnan().all()
    with pytest.raises(ValueError, match="one plane a picture"):
        leakage(without, without, region[0])


RED, GREEN = (60.0, 30.0, 0.0), (60.0, -30.0, 0.0)


def shifted(px: int) -> Tensor:
    """Red beside green, the border so many pixels too far to the right."""
    rgb = flat(RED, GREEN)
    rgb[..., 16 : 16 + px] = rgb[..., :1]
    return rgb


def test_color_that_crosses_its_border_bleeds() -> None:
    truth = flat(RED, GREEN)
    assert bleeding(truth, truth).item() == 0
    # The band is 3 px beside the two columns in which the step shows: 8 px, of which px are 60 units off.
    assert [bleeding(shifted(px), truth).item() for px in (1, 2, 4)] == pytest.approx(
        [60 / 8, 2 * 60 / 8, 4 * 60 / 8], abs=0.2
    )
    # From there on it is wrong elsewhere, too: 4 of 24 px.
    assert bleeding(shifted(8), truth).item() == pytest.approx(60 * (4 / 8 - 4 / 24), abs=0.3)


def test_wrong_colors_that_keep_their_borders_do_not_bleed() -> None:
    truth = flat(RED, GREEN)
    for rgb in (flat(GREEN, RED), flat((60, 0, 0)), flat((60, 0, 30), (60, 0, -30))):
        assert bleeding(rgb, truth).item() == pytest.approx(0, abs=0.2)
    assert bleeding(truth, flat(RED)).isnan().all(), "a truth of one color has no border"


def test_a_gray_photo_has_the_number_that_its_truths_chroma_has() -> None:
    # all of the red is within 3 px of a border: 8 of the band's 16 columns
    truth = flat((60, 0, 0), (60, 0, 0), RED, (60, 0, 0))
    assert bleeding(flat((60, 0, 0)), truth).item() == pytest.approx(30 / 2, abs=0.1)
    wide = truth.clone()
    wide[..., 13:27] = truth[..., 16:17]  # 3 px too far to either side: 6 columns
    assert bleeding(wide, truth).item() == pytest.approx(30 * 6 / 16, abs=0.1)


def test_borders_may_come_from_labels() -> None:
    labels = torch.zeros(1, 1, 32, 32, dtype=torch.long)
    labels[..., 16:] = 7
    for truth in (flat(RED, GREEN), flat(RED)):
        assert bleeding(shifted(2), truth, labels).isfinite().all()
    assert bleeding(shifted(2), flat(RED, GREEN), labels).item() == bleeding(shifted(2), flat(RED, GREEN)).item()
    with pytest.raises(ValueError, match="one plane a picture"):
        bleeding(flat(RED), flat(RED), labels[0])


def test_too_few_photos_are_told_in_a_sentence() -> None:
    assert few("a standard error", 10, ENOUGH_FOR_ERRORS) is None
    assert few("a standard error", 1, 10) == "1 photo is too few for a standard error (10 would do): it may be far off."
    with pytest.warns(FewPhotos, match="6 photos are too few for a mean"):
        warn_if_few("a mean", 6, 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_few("a mean", 10, 10)
