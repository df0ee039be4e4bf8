"""The teaching zoo: what each architecture claims about itself, and that all of them learn."""

import pytest
import torch
from torch.nn import functional as F

from toolkit.color import rgb_to_lab
from toolkit.models.zoo import names, network
from toolkit.models.zoo.drconv_unet import DRConv, DRConvUNet
from toolkit.models.zoo.pix2pix import Pix2Pix
from toolkit.models.zoo.plain_unet import PlainUNet
from toolkit.models.zoo.simple_cnn import SimpleCNN
from toolkit.models.zoo.vae import VAE, kl
from toolkit.models.zoo_colorizer import light_keys
from toolkit.training.loop import Schedule, Trainer
from toolkit.training.recipes.pix2pix import NONE, VARIANTS, Balance, GanRecipe, study
from toolkit.training.shapes import KINDS, shapes
from toolkit.training.zoo import ZooRecipe, centers, views


def lightness(batch=2, height=32, width=48, seed=0):
    return 100 * torch.rand(batch, 1, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", names())
def test_every_network_says_ab_at_half_size_for_any_multiple_of_16(name):
    drawn = network(name).eval()
    for height, width in ((16, 16), (32, 80)):
        with torch.inference_mode():
            ab = drawn(lightness(2, height, width))
        assert ab.shape == (2, 2, height // 2, width // 2)
        assert ab.isfinite().all()


@pytest.mark.parametrize("name", names())
def test_every_network_is_small_enough_for_a_course(name):
    assert sum(p.numel() for p in network(name).parameters()) < 600_000


def reach(network, side=160):
    """How far from the middle a pixel of L still changes the answer there."""
    L = lightness(1, side, side).requires_grad_()
    network.eval()(L)[0, :, side // 4, side // 4].sum().backward()
    rows = L.grad[0, 0].abs().amax(1) > 1e-9 * L.grad.abs().max()
    return int(rows.nonzero().max() - rows.nonzero().min()) + 1


def test_the_simplest_network_sees_as_little_as_it_says():
    network = SimpleCNN()
    for module in network.modules():
        if isinstance(module, torch.nn.GroupNorm):  # which takes its mean over the whole photo
            module.forward = lambda x: x
    assert reach(network) <= 25


def test_a_unet_keeps_edges_that_an_autoencoder_loses():
    """Two nets that learned nothing: how much of the finest detail of L is left in what they say."""
    torch.manual_seed(0)
    fine = 50 + 40 * ((torch.arange(64) // 2 % 2) * 2 - 1).float().expand(1, 1, 64, 64)
    flat = torch.full_like(fine, 50)

    def detail(name):
        with torch.inference_mode():
            untaught = network(name).eval()
            change = untaught(fine) - untaught(flat)
        return float((change - F.avg_pool2d(change, 5, 1, 2)).abs().mean() / change.abs().mean())

    assert detail("plain-unet") > 1.5 * detail("autoencoder")


def test_regions_of_drconv_cover_the_photo_once_and_learn():
    layer = DRConv(8, 16, regions=4)
    x = torch.randn(3, 8, 12, 20, generator=torch.Generator().manual_seed(0))
    regions = layer.regions(x)
    assert regions.shape == (3, 4, 12, 20)
    assert torch.equal(regions.detach().round().sum(1), torch.ones(3, 12, 20))
    assert 1 < len(regions.argmax(1).unique()) <= 4
    layer(x).square().mean().backward()
    assert layer.guide.weight.grad.abs().max() > 0, "the choice of a region has to have a gradient"


def test_drconv_filters_each_region_by_its_own_filter():
    """Against the plain way: make the filters, convolve with each, take at each place its region's."""
    layer = DRConv(8, 16, regions=3).eval()
    x = torch.randn(2, 8, 9, 10, generator=torch.Generator().manual_seed(1))
    layer.norm = torch.nn.Identity()
    with torch.inference_mode():
        filters = layer.make(layer.squeeze(F.adaptive_avg_pool2d(x, 3)).sigmoid()).view(2, 3, 16, 8, 3, 3)
        chosen = layer.guide(x).argmax(1)
        for b in range(2):
            every = torch.stack([F.conv2d(x[b : b + 1], f, padding=1)[0] for f in filters[b]])  # (M, 16, 9, 10)
            expected = every.gather(0, chosen[b].expand(1, 16, -1, -1))[0]
            assert torch.allclose(layer(x)[b], F.silu(expected), atol=1e-5)


def test_a_drconv_unet_shows_its_regions():
    L = lightness(2, 32, 48)
    regions = DRConvUNet().eval().regions(L)
    assert regions.shape == (2, 4, 8, 12)
    assert torch.equal(regions.sum(1), torch.ones(2, 8, 12))


def test_the_vae_paints_by_z_and_learns_what_the_truth_says():
    network = VAE().eval()
    L, truth = lightness(), 20 * torch.randn(2, 2, 16, 24)
    calm, other = network(L), network(L, torch.randn(2, network.latent))
    assert torch.equal(calm, network(L, torch.zeros(2, network.latent)))
    assert not torch.allclose(calm, other)
    _, mean, log_variance = network.learn(L, truth)
    _, unlike, _ = network.learn(L, -truth)
    assert mean.shape == log_variance.shape == (2, network.latent)
    assert not torch.allclose(mean, unlike), "z has to depend on the true colors"


def test_kl_is_that_of_torch():
    mean, log_variance = torch.randn(5, 16), torch.randn(5, 16)
    ours = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(ours, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    assert torch.allclose(kl(mean, log_variance), expected, rtol=1e-4)


def test_neither_side_of_pix2pix_feels_the_others_loss():
    network = Pix2Pix()
    L, truth = lightness(), torch.zeros(2, 2, 16, 24)
    _, fooled, _, _ = network.learn(L, truth)
    fooled.mean().backward()
    assert all(p.grad is None or not p.grad.any() for p in network.critic.parameters())
    assert any(p.grad is not None and p.grad.any() for p in network.generator.parameters())
    network.zero_grad(set_to_none=True)
    _, _, real, fake = network.learn(L, truth)
    (real.mean() - fake.mean()).backward()
    assert all(p.grad is None or not p.grad.any() for p in network.generator.parameters())
    assert any(p.grad is not None and p.grad.any() for p in network.critic.parameters())


def test_keys_of_lightness_are_alike_where_lightness_is():
    L = torch.tensor([20.0, 22.0, 80.0]).repeat_interleave(4).expand(1, 1, 4, 12)
    keys = light_keys(L)[0, :, 0]  # (12, 3)
    assert torch.allclose(keys.norm(dim=0), torch.ones(3), atol=1e-5)
    alike = keys.T @ keys
    assert alike[0, 1] > 0.95
    assert alike[0, 2] < 0.1


def test_shapes_are_the_same_for_a_seed_and_in_color():
    assert len(KINDS) == 4
    some, again, others = shapes(4), shapes(4), shapes(4, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(some, again, strict=True))
    assert not torch.equal(torch.stack(some), torch.stack(others))
    for picture in some:
        assert picture.shape == (3, 48, 48)
        assert picture.dtype == torch.uint8
        assert rgb_to_lab(picture[None].float() / 255)[:, 1:].abs().amax() > 20


def test_views_take_every_photo_once_before_any_again():
    photos = [torch.full((3, 20, 20), value, dtype=torch.uint8) for value in range(0, 160, 20)]
    batches = views(photos, 4, 16, seed=0)
    seen = [round(float(L.mean()), 1) for _ in range(2) for L in next(batches).L]
    assert len(set(seen)) == 8
    few = next(views(photos[:3], 4, 16, seed=0))
    assert few.L.shape == (4, 1, 16, 16)
    assert few.ab.shape == (4, 2, 8, 8)


def test_centers_are_the_middle_squares():
    photo = torch.zeros(3, 20, 60, dtype=torch.uint8)
    photo[:, :, 20:40] = 255
    assert torch.equal(centers([photo], 20), torch.ones(1, 3, 20, 20))


@pytest.mark.parametrize("name", names())
def test_every_network_learns_the_colors_of_one_batch(name):
    pictures = shapes(4, side=48)
    recipe = GanRecipe(pictures, side=32) if name == "pix2pix" else ZooRecipe(name, pictures, side=32)
    batch, module = next(views(pictures, 4, 32, seed=0)), recipe.module
    optimizer = torch.optim.AdamW(module.parameters(), lr=5e-3)
    losses = []
    for _ in range(25):
        found = recipe.loss(module, batch, 0.0)
        found["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(found.get("loss_ab", found["loss"]).detach()))
    assert losses[-1] < 0.7 * losses[0]
    numbers, sheet = recipe.validate(module.eval())
    assert {"val_psnr", "val_gray_psnr", "val_colorfulness_ratio"} <= set(numbers)
    assert sheet.shape[0] == 3


def test_the_critic_learns_at_a_rate_of_its_own(tmp_path):
    recipe = GanRecipe(shapes(4, side=32), Balance(times=0.25, pretrain=0.0), side=16)
    trainer = Trainer(recipe, tmp_path, Schedule(steps=2, warmup=1), device="cpu")
    trainer.run(views(shapes(4, side=32), 2, 16, seed=0), quiet=True)
    generator, critic = (group["lr"] for group in trainer.optimizer.param_groups)
    assert critic == pytest.approx(generator / 4)
    assert sum(len(group["params"]) for group in trainer.optimizer.param_groups) == len(
        list(recipe.module.parameters())
    )


def test_a_critic_that_has_to_wait_changes_nothing_before():
    """Pretraining: the generator learns from the colors alone, then the critic alone, then both."""
    recipe = GanRecipe(shapes(2, side=32), Balance(pretrain=0.5), side=16)
    batch = next(views(shapes(2, side=32), 2, 16, seed=0))

    def taught(progress):
        recipe.module.zero_grad(set_to_none=True)
        recipe.loss(recipe.module, batch, progress)["loss"].backward()
        sides = (recipe.pair.generator, recipe.pair.critic)
        return tuple(any(p.grad is not None and bool(p.grad.any()) for p in side.parameters()) for side in sides)

    assert taught(0.1) == (True, False)
    assert taught(0.48) == (False, True)
    assert taught(0.6) == (True, True)


def test_the_study_has_every_cure_alone_none_and_all(tmp_path):
    assert VARIANTS["no cure"] == NONE
    assert VARIANTS["all four"] == Balance()
    pictures = shapes(4, side=72)
    logs = study(pictures, pictures, tmp_path, steps=2)
    assert list(logs) == list(VARIANTS)
    assert all([record["step"] for record in log] == [1, 2] for log in logs.values())
    assert all(0 <= log[-1]["accuracy"] <= 1 and "val_psnr" in log[-1] for log in logs.values())


def test_a_plain_unet_is_the_generator_of_pix2pix():
    assert isinstance(Pix2Pix().generator, PlainUNet)
