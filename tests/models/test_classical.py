import numpy as np
import pytest
import torch

from tests.toys.hints import problem
from toolkit.models.classical import levin2004


def dense(L, hints):
    """The same by the book: eq. 2 pixel by pixel, and NumPy's dense solver; (2, H, W)."""
    Y = np.asarray(L) / 100
    H, W = Y.shape
    A, b = np.eye(H * W), np.zeros((H * W, 2))
    for y in range(H):
        for x in range(W):
            if (x, y) in hints:
                b[y * W + x] = hints[x, y]
                continue
            window = [(v, u) for v in range(max(0, y - 1), min(H, y + 2)) for u in range(max(0, x - 1), min(W, x + 2))]
            around = [place for place in window if place != (y, x)]
            squares = np.array([(Y[y, x] - Y[place]) ** 2 for place in around])
            spread = max(0.6 * np.var([Y[place] for place in window]), squares.min() / np.log(100), 2e-6)
            w = np.exp(-squares / spread)
            for (v, u), weight in zip(around, w / w.sum(), strict=True):
                A[y * W + x, v * W + u] = -weight
    return np.linalg.solve(A, b).T.reshape(2, H, W)


@pytest.mark.parametrize("shape", [(1, 9), (7, 1), (2, 2), (11, 13), (20, 16)])
def test_it_solves_the_equations_of_the_paper(shape):
    rng = np.random.default_rng(0)
    L = rng.uniform(0, 100, shape)
    L[: shape[0] // 2] = 60  # flat parts are a case of their own
    hints = {(0, 0): (10.0, -40.0), (shape[1] - 1, shape[0] - 1): (-30.0, 50.0)}
    found = levin2004(*problem(L, hints))
    assert torch.allclose(found[0], torch.tensor(dense(np.float32(L), hints), dtype=torch.float32), atol=2e-3)


def test_one_hint_colors_everything():
    rng = np.random.default_rng(1)
    for L in (np.full((30, 40), 50.0), rng.uniform(0, 100, (30, 40))):
        ab = levin2004(*problem(L, {(7, 5): (20.0, -30.0)}))
        assert torch.allclose(ab, torch.tensor([20.0, -30.0]).view(1, 2, 1, 1).expand_as(ab), atol=1e-2)


def test_without_a_hint_it_is_gray_and_with_all_it_is_the_hints():
    L, ab, hinted = problem(np.full((5, 6), 50.0), {})
    assert torch.equal(levin2004(L, ab, hinted), torch.zeros(1, 2, 5, 6))
    ab = torch.randn(1, 2, 5, 6)
    assert torch.equal(levin2004(L, ab, ~hinted), ab)


def test_a_step_in_lightness_keeps_two_colors_apart():
    L = np.full((32, 32), 30.0)
    L[:, 16:] = 70
    ab = levin2004(*problem(L, {(4, 16): (40.0, 0.0), (28, 16): (0.0, 40.0)}))[0]
    smooth = levin2004(*problem(np.full((32, 32), 50.0), {(4, 16): (40.0, 0.0), (28, 16): (0.0, 40.0)}))[0]
    assert ab[0, :, :16].min() > 30 > 10 > ab[0, :, 16:].max()
    assert ab[1, :, 16:].min() > 30 > 10 > ab[1, :, :16].max()
    assert smooth[0, 16, 15] - smooth[0, 16, 16] < 3


def test_colors_stay_within_the_range_of_the_hints_and_hints_are_kept():
    rng = np.random.default_rng(2)
    L = rng.uniform(0, 100, (40, 50))
    hints = {
        (int(x), int(y)): tuple(rng.uniform(-60, 60, 2))
        for x, y in zip(rng.integers(0, 50, 12), rng.integers(0, 40, 12), strict=True)
    }
    L, ab, hinted = problem(L, hints)
    found = levin2004(L, ab, hinted)
    assert torch.equal(found[hinted.expand_as(found)], ab[hinted.expand_as(ab)])
    colors = np.array(list(hints.values()))
    for channel in range(2):
        assert (
            colors[:, channel].min() - 1e-3
            <= found[0, channel].min()
            <= found[0, channel].max()
            <= colors[:, channel].max() + 1e-3
        )


def test_shapes_that_do_not_fit_are_told():
    L, ab, hinted = problem(np.full((5, 6), 50.0), {})
    for wrong in ((L[0], ab, hinted), (L, ab[:, :1], hinted), (L, ab, hinted[..., 1:])):
        with pytest.raises(ValueError, match="of one size"):
            levin2004(*wrong)
