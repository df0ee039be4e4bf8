"""Figures of the teaching zoo, from logs as trainings write them."""

import json

import pytest

from toolkit.show.figures_zoo import gan_curves, read_logs, zoo_curves

LOG = [
    {"step": i, "samples": 16 * i, "loss": 1.0, "loss_generator": 20.0, "loss_critic": 0.5, "accuracy": 0.75}
    | ({"val_psnr": 21.0 + i / 100, "val_gray_psnr": 20.0, "val_colorfulness_ratio": 0.5} if i % 50 == 0 else {})
    for i in range(1, 101)
]


def test_curves_are_of_psnr_above_gray_over_views():
    figure = zoo_curves({"one": LOG, "other": LOG[:50]})
    one, other, zero = figure.axes[0].get_lines()
    assert one.get_xdata().tolist() == [800, 1600]
    assert one.get_ydata() == pytest.approx([1.5, 2.0])
    assert len(other.get_xdata()) == 1
    assert set(zero.get_ydata()) == {0}
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["one", "other"]


def test_both_losses_and_the_accuracy_of_every_variant_are_drawn():
    figure = gan_curves({"no cure": LOG, "all": LOG})
    losses, accuracy = figure.axes[:2]
    generator, critic = losses.get_lines()
    assert generator.get_ydata().max() <= losses.get_ylim()[1], "a loss that has run away is drawn at the rim"
    assert critic.get_ydata() == pytest.approx([0.5] * 100)
    assert accuracy.get_lines()[0].get_ydata() == pytest.approx([0.75] * 100)
    assert "no cure: +2.0 dB, 50% color" in losses.get_title(loc="left")


def test_without_what_is_to_be_drawn_it_says_so():
    with pytest.raises(ValueError, match="validation"):
        zoo_curves({"one": [{"step": 1, "samples": 16, "loss": 1.0}]})
    with pytest.raises(ValueError, match="no logs"):
        gan_curves({})


def test_logs_are_read_of_those_that_have_one(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in LOG))
    assert read_logs(tmp_path, ("one", "other")) == {"one": LOG}
