import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.nn import functional as F

from toolkit.frechet import SIDE, features, frechet


def gaussian(n, d=12, seed=0, shift=0.0):
    """Features whose covariance has full rank and is far from round."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + shift)


def reference(a, b):
    """Equation 6 as it is written, by scipy's matrix square root."""
    A, B = np.cov(a.numpy(), rowvar=False), np.cov(b.numpy(), rowvar=False)
    mean = a.numpy().mean(0) - b.numpy().mean(0)
    return mean @ mean + np.trace(A + B - 2 * sqrtm(A @ B).real)


@pytest.mark.parametrize("n, m", [(50, 50), (40, 300), (13, 14)])
def test_the_distance_is_the_one_that_a_matrix_square_root_gives(n, m):
    a, b = gaussian(n, seed=1), gaussian(m, seed=2, shift=0.7)
    assert frechet(a, b) == pytest.approx(reference(a, b), rel=1e-6)
    assert frechet(b, a) == pytest.approx(frechet(a, b), rel=1e-9)


@pytest.mark.parametrize("n", [5, 400])  # fewer pictures than features, and more
def test_a_set_is_not_away_from_itself_and_its_order_does_not_matter(n):
    a = gaussian(n, d=384).float()
    scale = float(a.var(0).sum())
    assert frechet(a, a) <= 1e-6 * scale
    assert frechet(a, a.flip(0)) <= 1e-6 * scale


def test_a_shift_costs_its_square_and_a_stretch_of_the_deviations_theirs():
    a = gaussian(100, d=3)
    assert frechet(a, a + torch.tensor([3.0, 0.0, 4.0])) == pytest.approx(25)
    assert frechet(a, a * 3) == pytest.approx(float(a.mean(0).square().sum() * 4 + a.var(0).sum() * 4))


def test_features_know_colors_and_do_not_care_how_the_batch_is_cut():
    rng = torch.Generator().manual_seed(0)
    rgb = F.interpolate(torch.rand(2, 3, 5, 7, generator=rng), (60, 90), mode="bilinear")
    both = features(rgb)
    assert both.shape == (2, 384)
    torch.testing.assert_close(features(rgb[1:]), both[1:], rtol=1e-3, atol=1e-3)
    gray = features(rgb.mean(1, keepdim=True).expand(-1, 3, -1, -1))
    assert float((gray - both).norm(dim=1).min()) > 1
    enlarged = F.interpolate(rgb, (SIDE, SIDE), mode="bicubic", antialias=True).clamp(0, 1)
    torch.testing.assert_close(features(enlarged), both, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("a, b", [((1, 4), (9, 4)), ((9, 4), (9, 5)), ((9,), (9,))])
def test_what_has_no_distance_is_told(a, b):
    with pytest.raises(ValueError, match="at least two pictures"):
        frechet(torch.zeros(a), torch.zeros(b))
