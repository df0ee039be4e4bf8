"""The eye's training, on a few pictures and a few steps: it begins as the frozen ViT, goes on where it was, and merges
into one ViT.
"""

import itertools
import json

import pytest
import torch
from safetensors.torch import load_file

from tests.toys.photos import colorful
from toolkit.models.encoder import Encoder, load_encoder
from toolkit.models.weights import load_strict
from toolkit.training.data import Photos
from toolkit.training.loop import Schedule, Trainer, rate
from toolkit.training.recipes import encoder
from toolkit.training.recipes.encoder import SCHEDULE, EyeConfig, EyeRecipe, merged, views

SMALL = ((64, 64), (64, 80))

pytestmark = pytest.mark.slow  # the real encoder learns


@pytest.fixture
def photos(tmp_path):
    for i in range(5):
        colorful(i).save(tmp_path / f"{i}.png")
    colorful(6).convert("L").save(tmp_path / "gray.png")
    (tmp_path / "broken.png").write_bytes(b"no photo")
    return Photos([str(tmp_path)])


@pytest.fixture
def recipe(photos):
    return EyeRecipe(
        load_encoder(), [photo for photo in photos if photo is not None][:2], EyeConfig(rank=2, head=16), side=64
    )


def changed(recipe):
    with torch.no_grad():
        for update in recipe.module.updates.values():
            update.up.weight.normal_(std=0.02, generator=torch.Generator().manual_seed(0))
    return recipe.module


def test_it_begins_as_the_frozen_vit(recipe):
    L = recipe.L["old"]
    with torch.inference_mode():
        assert torch.equal(recipe.module.see(L)[0], load_encoder()(L))


def test_the_shared_encoder_stays_as_it_is(recipe):
    L = recipe.L["old"]
    with torch.inference_mode():
        before = load_encoder()(L)
        assert not torch.allclose(changed(recipe).see(L)[0], before, atol=0.1)
        assert torch.equal(load_encoder()(L), before)


def test_merged_weights_see_what_the_updates_see(recipe):
    module, teacher = changed(recipe), load_encoder()
    scale = {"token_mean": teacher.token_mean, "token_std": teacher.token_std}
    whole = Encoder()
    load_strict(whole, {f"vit.{name}": value for name, value in merged(teacher, module).items()} | scale, "merged")
    with torch.inference_mode():
        (tokens, photo), (expected, expected_photo) = whole.see(recipe.L["clean"] / 100), module.see(recipe.L["clean"])
    assert (tokens - expected).abs().mean() < 0.01, "fp16 rounds"
    assert torch.nn.functional.cosine_similarity(photo, expected_photo).min() > 0.999


def test_batches_are_those_of_their_step_and_leave_out_what_has_no_color(photos):
    first = list(itertools.islice(views(photos, 3, step=0, shapes=SMALL), 4))
    later = next(views(photos, 3, step=2, shapes=SMALL))
    assert torch.equal(first[2].L, later.L)
    assert torch.equal(first[2].ab, later.ab)
    assert len(later.L) == 3
    assert len(later.rgb) == 2, "half are shown to the frozen ViT"
    assert later.ab.shape[-2:] == (later.L.shape[-2] // 16, later.L.shape[-1] // 16)


def test_photos_without_color_are_an_error(tmp_path):
    colorful(0).convert("L").save(tmp_path / "gray.png")
    with pytest.raises(ValueError, match="color"):
        next(views(Photos([str(tmp_path)]), 2, step=0))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no photo"):
        Photos([str(tmp_path / "empty")])


def test_a_run_goes_on_where_it_was_here_and_on_another_machine(tmp_path, photos, recipe):
    schedule = Schedule(steps=6, batch=2, lr=1e-3, warmup=2)

    def until(step, folder, one, begin=None):
        trainer = Trainer(one, folder, schedule, device="cpu")
        if not trainer.resume() and begin:
            trainer.begin(begin)
        trainer.run(views(photos, 2, trainer.step, shapes=SMALL), lambda record: record["step"] < step, quiet=True)
        return trainer

    def fresh():
        return EyeRecipe(load_encoder(), [photo for photo in photos if photo is not None][:2], recipe.config, side=64)

    whole = until(4, tmp_path / "whole", recipe)
    assert until(2, tmp_path / "parts", fresh()).step == 2
    parts = until(4, tmp_path / "parts", fresh())
    assert parts.step == whole.step == 4
    for a, b in zip(whole.recipe.module.parameters(), parts.recipe.module.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)

    handed = tmp_path / "parts" / "checkpoint.safetensors"
    assert {value.dtype for value in load_file(handed).values()} == {torch.float16}
    elsewhere = until(6, tmp_path / "elsewhere", fresh(), begin=handed)
    assert (elsewhere.step, elsewhere.begun) == (6, 4)
    last = json.loads((tmp_path / "elsewhere" / "log.jsonl").read_text().splitlines()[-1])
    assert {"val_gain_clean", "val_nll_old", "val_tokens_old", "val_tokens_frozen_old", "samples", "seconds"} <= set(
        last
    )


def test_who_goes_on_with_a_new_adam_warms_up_again():
    schedule = Schedule(steps=1000, lr=1.0, warmup=100)
    assert rate(schedule, 500, 0, begun=500) == pytest.approx(rate(schedule, 500, 0) / 100)


def test_the_command_writes_a_whole_vit(tmp_path, photos, monkeypatch, capsys):
    from toolkit.cli import main

    monkeypatch.setattr(encoder, "SCHEDULE", Schedule(steps=1, batch=1))
    out = tmp_path / "run"
    assert (
        main(["train", "encoder", "--data", str(tmp_path), "--out", str(out), "--device", "cpu", "--steps", "1"]) == 0
    )
    assert "encoder.safetensors" in capsys.readouterr().out
    assert set(load_file(out / "encoder.safetensors")) == set(load_encoder().vit.state_dict())


def test_what_is_handed_on_is_small():
    recipe = EyeRecipe(load_encoder(), [torch.zeros(3, 64, 64, dtype=torch.uint8)], side=64)
    assert 2 * sum(p.numel() for p in recipe.module.parameters()) < 6e6
    assert SCHEDULE.steps * SCHEDULE.batch == 300_000
