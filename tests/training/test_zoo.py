"""`python -m toolkit train` for the teaching zoo, on the generated world."""

import json

import pytest

from toolkit.cli import main
from toolkit.pipeline import Session
from toolkit.training import zoo


@pytest.fixture(autouse=True)
def small_world(monkeypatch):
    monkeypatch.setattr(zoo, "SHAPES_MANY", 40)


def test_a_network_trains_on_shapes_and_its_weights_color_a_photo(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "plain-unet", "--data", "shapes", "--steps", "3", "--out", str(out), "--device", "cpu"]) == 0
    assert str(out / "checkpoint.safetensors") in capsys.readouterr().out
    last = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
    assert last["step"] == 3
    assert {"val_psnr", "cpu"} <= set(last)
    colored = Session("demos/examples/cameraman-gray.jpg", str(out / "checkpoint.safetensors"), size=64).colorize()
    assert colored.rgb.shape[0] == 3


@pytest.mark.slow
def test_a_run_is_gone_on_with_and_its_log_has_every_step_once(tmp_path):
    out = tmp_path / "run"
    base = ["train", "autoencoder", "--data", "shapes", "--out", str(out), "--device", "cpu", "--steps"]
    assert main([*base, "10"]) == 0
    assert main([*base, "20", "--resume"]) == 0
    steps = [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert steps == [10, 20]
    assert main([*base, "20"]) == 2, "a run that is there is not written over"


@pytest.mark.slow
def test_the_study_of_a_gan_is_drawn(tmp_path, capsys):
    out = tmp_path / "study"
    assert (
        main(["train", "pix2pix", "--data", "shapes", "--study", "--steps", "2", "--out", str(out), "--device", "cpu"])
        == 0
    )
    assert (out / "balance.png").stat().st_size > 10_000
