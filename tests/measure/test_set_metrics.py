import warnings

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.nn import functional as F
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from toolkit.measure.metrics import FewPhotos
from toolkit.measure.set_metrics import SIDE, features, frechet, kid

pytestmark = pytest.mark.filterwarnings("ignore::toolkit.measure.metrics.FewPhotos")


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


def test_the_distance_is_torchmetrics_fid():
    a, b = gaussian(60, seed=1), gaussian(80, seed=2, shift=0.7)
    theirs = _compute_fid(a.mean(0), a.T.cov(), b.mean(0), b.T.cov())
    assert frechet(a, b) == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.parametrize("n", [5, 60])
def test_kid_of_whole_sets_is_torchmetrics(n):
    a, b = gaussian(n, seed=1), gaussian(n, seed=2, shift=0.3)
    found = kid(a, b, subsets=1, size=n)
    assert found.value == pytest.approx(float(poly_mmd(a, b)), rel=1e-9)
    assert found.error is None, "one subset tells nothing of others"


def test_kid_is_the_sum_over_pairs_that_the_paper_writes():
    a, b = gaussian(4, d=3, seed=1), gaussian(4, d=3, seed=2)
    k = [[[float((p @ q / 3 + 1) ** 3) for q in y] for p in x] for x, y in ((a, a), (b, b), (a, b))]
    within = sum(k[s][i][j] for s in (0, 1) for i in range(4) for j in range(4) if i != j) / 12
    assert kid(a, b, subsets=1, size=4).value == pytest.approx(within - 2 * np.mean(k[2]), rel=1e-9)


def test_kid_of_alike_sets_is_zero_within_its_error_and_of_others_is_not():
    x = gaussian(400, seed=3)
    a, b = x[:200], x[200:]
    alike, apart = kid(a, b), kid(a, b + 3.0)
    assert abs(alike.value) < 3 * alike.error
    assert apart.value > 5 * apart.error
    assert apart.error == pytest.approx(apart.spread * 0.5**0.5), "subsets of 100 of 200"
    assert kid(a, b) == alike, "the same draw every time"
    assert kid(a, b, seed=1) != alike


def test_kid_does_not_grow_where_there_are_fewer_pictures_as_frechet_does():
    x = gaussian(800, d=24, seed=4)
    scale = float(x.var(0).sum())
    assert frechet(x[:30], x[400:430]) > frechet(x[:400], x[400:]) + 0.1 * scale
    means = [kid(x[i : i + 30], x[400 + i : 430 + i], subsets=1, size=30).value for i in range(0, 370, 10)]
    assert abs(np.mean(means)) < 3 * np.std(means) / len(means) ** 0.5 + 3 * kid(x[:400], x[400:]).error


def test_too_few_pictures_are_told_and_enough_are_not():
    a, b = gaussian(40, d=4, seed=1), gaussian(50, d=4, seed=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet(a, b)
        kid(a, b, size=40)
    with pytest.warns(FewPhotos, match=r"39 photos are too few for a Fréchet distance \(40 would do\)"):
        frechet(a[:39], b)
    with pytest.warns(FewPhotos, match=r"40 photos are too few for a kernel distance"):
        kid(a, b)


@pytest.mark.parametrize("options", [{"size": 10}, {"size": 1}, {"subsets": 0, "size": 5}])
def test_subsets_that_cannot_be_drawn_are_told(options):
    with pytest.raises(ValueError, match="choose a size from 2 to 9"):
        kid(gaussian(9), gaussian(12, seed=1), **options)
