"""Each metric against another implementation, known numbers, and bad input."""

import numpy as np
import pytest
import skimage.color
import skimage.data
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from toolkit.metrics import Lpips, ciede2000, colorfulness, colorfulness_ratio, gray_psnr, psnr, ssim
from toolkit.registry import WeightsError

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
    options = {"channel_axis": 2, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
    expected = structural_similarity(array(photo()), array(changed(kind)), **options)
    assert ssim(changed(kind), photo()).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_keeps_its_digits_where_a_sky_is_bright_and_flat() -> None:
    noise = torch.Generator().manual_seed(0)
    sky = 0.97 + 0.01 * torch.rand(1, 3, 48, 48, generator=noise)
    other = sky + 0.003 * torch.randn(sky.shape, generator=noise)
    options = {"channel_axis": 2, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
    assert ssim(sky, other).item() == pytest.approx(structural_similarity(array(sky), array(other), **options), abs=1e-5)


def test_colorfulness_of_known_colors() -> None:
    red = torch.zeros(1, 3, 4, 4)
    red[:, 0] = 1
    # One color has no spread: 0.3 · sqrt(255² + 127.5²).
    assert colorfulness(red).item() == pytest.approx(0.3 * 255 * np.sqrt(1.25), rel=1e-5)
    assert colorfulness(changed("gray")).item() == pytest.approx(0, abs=1e-3)


def test_colorfulness_is_signed() -> None:
    # Half red, half green: rg is ±255 and yb 127.5 throughout, so the means of rg cancel; of absolute values they would not.
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
    assert ciede2000(changed(kind), photo()).item() == pytest.approx(skimage.color.deltaE_ciede2000(*lab).mean(), abs=0.01)


def test_gray_psnr_is_that_of_the_photo_without_its_ab() -> None:
    lab = skimage.color.rgb2lab(array(photo()))
    lab[..., 1:] = 0
    expected = peak_signal_noise_ratio(array(photo()), skimage.color.lab2rgb(lab), data_range=1)
    assert gray_psnr(photo()).item() == pytest.approx(expected, abs=0.01)
    assert gray_psnr(changed("gray")).item() > 60  # a gray photo is its own gray version, to kornia's white point


# Made by the package lpips 0.1.4, LPIPS(net="alex", pnet_rand=True), its trunk filled with the convolutions of our file, its linear layers its own.
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
    for other, words in ((rgb[:1], "same shape"), (rgb[0], "batch dimension"), ((255 * rgb).byte(), "divide it by 255"), (rgb[:, :1], "B, 3, H, W")):
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
