"""Diffusion on ab: the noise, the walk, what is said about hints, and that it can be trained, saved and loaded."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

import toolkit
from toolkit.models.base import Sampler
from toolkit.models.cards import get_card
from toolkit.models.diffusion import (
    NOISE,
    SCHEDULERS,
    ColorDiffusion,
    Condition,
    gaussian,
    photo_noise,
    temperature,
    velocity,
)
from toolkit.models.encoder import CHANNELS
from toolkit.models.registry import load_model
from toolkit.models.weights import WeightsError, read_weights, weights_folder
from toolkit.training.data import Batch
from toolkit.training.loop import Schedule, Trainer
from toolkit.training.recipes.diffusion import DiffusionLosses, DiffusionRecipe


@pytest.fixture(scope="module")
def painter():
    card = get_card("vit-hint")
    return read_weights(card.file, card.sha256)


@pytest.fixture(scope="module")
def pipe(painter):
    torch.manual_seed(0)
    fresh = ColorDiffusion.fresh()
    nn.init.normal_(fresh.denoiser.conv_out.weight, std=0.05)  # as if it had learned something
    fresh.conditioner.painter.load_state_dict({name: value.float() for name, value in painter.items()})
    return fresh


@pytest.fixture(scope="module")
def known(pipe):
    generator = torch.Generator().manual_seed(1)
    L = F.interpolate(torch.rand(1, 1, 6, 6, generator=generator) * 100, (64, 64), mode="bilinear")
    return pipe.conditioner.look(L, torch.randn(1, CHANNELS, 4, 4, generator=generator))


class Straight(nn.Module):
    """Knows the truth: says the same velocity everywhere on the way."""

    def __init__(self, v):
        super().__init__()
        self.v, self.calls = v, 0

    def forward(self, seen, time):
        self.calls += 1
        from types import SimpleNamespace

        known = gaussian(time.view(-1, 1, 1, 1) / 1000) * seen[:, :8]  # is added to what the network says
        return SimpleNamespace(sample=F.pixel_unshuffle(self.v, 2).expand(len(seen), -1, -1, -1) - known)


def test_noise_is_normal_and_shared_by_what_looks_alike():
    keys = torch.zeros(1, 8, 2, 2)
    keys[0, 0, 0, :] = 1.0  # the upper row is one thing, the lower row two others
    keys[0, 1, 1, 0] = keys[0, 2, 1, 1] = 1.0
    generator = torch.Generator().manual_seed(0)
    draws = torch.cat([photo_noise(keys, generator) for _ in range(6000)])[:, 0].flatten(1)  # (6000, 4)
    covariance = draws.T.cov()
    assert torch.allclose(covariance.diag(), torch.ones(4), atol=0.08)
    assert covariance[0, 1] == pytest.approx(NOISE[0] + NOISE[1], abs=0.06)
    assert covariance[0, 2] == pytest.approx(NOISE[0], abs=0.06)
    assert covariance[2, 3] == pytest.approx(NOISE[0], abs=0.06)


def test_noise_follows_its_seed():
    keys = F.normalize(torch.randn(1, 16, 12, 12), dim=1)
    first, again, other = (photo_noise(keys, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("name", "steps"), [(name, steps) for name in SCHEDULERS if name != "angle" for steps in (2, 5)] + [("angle", 40)]
)
def test_every_scheduler_walks_a_straight_path_to_its_end(pipe, known, name, steps):
    x0 = torch.randn(1, 2, *known.spread.shape[-2:], generator=torch.Generator().manual_seed(2))
    noise = photo_noise(known.keys, torch.Generator().manual_seed(3))
    walker = ColorDiffusion(pipe.conditioner, Straight(noise - x0), SCHEDULERS[name]())
    assert torch.allclose(walker(known, seeds=(3,), steps=steps), pipe.to_ab(x0, known), atol=0.5)  # Lab units


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_where_truth_is_as_gaussian_as_the_noise_the_angle_stands_still_and_euler_fades(known, steps):
    untrained = ColorDiffusion.fresh()  # adds nothing to the Gaussian's velocity
    noise = photo_noise(known.keys, torch.Generator().manual_seed(3))
    assert torch.allclose(untrained(known, seeds=(3,), steps=steps), untrained.to_ab(noise, known), atol=0.01)
    untrained.scheduler = SCHEDULERS["euler"]()
    faded = (untrained(known, seeds=(3,), steps=steps) - known.mean).std() / (
        untrained.to_ab(noise, known) - known.mean
    ).std()
    assert faded < 0.9


def test_on_this_path_a_step_of_ddim_is_a_step_of_euler():
    x0, noise = torch.randn(2, 1, 2, 8, 8, generator=torch.Generator().manual_seed(0)).unbind()
    scheduler = SCHEDULERS["euler"]()
    scheduler.set_timesteps(4)
    now, then = scheduler.sigmas[1], scheduler.sigmas[2]
    x = (1 - now) * x0 + now * noise
    said = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))  # any network's velocity
    scheduler.set_begin_index(1)
    euler = scheduler.step(said, scheduler.timesteps[1], x).prev_sample
    clean, dirt = x - now * said, x + (1 - now) * said  # the x_0 and the n that this velocity means
    assert torch.allclose(euler, (1 - then) * clean + then * dirt, atol=1e-5)  # Song 2021, equation 12 with sigma = 0


def test_seeds_draw_and_temperature_calms(pipe, known):
    pipe.scheduler = SCHEDULERS["euler"]()
    ab = pipe(known, seeds=(0, 1), steps=2)
    assert ab.shape == (2, 2, 32, 32)
    assert (ab[0] - ab[1]).abs().mean() > 1
    assert torch.allclose(pipe(known, seeds=(1,), steps=2), ab[1:], atol=1e-3), (
        "a sample does not depend on its neighbors"
    )
    calm = pipe(known, seeds=(0, 1), steps=2, temperature=0.0)
    assert torch.allclose(calm[0], calm[1], atol=1e-4)
    assert [round(temperature(v), 3) for v in (0.0, 0.5, 1.0)] == [0.0, 0.9, 1.273]


def test_guidance_pushes_away_from_knowing_nothing_and_costs_twice(pipe, known):
    v = torch.zeros(1, 2, *known.spread.shape[-2:])
    counting = ColorDiffusion(pipe.conditioner, Straight(v), SCHEDULERS["euler"]())
    counting(known, steps=3)
    assert counting.denoiser.calls == 3
    counting(known, steps=3, strength=2.0)
    assert counting.denoiser.calls == 9
    assert not torch.allclose(pipe(known, steps=2), pipe(known, steps=2, strength=3.0), atol=0.1)


def test_the_walk_can_be_watched_and_stopped(pipe, known):
    seen = []
    last = pipe(known, steps=3, callback=lambda step, of, ab: seen.append((step, of, ab)))
    assert [(step, of) for step, of, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    assert torch.allclose(seen[-1][2], last, atol=0.5), "after the last step nothing is left to say"

    def stop(step, of, ab):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipe(known, steps=3, callback=stop)


def test_a_hint_settles_its_surroundings(pipe):
    generator = torch.Generator().manual_seed(0)
    L, tokens = torch.rand(1, 1, 64, 64, generator=generator) * 100, torch.randn(1, CHANNELS, 4, 4, generator=generator)
    features = pipe.conditioner.features(L, tokens)
    reach = torch.zeros(1, 1, 16, 16)
    reach[..., :8] = 1.0
    hinted = pipe.conditioner(L, tokens, features, features.ab + 30.0, reach)
    free = pipe.conditioner.look(L, tokens)
    assert torch.allclose(hinted.spread[..., 8:], free.spread[..., 8:])
    assert (hinted.spread[..., :8] < 0.3 * free.spread[..., :8]).all()
    assert torch.allclose(hinted.mean, free.mean + 30.0)


def test_it_is_saved_and_loaded_as_diffusers_does(pipe, known, tmp_path):
    pipe.scheduler = SCHEDULERS["euler"]()
    pipe.save_pretrained(tmp_path)
    assert not [f for f in tmp_path.rglob("*") if f.suffix in (".bin", ".pt", ".pkl")]
    again = ColorDiffusion.from_pretrained(tmp_path)
    assert isinstance(again.conditioner, toolkit.Conditioner)
    assert torch.allclose(again(known, seeds=(4,), steps=2), pipe(known, seeds=(4,), steps=2), atol=1e-3)


def batch(generator):
    L = F.interpolate(torch.rand(4, 1, 5, 5, generator=generator) * 100, (64, 64), mode="bilinear")
    ab = F.interpolate(torch.randn(4, 2, 3, 3, generator=generator) * 30, (32, 32), mode="bilinear")
    return Batch(L, ab, torch.randn(4, CHANNELS, 4, 4, generator=generator))


class Photos:
    """Of a UNetRecipe what the diffusion's recipe asks for."""

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.truth = torch.rand(2, 3, 64, 64, generator=generator)
        self.L = torch.rand(2, 1, 64, 64, generator=generator) * 100
        self.tokens = [torch.randn(2, CHANNELS, 4, 4, generator=generator)]


@pytest.mark.slow
def test_it_learns_a_batch_and_leaves_the_painter_alone(painter, tmp_path):
    torch.manual_seed(0)
    recipe = DiffusionRecipe(Photos(), painter, DiffusionLosses(hints=0.3))
    before = {name: value.clone() for name, value in recipe.module.conditioner.painter.state_dict().items()}
    trainer = Trainer(recipe, tmp_path, Schedule(minutes=10, lr=2e-3, warmup=1), device="cpu")
    one, losses = batch(torch.Generator().manual_seed(1)), []
    trainer.run(
        iter(lambda: one, None), callback=lambda record: losses.append(record["loss"]) or len(losses) < 40, quiet=True
    )
    assert sum(losses[-8:]) < 0.75 * sum(losses[:8])
    assert all(
        torch.equal(value, before[name]) for name, value in recipe.module.conditioner.painter.state_dict().items()
    )
    numbers, sheet = recipe.validate(recipe.module.eval())
    assert numbers["val_psnr_best"] >= numbers["val_psnr"]
    assert sheet.shape[0] == 3

    own = load_model(str(tmp_path / "checkpoint.safetensors"))  # the checkpoint is whole: it holds its painter
    assert isinstance(own, Sampler)
    assert own.card.architecture == "diffusion"


def test_velocity_keeps_the_size_of_x(pipe, known):
    x = torch.randn(3, 2, *known.spread.shape[-2:])
    assert velocity(pipe.denoiser, x, torch.full((3,), 0.5), known.maps.expand(3, -1, -1, -1)).shape == x.shape


def test_weights_that_were_made_for_another_hint_model_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    shutil.copytree(weights_folder(), folder, ignore=shutil.ignore_patterns("measured", "localizer*"))
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = next(m for m in manifest["models"] if m["architecture"] == "diffusion")
    save_file(load_file(folder / entry["file"]), folder / entry["file"], {"painter": "0" * 64})
    import hashlib

    entry["sha256"] = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("HUEPOINT_WEIGHTS", str(folder))
    load_model.cache_clear()
    with pytest.raises(WeightsError, match="another vit-hint"):
        load_model("diffusion")
    load_model.cache_clear()


def test_a_condition_is_for_any_number_of_samples(pipe, known):
    assert isinstance(known, Condition)
    assert pipe(known, seeds=range(5), steps=1).shape[0] == 5
