"""toolkit.color against scikit-image, against the definition of the gamut, and against the equations of Zhang 2016."""

import math

import pytest
import torch
from skimage import color as skimage_color
from torch import Tensor

from toolkit import color
from toolkit.color import (
    SPACES,
    AbBins,
    annealed_mean,
    lab_to_rgb,
    map_to_gamut,
    parse_color,
    rebalancing_weights,
    rgb_to_lab,
    soft_encode,
    suggest,
)

BINS = AbBins.make()


def colors(n: int = 17) -> Tensor:
    """(1, 3, n*n, n): the whole RGB cube."""
    axis = torch.linspace(0, 1, n)
    return torch.cartesian_prod(axis, axis, axis).T.reshape(1, 3, n * n, n)


def wild(n: int = 20000) -> Tensor:
    """(1, 3, n, 1): Lab colors at random, most of them outside sRGB."""
    u = torch.rand(1, 3, n, 1, generator=torch.Generator().manual_seed(0))
    return u * torch.tensor([100.0, 220.0, 220.0]).view(3, 1, 1) - torch.tensor([0.0, 110.0, 110.0]).view(3, 1, 1)


def pixel(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1)


def test_8_bits_are_those_of_lab_to_rgb_within_a_step() -> None:
    for lab in (wild()[0], rgb_to_lab(colors())[0]):
        exact = (lab_to_rgb(lab) * 255).round().int()
        off = (color.lab_to_rgb8(lab).int() - exact).abs()
        assert off.max() <= 1
        # most of these lie on the gamut's border, where one channel is dark and its steps are fine
        assert (off > 0).float().mean() < 0.05


@pytest.mark.parametrize(
    "code, lab",
    [
        ("#3a6ea5", (45.31, 0.47, -34.72)),
        ("#ffffff", (100, 0, 0)),
        ("#000000", (0, 0, 0)),
        ("#ff0000", (53.24, 80.09, 67.20)),
    ],
)
def test_lab_of_known_colors(code: str, lab: tuple[float, float, float]) -> None:
    assert color.hex_to_lab(code) == pytest.approx(lab, abs=0.02)


def test_lab_agrees_with_scikit_image() -> None:
    rgb = colors()
    reference = torch.from_numpy(skimage_color.rgb2lab(rgb.double().numpy(), channel_axis=1))
    torch.testing.assert_close(rgb_to_lab(rgb), reference.float(), atol=0.02, rtol=0)


@pytest.mark.parametrize("space", SPACES)
def test_there_and_back(space: str) -> None:
    there, back = SPACES[space]
    torch.testing.assert_close(back(there(colors())), colors(), atol=2e-4, rtol=0)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("gray", [0.0, 0.001, 0.5, 1.0])
def test_gradients_are_finite_on_the_gray_axis(space: str, gray: float) -> None:
    there, back = SPACES[space]
    rgb = pixel(gray, gray, gray).requires_grad_()
    back(there(rgb)).square().sum().backward()
    assert rgb.grad is not None
    assert rgb.grad.isfinite().all()


def test_gradients_are_exact_inside_and_finite_outside_the_gamut() -> None:
    inside = rgb_to_lab(colors(4)[..., 1:3, 1:3] * 0.8 + 0.1).double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda lab: lab_to_rgb(lab.float()).double(), inside, eps=1e-2, atol=1e-3, rtol=2e-2
    )
    lab = torch.cat(
        [wild(200), pixel(0, 0, 0), pixel(0, 50, 50), pixel(100, 0, 0), pixel(100, -50, 50), pixel(50, 0, 0)], 2
    ).requires_grad_()
    lab_to_rgb(lab).sum().backward()
    assert lab.grad is not None
    assert lab.grad.isfinite().all()
    assert (lab.grad[:, 1:] != 0).any()


def test_leading_dimensions_dtype_and_autocast_do_not_change_the_color() -> None:
    rgb = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    lab = rgb_to_lab(rgb)
    torch.testing.assert_close(rgb_to_lab(rgb[0]), lab[0])
    torch.testing.assert_close(lab_to_rgb(lab[None]), lab_to_rgb(lab)[None])
    assert lab_to_rgb(lab.half()).dtype == torch.float16
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(rgb_to_lab(rgb), lab)
        torch.testing.assert_close(lab_to_rgb(lab), rgb, atol=1e-4, rtol=0)


@pytest.mark.parametrize("function", [rgb_to_lab, lab_to_rgb, map_to_gamut, color.in_gamut])
def test_wrong_images_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="divide 8-bit pixels by 255"):
        function(torch.zeros(1, 3, 2, 2, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"\(1, 2, 4, 4\)"):
        function(torch.zeros(1, 2, 4, 4))


def test_mapping_keeps_l_and_hue_and_lands_inside() -> None:
    lab = wild()
    mapped = map_to_gamut(lab)
    assert color.in_gamut(mapped).all()
    torch.testing.assert_close(mapped[:, 0], lab[:, 0])
    a, b, A, B = *lab[0, 1:], *mapped[0, 1:]
    torch.testing.assert_close(a * B, A * b, atol=1e-2, rtol=0)  # parallel
    assert (a * A + b * B >= 0).all()  # same direction
    assert (A.hypot(B) <= a.hypot(b) + 1e-4).all()


def test_mapping_takes_the_largest_chroma() -> None:
    lab = wild()
    outside = ~color.in_gamut(lab) & (lab[:, :1] > 5)  # in the dark, two units of chroma are less than the tolerance
    mapped = map_to_gamut(lab)
    more = torch.cat([mapped[:, :1], mapped[:, 1:] + 2 * lab[:, 1:] / lab[:, 1:].norm(dim=1, keepdim=True)], 1)
    assert (~color.in_gamut(more))[outside].all()  # two units of chroma further is outside


def test_colors_inside_are_left_alone() -> None:
    lab = rgb_to_lab(colors())
    assert color.in_gamut(lab).all()
    assert torch.equal(map_to_gamut(lab), lab)


def test_l_survives_saving_in_8_bits() -> None:
    lab = wild()
    saved = (lab_to_rgb(lab) * 255).round() / 255
    # scikit-image judges. Half a step in each channel moves L by up to 0.3 (gray is worst, at 0.27 a step near L = 25,
    # and dark colors alike).
    L = torch.from_numpy(skimage_color.rgb2lab(saved.numpy(), channel_axis=1))[:, 0]
    assert (L - lab[:, 0]).abs().max() < 0.3


def test_clipping_each_channel_would_move_l() -> None:
    """The reason for all this: what kornia does alone, on the color named in the docstring."""
    from kornia.color import lab_to_rgb as clipping

    lab = pixel(60, 80, -90)
    assert abs(float(rgb_to_lab(clipping(lab))[0, 0]) - 60) > 3
    assert float(rgb_to_lab(lab_to_rgb(lab))[0, 0]) == pytest.approx(60, abs=0.02)


def test_every_gray_of_8_bits_survives_without_its_color() -> None:
    gray = torch.arange(256.0).view(1, 1, 256, 1).expand(1, 3, 256, 1)
    L = rgb_to_lab(gray / 255)[:, :1]
    assert torch.equal((lab_to_rgb(torch.cat([L, 0 * L, 0 * L], 1)) * 255).round(), gray)


def test_l_beyond_the_scale_is_limited() -> None:
    torch.testing.assert_close(lab_to_rgb(pixel(130, 20, 0)), torch.ones(1, 3, 1, 1))
    assert torch.equal(lab_to_rgb(pixel(-10, 20, 0)), torch.zeros(1, 3, 1, 1))


def test_bins_lie_on_the_grid_inside_the_gamut() -> None:
    assert len(BINS) == 226
    assert BINS.step == 10
    assert torch.equal(BINS.centers % 10, torch.zeros_like(BINS.centers))
    assert len({tuple(c) for c in BINS.centers.tolist()}) == len(BINS)
    ab = rgb_to_lab(colors(33))[0, 1:].flatten(1).T
    nearest = torch.cdist(ab, BINS.centers).amin(1)
    assert nearest.max() < 13
    assert nearest.quantile(0.99) < math.hypot(5, 5)


def test_bins_at_a_lightness_can_be_shown() -> None:
    for L in (5.0, 50.0, 95.0):
        mask = BINS.in_gamut_at(L)
        lab = torch.cat([torch.full((len(BINS), 1), L), BINS.centers], 1).T[None, ..., None]
        assert torch.equal(mask, color.in_gamut(lab).flatten())
        assert 0 < mask.sum() < len(BINS)
    neutral = BINS.centers.eq(0).all(1)
    assert torch.equal(BINS.in_gamut_at(0), neutral)
    assert torch.equal(BINS.in_gamut_at(100), neutral)


def test_soft_encoding_is_the_gaussian_of_the_five_nearest() -> None:
    ab = torch.tensor([3.0, -4.0])
    code = soft_encode(ab.view(1, 2, 1, 1), BINS).flatten()
    squared = ((BINS.centers - ab) ** 2).sum(1)
    nearest = squared.argsort()[:5]
    expected = torch.zeros(len(BINS))
    expected[nearest] = torch.exp(-squared[nearest] / 50)
    torch.testing.assert_close(code, expected / expected.sum())


def test_soft_encoding_returns_the_color_within_a_bin() -> None:
    ab = rgb_to_lab(colors())[:, 1:]
    code = soft_encode(ab, BINS)
    torch.testing.assert_close(code.sum(1), torch.ones(1, *ab.shape[2:]))
    assert (code > 0).sum(1).max() == 5
    back = annealed_mean(code.clamp(min=1e-12).log(), BINS, 1.0)
    error = (back - ab).norm(dim=1)
    assert error.mean() < 2
    assert error.quantile(0.99) < 10


def test_soft_encoding_survives_absurd_colors() -> None:
    code = soft_encode(torch.tensor([1e4, -1e4]).view(1, 2, 1, 1), BINS)
    assert code.isfinite().all()
    assert code.sum() == pytest.approx(1)


def test_temperature_goes_from_mean_to_mode() -> None:
    p = torch.zeros(len(BINS))
    red, gray = (int(BINS.centers.eq(torch.tensor(ab)).all(1).nonzero()) for ab in [(50.0, 30.0), (0.0, 0.0)])
    p[red], p[gray] = 0.6, 0.4
    logits = p.clamp(min=1e-20).log().view(1, -1, 1, 1)
    means = [annealed_mean(logits, BINS, t).flatten().tolist() for t in (1.0, 0.38, 0.02)]
    assert means[0] == pytest.approx([30, 18], abs=1e-3)
    share = 0.6 ** (1 / 0.38) / (0.6 ** (1 / 0.38) + 0.4 ** (1 / 0.38))  # equation 5
    assert means[1] == pytest.approx([50 * share, 30 * share], abs=1e-3)
    assert means[2] == pytest.approx([50, 30], abs=1e-3)
    with pytest.raises(ValueError, match="temperature must be above 0"):
        annealed_mean(logits, BINS, 0)


def test_annealed_mean_is_differentiable() -> None:
    logits = torch.randn(2, len(BINS), 3, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    annealed_mean(logits, BINS, 0.4).sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert logits.grad.abs().max() > 0


def test_rebalancing_follows_equation_4() -> None:
    counts = torch.tensor([900.0, 90.0, 10.0, 0.0])
    prior = counts / counts.sum()
    weight = rebalancing_weights(counts)
    assert float((prior * weight).sum()) == pytest.approx(1)
    mixed = 0.5 * prior + 0.5 / 4
    # weight is inversely proportional to the smoothed prior
    torch.testing.assert_close(weight * mixed, (weight * mixed)[:1].expand(4))
    torch.testing.assert_close(rebalancing_weights(counts, lam=1), torch.ones(4))
    with pytest.raises(ValueError, match="lam must lie"):
        rebalancing_weights(counts, lam=0)


def test_suggestions_find_the_modes_by_share() -> None:
    p = torch.zeros(len(BINS))
    for ab, share in {(60.0, 40.0): 0.3, (60.0, 50.0): 0.3, (-30.0, 30.0): 0.3, (10.0, -50.0): 0.1}.items():
        p[BINS.centers.eq(torch.tensor(ab)).all(1)] = share
    found = suggest(p, BINS, k=3)
    assert [share for _, share in found] == pytest.approx([0.6, 0.3, 0.1])
    assert [v for ab, _ in found for v in ab] == pytest.approx([60, 45, -30, 30, 10, -50])
    assert len(suggest(p, BINS)) == 4  # no more clusters than colors
    as_logits = suggest(p.clamp(min=1e-30).log(), BINS, k=3)
    assert [v for ab, share in as_logits for v in (*ab, share)] == pytest.approx(
        [v for ab, share in found for v in (*ab, share)]
    )


def test_suggestions_are_deterministic_and_share_everything() -> None:
    logits = torch.randn(len(BINS), generator=torch.Generator().manual_seed(0)) * 3
    found = suggest(logits, BINS)
    assert found == suggest(logits.clone(), BINS)
    assert len(found) == 9
    shares = [share for _, share in found]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)


def test_delta_e_of_published_pairs() -> None:
    """Sharma, Wu and Dalal 2005, table 1: pairs 1, 7 and 25."""
    one = torch.tensor([[50.0, 2.6772, -79.7751], [50.0, 0.0, 0.0], [60.2574, -34.0099, 36.2677]]).T.view(1, 3, 3, 1)
    two = torch.tensor([[50.0, 0.0, -82.7485], [50.0, -1.0, 2.0], [60.4626, -34.1751, 39.4387]]).T.view(1, 3, 3, 1)
    difference = color.delta_e(one, two)
    assert difference.shape == (1, 1, 3, 1)
    assert difference.flatten().tolist() == pytest.approx([2.0425, 2.3669, 1.2644], abs=1e-4)


@pytest.mark.parametrize(
    "text, code",
    [
        ("#3a6ea5", "#3a6ea5"),
        ("3A6EA5", "#3a6ea5"),
        ("#38a", "#3388aa"),
        (" rgb(58, 110,165) ", "#3a6ea5"),
        ("rgb(0 0 0)", "#000000"),
        ("SkyBlue", "#87ceeb"),
        ("sky blue", "#87ceeb"),
        ("Navy-Blue", "#000080"),
        ("dark grey", "#a9a9a9"),
        ("papayawhip", "#ffefd5"),
        ("blond", "#cfae72"),
    ],
)
def test_colors_as_people_write_them(text: str, code: str) -> None:
    assert color.to_hex(parse_color(text)) == code


@pytest.mark.parametrize(
    "text", ["", "bleu", "#12", "#3a6ea5ff", "rgb(300, 0, 0)", "rgb(1, 2)", "12345678", "x" * 10000, None, 7]
)
def test_not_a_color(text: str) -> None:
    with pytest.raises(ValueError, match="is not a color") as error:
        parse_color(text)
    message = str(error.value)
    assert len(message) < 250
    assert message.endswith(".")
    assert "\n" not in message


def test_near_names_are_offered() -> None:
    with pytest.raises(ValueError, match='"moss green"'):
        parse_color("mos green")


@pytest.mark.parametrize(
    "code, name",
    [
        ("#4169e1", "royal blue"),
        ("#6e7a44", "moss green"),
        ("#010101", "black"),
        ("#8b0000", "dark red"),
        ("#e9c2b8", "blush"),
    ],
)
def test_name_of_a_color(code: str, name: str) -> None:
    assert color.color_name(parse_color(code)) == name


def test_every_name_given_is_understood_and_given_back() -> None:
    from toolkit.color.names import spoken

    for name in spoken():
        assert color.color_name(parse_color(name)) == name
