"""Transport of distributions, and the colors of one photo for another."""

import numpy as np
import pytest
import torch
from PIL import Image

from toolkit.cli import main
from toolkit.color import rgb_to_lab
from toolkit.controls.transfer import METHODS, lalphabeta_to_rgb, reinhard, rgb_to_lalphabeta, transfer, welsh2002
from toolkit.controls.transport import Table, directions, linear_transport, sliced_distance, sliced_transport
from toolkit.guidance import GuidanceError
from toolkit.photo import Photo, open_photo, save_photo


def cloud(n=4000, C=2, seed=0):
    """Points of two unequal lumps."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(n, C, generator=generator) @ (torch.randn(C, C, generator=generator) * 6)
    points[: n // 3] += torch.randn(C, generator=generator) * 25
    return points


def picture(low, high, seed=0, size=(60, 80), name="photo.png"):
    """Smooth mixtures of two colors (r, g, b) in 0..255, with grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    mix = ((np.sin(x / 9 + seed) + np.cos(y / 7)) / 4 + 0.5)[..., None]
    pixels = np.array(low) * (1 - mix) + np.array(high) * mix + rng.normal(0, 6, (*size, 3))
    return Photo.from_array(pixels.clip(0, 255).astype(np.uint8), name)


WARM = picture((60, 30, 20), (240, 180, 110))
COOL = picture((20, 60, 40), (120, 170, 240), 1, (50, 90), "cool.png")
GRAY = Photo.from_array(WARM.rgb[1].numpy(), "gray.png")


def lab(rgb):
    return rgb_to_lab(rgb.float() / 255)


def colors(rgb):
    return lab(rgb)[1:].flatten(1).T


@pytest.mark.parametrize("C", [1, 2, 3])
def test_a_distribution_moved_to_itself_stays(C):
    points = cloud(C=C)
    assert torch.allclose(linear_transport(points, points)(points), points, atol=1e-3)
    assert torch.equal(sliced_transport(points, points)(points), points)
    assert sliced_distance(points, points) == 0


@pytest.mark.parametrize("C", [2, 3])
def test_the_linear_map_gives_mean_and_covariance_by_a_symmetric_matrix(C):
    source, target = cloud(C=C), cloud(C=C, seed=1)
    move = linear_transport(source, target)
    moved = move(source)
    assert torch.allclose(moved.mean(0), target.mean(0), atol=1e-2)
    assert torch.allclose(torch.cov(moved.T), torch.cov(target.T), rtol=1e-2, atol=0.1)
    assert torch.allclose(move.matrix, move.matrix.T, atol=1e-4)  # the cheapest of all maps that do
    assert bool((torch.linalg.eigvalsh(move.matrix) > 0).all())


def test_a_flat_source_has_a_map():
    moved = linear_transport(torch.zeros(50, 2), cloud())(torch.zeros(50, 2))
    assert bool(moved.isfinite().all())
    assert torch.allclose(moved[0], cloud().mean(0), atol=1e-2)


@pytest.mark.parametrize("C", [2, 3])
def test_sliced_transport_arrives_where_the_linear_map_cannot(C):
    source, target = cloud(C=C), cloud(3000, C, seed=2)
    moved = sliced_transport(source, target)(source)
    before = sliced_distance(source, target)
    assert sliced_distance(moved, target) < 0.08 * before
    assert sliced_distance(moved, target) < 0.5 * sliced_distance(linear_transport(source, target)(source), target)
    assert torch.equal(sliced_transport(source, target)(source), moved)


def test_in_one_dimension_it_is_sorting():
    source, target = (
        torch.tensor([[3.0], [1.0], [2.0], [0.0]]).repeat(64, 1),
        torch.tensor([[10.0], [20.0], [40.0], [80.0]]),
    )
    moved = sliced_transport(source, target, rounds=1)(source)[:4, 0]
    assert moved.tolist() == pytest.approx([80.0, 20.0, 40.0, 10.0], abs=0.5)


def test_shares_say_how_much_of_the_target_a_point_is():
    source = cloud()
    moved = sliced_transport(source, torch.tensor([[50.0, 0.0], [-50.0, 0.0]]), torch.tensor([0.9, 0.1]))(source)
    assert float((moved[:, 0] > 0).float().mean()) == pytest.approx(0.9, abs=0.03)


def test_the_distance_of_two_points_is_known():
    a, b = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    assert sliced_distance(a, b) == pytest.approx(5 / 2**0.5, rel=1e-5)


@pytest.mark.parametrize("C", [2, 3])
def test_directions_are_orthonormal_and_all_different(C):
    bases = directions(C, 10)
    assert torch.allclose(bases @ bases.mT, torch.eye(C).expand(10, C, C), atol=1e-5)
    flat = bases.flatten(0, 1)
    cosines = (flat @ flat.T).abs().fill_diagonal_(0)
    assert cosines.max() < 0.9999


@pytest.mark.parametrize("C", [2, 3])
def test_a_table_is_the_map_up_to_its_grid(C):
    points = cloud(C=C).clamp(5, 60)
    shift = Table.of(lambda p: p + 3.0, C)
    assert torch.allclose(shift(points), points + 3, atol=1e-4)
    linear = linear_transport(cloud(C=C), cloud(C=C, seed=1))
    assert torch.allclose(Table.of(linear, C)(points), linear(points), atol=1e-2)


def test_l_alpha_beta_is_there_and_back_and_gray_has_no_color():
    rgb = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.1
    assert torch.allclose(lalphabeta_to_rgb(rgb_to_lalphabeta(rgb)), rgb, atol=2e-3)
    gray = rgb_to_lalphabeta(torch.linspace(0.1, 1, 9).expand(3, 1, 9))
    assert gray[1:].abs().max() < 0.02


def test_reinhard_gives_means_and_deviations():
    source, target = cloud(C=3), cloud(C=3, seed=1)
    moved = reinhard(source, target)(source)
    assert torch.allclose(moved.mean(0), target.mean(0), atol=1e-2)
    assert torch.allclose(moved.std(0), target.std(0), rtol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_a_photo_takes_the_colors_of_another_and_keeps_its_light(method):
    out = transfer(WARM, COOL, method)
    assert out.dtype == torch.uint8
    assert out.shape == WARM.rgb.shape
    assert (lab(out)[:1] - lab(WARM.rgb)[:1]).abs().max() < 0.5  # half a step of 8 bits in each channel, and the gamut
    assert sliced_distance(colors(out), colors(COOL.rgb)) < 0.5 * sliced_distance(colors(WARM.rgb), colors(COOL.rgb))
    assert torch.equal(out, transfer(WARM, COOL, method))


@pytest.mark.parametrize("method", METHODS)
def test_strength_leads_from_the_photo_to_the_other(method):
    assert torch.equal(transfer(WARM, COOL, method, 0.0), WARM.rgb)
    whole, half = (colors(transfer(WARM, COOL, method, s)).mean(0) for s in (1.0, 0.5))
    assert torch.allclose(half, (whole + colors(WARM.rgb).mean(0)) / 2, atol=2)


@pytest.mark.parametrize("method", ["reinhard", "linear", "transport"])
def test_lightness_can_be_taken_too(method):
    dark = picture((5, 10, 20), (70, 60, 30), 2)
    kept, moved = (lab(transfer(WARM, dark, method, keep_lightness=keep))[0] for keep in (True, False))
    wanted = lab(dark.rgb)[0].mean()
    assert abs(moved.mean() - wanted) < 0.3 * abs(kept.mean() - wanted)


def test_welsh_gives_a_gray_photo_colors_by_its_light():
    ramp = Photo.from_array(
        np.tile(np.linspace(20, 235, 200)[:, None, None], (1, 150, 3)).clip(0, 255).astype(np.uint8), "ramp.png"
    )
    two = ramp.rgb.clone()
    two[:, :100] = torch.tensor([20, 40, 120]).view(3, 1, 1)  # dark is blue
    two[:, 100:] = torch.tensor([240, 200, 120]).view(3, 1, 1)  # light is yellow
    reference = Photo(two, "two.png", "color")
    b = lab(transfer(ramp, reference, "welsh2002"))[2]
    assert b[20:80].mean() < -5
    assert b[120:180].mean() > 5
    ab, L = welsh2002(GRAY, COOL)
    assert ab.shape[-2:] == L.shape[-2:] == GRAY.rgb.shape[1:]
    assert transfer(GRAY, COOL, "welsh2002").shape == GRAY.rgb.shape


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 300), (300, 1), (3, 2)])
def test_odd_sizes_go_through(method, size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    photo = Photo(torch.from_numpy(pixels).permute(2, 0, 1).contiguous(), "odd", "color")
    assert transfer(photo, COOL, method).shape == photo.rgb.shape
    assert transfer(COOL, photo, method).shape == COOL.rgb.shape


def test_what_does_not_fit_is_said_in_a_sentence():
    with pytest.raises(GuidanceError, match=r"gray\.png has no colors to take"):
        transfer(WARM, GRAY)
    with pytest.raises(GuidanceError, match=r"gray\.png has no colors to change; .*welsh2002"):
        transfer(GRAY, COOL)
    with pytest.raises(ValueError, match="reinhard, linear"):
        transfer(WARM, COOL, "magic")
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"from 0 .* to 1"):
            transfer(WARM, COOL, strength=strength)


def test_strips_give_the_same_pixels_as_the_whole(monkeypatch):
    photo = picture((60, 30, 20), (240, 180, 110), size=(90, 70))
    for method in METHODS:
        whole = transfer(photo, COOL, method)
        with monkeypatch.context() as patch:
            patch.setattr("toolkit.photo.decoding._STRIP", 70 * 13)
            assert torch.equal(transfer(photo, COOL, method), whole)


def test_the_command_writes_a_picture_and_refuses_in_a_sentence(tmp_path, capsys):
    photo, other, gray = (
        str(save_photo(p.rgb, tmp_path / n)) for p, n in ((WARM, "warm.png"), (COOL, "cool.png"), (GRAY, "gray.png"))
    )
    assert main(["transfer", photo, "--from", other]) == 0
    written = tmp_path / "warm-linear.png"
    assert capsys.readouterr().out.strip() == str(written)
    assert torch.equal(open_photo(written).rgb, transfer(WARM, COOL))
    assert (
        main(
            [
                "transfer",
                photo,
                "--from",
                other,
                "--method",
                "reinhard",
                "--strength",
                "0.5",
                "-o",
                str(tmp_path / "new.jpg"),
            ]
        )
        == 0
    )
    with Image.open(tmp_path / "new.jpg") as picture_written:
        assert picture_written.size == WARM.size
    capsys.readouterr()
    for arguments, said in (
        ([photo, "--from", other], "--overwrite"),
        ([photo, "--from", other, "-o", photo, "--overwrite"], "another place"),
        ([photo, "--from", gray, "-o", str(tmp_path / "a.png")], "no colors"),
        ([photo, "--from", other, "-o", str(tmp_path / "nowhere" / "a.png")], "no folder"),
    ):
        assert main(["transfer", *arguments]) == 2
        error = capsys.readouterr().err.strip()
        assert said in error
        assert "\n" not in error
    assert torch.equal(open_photo(photo).rgb, WARM.rgb)
