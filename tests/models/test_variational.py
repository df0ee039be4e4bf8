from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.toys.hints import problem
from toolkit.measure.speed import classical_cost as classical_bench
from toolkit.models.classical import levin2004
from toolkit.models.variational import BEST, LEVIN, Terms, energy, levin_fast, variational

EACH = {
    "harmonic": Terms(1),
    "bilaplacian": Terms(0, 1),
    "tv": Terms(0, 0, 1),
    "tgv": Terms(0, 0, 0, 1),
    "all": Terms(0.5, 0.5, 0.5, 0.5),
}
LINEAR = {
    "harmonic": Terms(1),
    "bilaplacian": Terms(0, 1),
    "both": Terms(0.7, 0.3),
    "no edges": Terms(0.7, 0.3, edge=0),
}
EXACT = 1e-10


def scene(height, width, seed=0):
    """A photo of smooth parts with edges between them, and its true ab, which changes where L does."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    kind = (y + 0.15 * np.sin(9 * x) > 0.4).astype(int) + 2 * ((x - 0.6) ** 2 + (y - 0.3) ** 2 < 0.04)
    L = np.array([30.0, 55.0, 75.0, 90.0])[kind] + 6 * np.sin(5 * x + 3 * y) + rng.normal(0, 0.3, kind.shape)
    ab = (
        np.array([[20.0, 30.0], [-25.0, 20.0], [5.0, -35.0], [35.0, -5.0]])[kind]
        * (0.8 + 0.2 * np.cos(4 * x))[..., None]
    )
    return torch.tensor(L, dtype=torch.float32)[None, None], torch.tensor(ab, dtype=torch.float32).permute(2, 0, 1)[
        None
    ]


def by_the_book(L, hints, terms):
    """Minimum of the terms that are squares, pixel by pixel and with NumPy's dense solver; (2, H, W)."""
    H, W = L.shape
    flow = np.zeros((H * W, H * W))
    for y in range(H):
        for x in range(W):
            for v, u in ((y, x + 1), (y + 1, x)):
                if v < H and u < W:
                    w = max((1 + ((L[y, x] - L[v, u]) / terms.edge) ** 2) ** -2, 1e-3) if terms.edge else 1.0
                    r, s = y * W + x, v * W + u
                    flow[[r, s], [r, s]] += w
                    flow[[r, s], [s, r]] -= w
    A = terms.harmonic * flow + terms.bilaplacian * flow @ flow
    known = [y * W + x for x, y in hints]
    free = np.setdiff1d(np.arange(H * W), known)
    out = np.zeros((H * W, 2))
    out[known] = list(hints.values())
    out[free] = np.linalg.solve(A[np.ix_(free, free)], -A[np.ix_(free, known)] @ out[known])
    return out.T.reshape(2, H, W)


def miss(ab, truth):
    return float((ab - truth).norm(dim=1).mean())


@pytest.mark.parametrize("terms", LINEAR.values(), ids=LINEAR)
@pytest.mark.parametrize("shape", [(1, 9), (7, 1), (9, 12)])
def test_multigrid_finds_what_a_dense_solver_finds(shape, terms):
    L = np.random.default_rng(0).uniform(47, 53, shape).astype(np.float32)
    hints = {(0, 0): (10.0, -40.0), (shape[1] - 1, shape[0] - 1): (-30.0, 50.0)}
    found = variational(*problem(L, hints), terms, tolerance=EXACT)
    assert np.allclose(found[0].numpy(), by_the_book(L, hints, terms), atol=1e-2)


@pytest.mark.parametrize("terms", EACH.values(), ids=EACH)
def test_nothing_near_the_answer_has_less_energy(terms):
    L, truth = scene(12, 15)
    given, hinted = classical_bench.reveal(np.random.default_rng(1), truth, 8)
    found = variational(L, given, hinted, terms, tolerance=1e-6)
    least = energy(L, found, terms)
    assert least < 0.9 * energy(L, torch.where(hinted, given, 0.0), terms)
    generator = torch.Generator().manual_seed(0)
    for size, smooth in ((0.5, 1), (0.5, 5), (3.0, 5)):
        push = F.avg_pool2d(torch.randn(1, 2, 12, 15, generator=generator), smooth, 1, smooth // 2) * size * ~hinted
        assert energy(L, found + push, terms) > least


@pytest.mark.parametrize("terms", EACH.values(), ids=EACH)
def test_every_term_alone_carries_one_hint_everywhere(terms):
    L, _ = scene(14, 18)
    ab = variational(*problem(L[0, 0].numpy(), {(7, 5): (20.0, -30.0)}), terms, tolerance=EXACT)
    assert torch.allclose(ab, torch.tensor([20.0, -30.0]).view(1, 2, 1, 1).expand_as(ab), atol=0.1)


@pytest.mark.parametrize("terms", EACH.values(), ids=EACH)
def test_no_hint_is_gray_all_hinted_is_the_hints_and_nothing_is_nan(terms):
    for shape in ((1, 1), (1, 2), (5, 6)):
        L, ab, hinted = problem(np.full(shape, 50.0), {})
        assert torch.equal(variational(L, ab, hinted, terms), torch.zeros(1, 2, *shape))
        ab = torch.randn(1, 2, *shape)
        assert torch.equal(variational(L, ab, ~hinted, terms), ab)
    black = problem(np.zeros((12, 10)), {(2, 3): (40.0, 1.0), (8, 8): (-40.0, 1.0)})
    assert variational(*black, terms).isfinite().all()


def test_a_step_in_lightness_keeps_two_colors_apart_and_without_edge_stopping_it_does_not():
    L = np.full((32, 32), 30.0)
    L[:, 16:] = 70
    hints = {(4, 16): (40.0, 0.0), (28, 16): (0.0, 40.0)}
    ab = variational(*problem(L, hints), Terms())[0]
    assert ab[0, :, :16].min() > 38 > 2 > ab[0, :, 16:].max()
    blind = variational(*problem(L, hints), Terms(edge=0))[0]
    assert blind[0, 16, 15] - blind[0, 16, 16] < 5


def profile(terms, colors, width=41):
    """a along a strip of flat lightness between hints at {x: a}."""
    hints = {(x, y): (a, 0.0) for x, a in colors.items() for y in range(3)}
    return variational(*problem(np.full((3, width), 50.0), hints), terms, tolerance=1e-7)[0, 0, 1].numpy()


def test_bilaplacian_goes_on_smoothly_through_a_hint_where_harmonic_has_a_kink():
    colors = {0: 0.0, 20: 30.0, 40: 0.0}
    kinks = {name: abs(np.diff(profile(terms, colors), 2)[19]) for name, terms in EACH.items()}
    assert kinks["harmonic"] == pytest.approx(3.0, abs=0.05)
    assert kinks["bilaplacian"] < 0.5


def test_bilaplacian_may_leave_the_range_of_the_hints_and_harmonic_and_tv_do_not():
    colors = {0: 0.0, 10: 30.0, 30: 30.0, 40: 0.0}
    assert profile(EACH["bilaplacian"], colors).max() > 31
    for terms in (EACH["harmonic"], EACH["tv"]):
        assert -1e-3 < profile(terms, colors).min() < profile(terms, colors).max() < 30 + 1e-3


def test_tv_makes_one_step_at_a_weak_edge_where_harmonic_makes_a_slope():
    L = np.full((20, 41), 50.0)
    L[:, 20:] += 3
    hints = {(x, y): (a, 0.0) for x, a in ((0, 0.0), (40, 40.0)) for y in range(20)}
    across = {
        name: variational(*problem(L, hints), terms, tolerance=1e-6)[0, 0, 10].diff()
        for name, terms in list(EACH.items())[:3]
    }
    assert across["tv"][19] > 30
    assert across["harmonic"][19] < 15


def test_tgv_lets_a_slope_be_a_slope_and_goes_on_with_it_where_tv_stops():
    colors = {0: 0.0, 10: 10.0, 20: 20.0}
    tgv, tv = profile(EACH["tgv"], colors, 26), profile(EACH["tv"], colors, 26)
    assert tgv[25] > 22.5
    assert tv[25] == pytest.approx(20, abs=0.5)


def test_small_and_lifted_comes_as_near_to_the_truth_as_the_direct_solve():
    L, truth = scene(150, 200)
    given, hinted = classical_bench.reveal(np.random.default_rng(0), truth, 60)
    direct, fast, whole = (
        levin2004(L, given, hinted),
        levin_fast(L, given, hinted, 75),
        levin_fast(L, given, hinted, 150),
    )
    assert miss(fast, direct) < 2.0  # Lab units; the colors are 25 to 40 from gray
    assert miss(fast, whole) < 1.5
    assert miss(fast, truth) < miss(direct, truth) + 0.3
    assert miss(variational(L, given, hinted), truth) < miss(direct, truth) + 0.3


@pytest.mark.parametrize("terms", [LEVIN, BEST], ids=["levin", "best"])
def test_more_hints_are_better(terms):
    L, truth = scene(96, 120)
    misses = []
    for count in (0, 3, 12, 48, 200):
        given, hinted = classical_bench.reveal(np.random.default_rng(3), truth, count)
        misses.append(miss(variational(L, given, hinted, terms), truth))
    assert all(later < earlier for earlier, later in pairwise(misses))
    assert misses[-1] < misses[0] / 8


def test_a_hint_of_one_pixel_survives_the_reduction_and_stays_exact():
    L, _ = scene(300, 420)
    ab, hinted = torch.full((1, 2, 300, 420), torch.nan), torch.zeros(1, 1, 300, 420, dtype=torch.bool)
    ab[0, :, 201, 333] = torch.tensor([33.0, -12.0])
    hinted[0, 0, 201, 333] = True
    found = variational(L, ab, hinted, short_side=30)
    assert torch.allclose(found, torch.tensor([33.0, -12.0]).view(1, 2, 1, 1).expand_as(found), atol=0.5)
    assert torch.equal(found[0, :, 201, 333], torch.tensor([33.0, -12.0]))


@pytest.mark.parametrize("wrong", [{"harmonic": 0.0}, {"tv": -1.0}, {"edge": float("nan")}, {"tgv": float("inf")}])
def test_weights_that_are_no_weights_are_told(wrong):
    with pytest.raises(ValueError, match="weights of an energy"):
        Terms(**wrong)


def test_shapes_that_do_not_fit_are_told():
    L, ab, hinted = problem(np.full((5, 6), 50.0), {})
    for wrong in ((L[0], ab, hinted), (L, ab[:, :1], hinted), (L, ab, hinted[..., 1:])):
        with pytest.raises(ValueError, match="of one size"):
            variational(*wrong)
    with pytest.raises(ValueError, match="of one size"):
        energy(L, ab[..., 1:], LEVIN)


@pytest.mark.slow
def test_the_measurement_names_every_method_and_its_ratio(tmp_path):
    from toolkit.color import lab_to_rgb
    from toolkit.photo import save_photo

    rgb = (lab_to_rgb(torch.cat(scene(90, 120), 1))[0] * 255).round().byte()
    report = classical_bench.measure_classical([save_photo(rgb, tmp_path / "scene.png")], megapixels=0.02, hints=30)
    direct, fast, best = report["methods"]
    assert (direct["method"], direct["times_faster"], direct["gain"]) == ("levin2004", 1.0, 0.0)
    assert fast["gain"] == pytest.approx(fast["psnr"] - direct["psnr"], abs=0.02)
    assert min(fast["psnr"], best["psnr"]) > 20
    text = classical_bench.classical_text(report)
    assert "30 hints, 1 photos of 0.02 megapixel" in text
    assert text.count("\n") >= 3
