"""The lift: the contract on any input, strips against the whole, and the error at edges against bilinear on made-up
scenes and a real photo.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.testing import assert_close

from tests import EXAMPLES
from toolkit.measure.speed import lift_table
from toolkit.photo.lift import Lift, lift


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def shrink(x: Tensor, by: int = 8) -> Tensor:
    return F.avg_pool2d(x, by)


def bilinear(ab: Tensor, L: Tensor) -> Tensor:
    return F.interpolate(ab, L.shape[-2:], mode="bilinear", align_corners=False)


def miss(ab: Tensor, truth: Tensor) -> float:
    return float((ab - truth).norm(dim=1).mean())


def scene(mask: Tensor, back: tuple[float, float, float], front: tuple[float, float, float]) -> tuple[Tensor, Tensor]:
    """(L, ab) of two colors (L, a, b): `front` where mask (H, W) is 1, `back` where it is 0."""
    lab = torch.tensor(back).view(1, 3, 1, 1) * (1 - mask) + torch.tensor(front).view(1, 3, 1, 1) * mask
    return lab[:, :1], lab[:, 1:]


def disc(side: int = 256) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((y - 120.5) ** 2 + (x - 133.3) ** 2 < 70**2).float()


def wire(side: int = 256) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((y - 0.4 * x - 60).abs() < 2).float()


@pytest.mark.parametrize("mask, share", [(disc(), 0.6), (wire(), 0.95)])
@pytest.mark.parametrize("front", [(75.0, 5.0, 60.0), (25.0, 40.0, -60.0)])
def test_color_keeps_inside_its_edges(mask: Tensor, share: float, front: tuple[float, float, float]) -> None:
    L, ab = scene(mask, (50.0, -20.0, -30.0), front)
    assert miss(lift(shrink(ab), L), ab) < share * miss(bilinear(shrink(ab), L), ab)


def test_edges_of_color_alone_are_no_worse() -> None:
    L, ab = scene(disc(), (50.0, -20.0, -30.0), (50.0, 40.0, 30.0))
    assert miss(lift(shrink(ab), L), ab) <= miss(bilinear(shrink(ab), L), ab)


def test_edges_of_light_alone_leave_color_alone() -> None:
    L = 30 + 40 * disc()[None, None]
    ab = torch.linspace(-40, 40, 256).expand(1, 2, 256, 256)  # a ramp across the disc
    assert miss(lift(shrink(ab), L), ab) < 0.25


@pytest.mark.parametrize("grain", [2.0, 6.0])
def test_grain_is_not_an_edge(grain: float) -> None:
    ab = F.interpolate(20 * noise(1, 2, 4, 4), (256, 256), mode="bicubic")
    L = (60 + grain * noise(1, 1, 256, 256, seed=1)).clamp(0, 100)
    assert miss(lift(shrink(ab), L), ab) < 1.02 * miss(bilinear(shrink(ab), L), ab)


def test_grain_does_not_shake_a_color_that_follows_light() -> None:
    wave = torch.sin(torch.arange(256) / 10).expand(1, 1, 256, 256)
    ab = 30 * wave.expand(1, 2, 256, 256)
    L = 50 + 20 * wave + 5 * noise(1, 1, 256, 256)
    change = lift(shrink(ab), L) - lift(shrink(ab), 50 + 20 * wave)
    assert change.std() < 3.5  # 4.8 if all of the grain were followed


def test_texture_of_light_alone_does_not_stain() -> None:
    y, x = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    L = (50 + 30 * torch.sin(x * 1.3) * torch.sin(y * 0.9))[None, None]
    _, ab = scene(disc(), (50.0, -20.0, -30.0), (50.0, 40.0, 30.0))
    assert miss(lift(shrink(ab), L), ab) < 1.02 * miss(bilinear(shrink(ab), L), ab)


@pytest.mark.parametrize("blur", [1, 2, 3])
def test_bleeding_colors_are_not_made_worse(blur: int) -> None:
    L, ab = scene(disc(), (50.0, -20.0, -30.0), (75.0, 5.0, 60.0))
    bled = F.avg_pool2d(F.pad(shrink(ab), (blur,) * 4, mode="replicate"), 2 * blur + 1, 1)
    assert miss(lift(bled, L), ab) < miss(bilinear(bled, L), ab)


@pytest.mark.slow
def test_on_real_photos_a_fifth_less_error_at_edges_and_nowhere_more() -> None:
    photos = [EXAMPLES / f"{name}.jpg" for name in ("animals-two-dogs", "interior-living-room", "landscape-mountains")]
    rows = {r["way"]: r for r in lift_table(photos, sizes=(128,))}
    assert rows["ours"]["edges"] < 0.8 * rows["bilinear"]["edges"] < 0.8 * rows["nearest-exact"]["edges"]
    assert rows["ours"]["elsewhere"] < 0.95 * rows["bilinear"]["elsewhere"]
    assert rows["ours"]["worst"] < 0.97  # on any of them, near edges or not


@pytest.mark.parametrize("small", [(1, 1), (1, 7), (16, 24), (128, 85)])
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (7, 300), (50, 33), (131, 97)])
@pytest.mark.parametrize("light", ["random", "black", "white"])
def test_any_size_any_light(small: tuple[int, int], size: tuple[int, int], light: str) -> None:
    L = {
        "random": (50 + 40 * noise(1, 1, *size)).clamp(0, 100),
        "black": torch.zeros(1, 1, *size),
        "white": torch.full((1, 1, *size), 100.0),
    }[light]
    ab = 60 * noise(1, 2, *small)
    big = lift(ab, L)
    assert big.shape == (1, 2, *size)
    reach = 0.1 * (ab.max() - ab.min())
    assert ab.min() - reach <= big.min() <= big.max() <= ab.max() + reach
    assert_close(lift(torch.zeros_like(ab), L), torch.zeros_like(big), rtol=0, atol=0)
    tint = torch.tensor([30.0, -20.0]).view(1, 2, 1, 1)
    assert_close(lift(tint.expand_as(ab), L), tint.expand_as(big), rtol=0, atol=1e-4)


def test_flat_light_is_the_bilinear_lift() -> None:
    ab = 40 * noise(1, 2, 12, 9)
    L = torch.full((1, 1, 100, 75), 40.0)
    assert_close(lift(ab, L), bilinear(ab, L), rtol=0, atol=0.5)


def test_to_a_smaller_photo_by_averages() -> None:
    ab = 40 * noise(1, 2, 40, 28)
    assert_close(lift(ab, torch.full((1, 1, 5, 7), 40.0)), F.interpolate(ab, (5, 7), mode="area"), rtol=0, atol=0.5)


def test_no_color_comes_from_further_than_the_neighbors() -> None:
    ab = torch.zeros(1, 2, 16, 16)
    ab[..., 8, 8] = 50
    big = lift(ab, (50 + 30 * noise(1, 1, 128, 128)).clamp(0, 100))
    near = torch.zeros(128, 128, dtype=torch.bool)
    near[48:88, 48:88] = True  # the pixel, its neighbors, and as far as those are enlarged
    assert big[..., near].abs().max() > 20
    assert big[..., ~near].abs().max() == 0


def test_light_turned_upside_down_changes_nothing() -> None:
    ab, L = 30 * noise(1, 2, 16, 12), (50 + 20 * noise(1, 1, 100, 80)).clamp(0, 100)
    assert_close(lift(ab, 100 - L), lift(ab, L), rtol=0, atol=1e-2)


@pytest.mark.parametrize("size, small", [((300, 211), (40, 28)), ((30, 21), (40, 28)), ((1001, 700), (128, 89))])
@pytest.mark.parametrize("rows", [1, 17, 64])
def test_strips_are_the_whole(size: tuple[int, int], small: tuple[int, int], rows: int) -> None:
    ab, L = 40 * noise(1, 2, *small), (50 + 30 * noise(1, 1, *size)).clamp(0, 100)
    prepared = Lift(ab, F.interpolate(L, small, mode="area"), size)
    strips = torch.cat([prepared.rows(L[:, :, y : y + rows], y) for y in range(0, size[0], rows)], 2)
    assert_close(strips, lift(ab, L), rtol=0, atol=1e-4)


def test_what_does_not_fit_together_is_said() -> None:
    with pytest.raises(ValueError, match="same size"):
        Lift(torch.zeros(1, 2, 8, 8), torch.zeros(1, 1, 8, 9), (64, 64))
    prepared = Lift(torch.zeros(1, 2, 8, 8), torch.zeros(1, 1, 8, 8), (64, 64))
    for strip, top in [((8, 63), 0), ((8, 64), 60), ((8, 64), -1)]:
        with pytest.raises(ValueError, match="its own rows"):
            prepared.rows(torch.zeros(1, 1, *strip), top)
