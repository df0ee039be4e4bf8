import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

import toolkit
from tests import EXAMPLES
from tests.toys.contestants import Toy, photo, table_of
from tests.toys.photos import floats
from toolkit.color import rgb_to_lab
from toolkit.measure import contestants, metrics, set_metrics
from toolkit.measure.compare import CompareSetup, measures
from toolkit.measure.compare import run as comparing
from toolkit.measure.compare.measures import paired, ratio_and_error
from toolkit.measure.protocols import hints_for

QUICK = CompareSetup(metrics=("psnr", "colorfulness"), size=48)


@pytest.fixture
def toys(monkeypatch):
    found = [Toy("half"), Toy("most", share=0.9)]
    monkeypatch.setattr(comparing, "contestant", table_of(found))
    return found


@pytest.fixture
def crude(monkeypatch):
    """Features that cost nothing: a picture in 4 x 4 pixels."""
    monkeypatch.setattr(
        set_metrics, "features", lambda rgb, device: torch.nn.functional.adaptive_avg_pool2d(rgb, 4).flatten(1)
    )


def journal(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def stop_after(pictures):
    return lambda done, of, what: done < pictures


def test_the_table_has_means_and_errors_of_what_was_painted(toys):
    photos = [photo(seed) for seed in range(4)]
    result = toolkit.compare(["half", "most"], photos, setup=QUICK)
    assert list(result.table["model"]) == ["gray", "half", "most"]
    assert list(result.table["n"]) == [4, 4, 4]
    for _, row in result.table.iterrows():
        pictures = [floats(result.picture(i, row["model"])) for i in range(4)]
        truths = [floats(p.rgb) for p in photos]
        psnr = [float(metrics.psnr(p, t)) for p, t in zip(pictures, truths, strict=True)]
        assert row["psnr"] == pytest.approx(np.mean(psnr), abs=1e-5)
        assert row["psnr_se"] == pytest.approx(stats.sem(psnr), abs=1e-5)
        own, true = ([float(metrics.colorfulness(p)) for p in them] for them in (pictures, truths))
        assert row["colorfulness_ratio"] == pytest.approx(np.mean(own) / np.mean(true), abs=1e-5)
        assert row["colorfulness_difference"] == pytest.approx(np.mean(own) - np.mean(true), abs=1e-3)
        assert row["colorfulness_distance"] == pytest.approx(np.mean(np.abs(np.subtract(own, true))), abs=1e-3)
        assert min(row["looking"], row["painting"], row["peak_mb"]) >= 0
    assert result.table["psnr"].is_monotonic_increasing
    assert torch.equal(result.picture(2, "truth"), photos[2].rgb)
    assert not result.partial


def test_every_metric_can_be_asked_for_and_says_that_the_truth_is_best(toys, crude):
    toys[1].share = 1.0
    names = (
        "ssim",
        "lpips",
        "ciede2000",
        "hue-ciede2000",
        "bleeding",
        "colorfulness-absolute",
        "frechet",
        "hue-frechet",
        "kid",
    )
    result = toolkit.compare(
        ["half", "most"], [photo(seed) for seed in range(3)], setup=CompareSetup(metrics=names, size=48)
    )
    table = result.table.set_index("model")
    for name in names[:-1]:
        better = {**measures.METRICS, **measures.SETS}[name].better
        if better:
            assert table[name]["most"] * better >= table[name]["half"] * better - 1e-6, name
    assert table["frechet"]["most"] < table["frechet"]["gray"]
    assert {"kid_se", "ssim_se", "lpips_se"} < set(table.columns)
    assert any("Fréchet" in note and "3,840" in note for note in result.notes())


def test_with_hints_every_model_gets_the_points_of_the_protocol(toys):
    photos = [photo(seed, side=224) for seed in range(2)]
    result = toolkit.compare(["half"], photos, hints=(0, 10), setup=CompareSetup(metrics=("psnr",)))
    for index, one in enumerate(photos):
        hinted = result.picture(index, "half", 10)
        for hint in hints_for(one, index, "icolorit", 10, 1234):
            left, top, right, bottom = hint.box()
            there = rgb_to_lab(floats(hinted))[0, 1:, top:bottom, left:right].mean((1, 2))
            assert there.tolist() == pytest.approx(list(hint.ab), abs=1.5)
    assert "1234" in result.protocol


class Fickle:
    """A session of our models whose red is as many steps off as its working size is from 256 px."""

    def __init__(self, photo, model, *, device="auto", size=256):
        self.photo, self.size = photo, size

    def encode(self):
        return None

    def at(self, size):
        return Fickle(self.photo, "", size=size)

    def colorize(self, guidance, dials, *, seed):
        self.rgb = self.photo.rgb.clone()
        self.rgb[0] += self.size - 256
        return self


def test_colors_that_change_with_the_size_are_told(monkeypatch):
    monkeypatch.setattr(contestants, "Session", Fickle)
    photos = [photo(0), photo(1)]
    asked = CompareSetup(metrics=("psnr",), size=48, sizes=(250, 256, 262))
    table = toolkit.compare(["unet"], photos, setup=asked).table.set_index("model")
    assert table["size-change"]["unet"] > 1
    assert math.isnan(table["size-change"]["gray"])
    assert "250, 256, 262 px" in asked.sentence()
    assert "size-change" not in toolkit.compare(["unet"], photos, setup=QUICK).table
    monkeypatch.setattr(Fickle, "at", lambda self, size: Fickle(self.photo, ""))
    assert toolkit.compare(["unet"], photos, setup=asked).table.set_index("model")["size-change"]["unet"] == 0
    for sizes in ((256,), (16, 256)):
        with pytest.raises(ValueError, match="two or more working sizes"):
            CompareSetup(sizes=sizes)


@pytest.mark.slow
def test_the_shipped_weights_beat_gray_on_the_examples():
    examples = EXAMPLES
    photos = [
        examples / f"{name}.jpg"
        for name in ("portrait-astronaut", "animals-two-dogs", "still-coffee", "landscape-mountains")
    ]
    result = toolkit.compare(["unet"], photos, setup=CompareSetup(metrics=("psnr", "lpips")))
    assert not result.skipped
    gray, ours = result.table.to_dict("records")
    assert ours["n"] == 4
    assert ours["psnr"] > gray["psnr"]
    assert ours["lpips"] < gray["lpips"]


def test_a_photo_is_looked_at_once_for_all_numbers_of_hints(toys):
    toolkit.compare(["half"], [photo(0), photo(1)], hints=[3, 0, 3], setup=QUICK)
    assert toys[0].looked == ["photo-0", "photo-1"]
    assert toys[0].painted == [("photo-0", 0), ("photo-0", 3), ("photo-1", 0), ("photo-1", 3)]


def test_a_model_that_fails_is_told_and_the_others_go_on(toys):
    toys[0].fails = ("photo-1",)
    result = toolkit.compare(["half", "most"], [photo(seed) for seed in range(3)], setup=QUICK)
    table = result.table.set_index("model")
    assert list(table["n"]) == [3, 2, 3]
    assert list(table["failed"]) == [0, 1, 0]
    assert table["reason"]["half"] == "KeyError: 'conv9'"
    assert result.versus().set_index("model")["n"].to_dict() == {"half": 2, "most": 3}
    assert any("half failed on 1 of 3 photos" in note for note in result.notes())
    assert result.picture(1, "half") is None


def test_a_model_that_cannot_be_loaded_fails_on_every_photo(toys):
    toys[0].loads = False
    table = toolkit.compare(["half", "most"], [photo(0), photo(1)], setup=QUICK).table.set_index("model")
    assert (table["failed"]["half"], table["n"]["half"], table["n"]["most"]) == (2, 0, 2)
    assert "fetch them" in table["reason"]["half"]
    assert math.isnan(table["psnr"]["half"])


def test_a_picture_of_another_size_is_a_failure(toys, monkeypatch):
    monkeypatch.setattr(toys[0], "look", lambda photo, device: lambda guidance: photo.rgb[:, ::2])
    table = toolkit.compare(["half"], [photo(0)], setup=QUICK).table.set_index("model")
    assert "(3, 24, 48) instead of uint8 (3, 48, 48)" in table["reason"]["half"]


@pytest.mark.parametrize(
    "models, settings, told",
    [
        (["half", "nobody"], {}, "nobody.*gray, mean-color"),
        (["half"], {"baseline": "most"}, "baseline 'most' is not among"),
        (["levin2004"], {}, "levin2004 spreads hints"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_painted(toys, models, settings, told):
    with pytest.raises(ValueError, match=told):
        toolkit.compare(models, [photo(0)], setup=CompareSetup(size=48, **settings))
    assert toys[0].looked == []


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"metrics": ("psrn",)}, "'psrn'"),
        ({"hints": ()}, "empty"),
        ({"hints": (-1,)}, "-1"),
        ({"protocol": "own"}, "'own'"),
        ({"limit": 0}, "limit"),
    ],
)
def test_setups_that_cannot_be_meant_are_told(wrong, told):
    with pytest.raises(ValueError, match=told):
        CompareSetup(**wrong)


def test_photos_without_color_are_left_out_and_none_at_all_is_an_error(toys, tmp_path):
    from PIL import Image

    Image.new("L", (60, 60), 90).save(tmp_path / "gray.png")
    result = toolkit.compare(["half"], [tmp_path, photo(0)], setup=QUICK)
    assert result.tried() == 1
    assert any(note.startswith("Left out: gray.png") for note in result.notes())
    with pytest.raises(ValueError, match=r"no photo in color.*gray\.png"):
        toolkit.compare(["half"], tmp_path, setup=QUICK)


def test_ctrl_c_gives_what_is_done_and_a_second_call_goes_on(toys, tmp_path):
    photos = [photo(seed) for seed in range(3)]
    whole = toolkit.compare(["half", "most"], photos, setup=QUICK)
    for toy in toys:
        toy.looked.clear()
    toys[1].stop, toys[1].stop_at = KeyboardInterrupt(), "photo-1"
    first = toolkit.compare(["half", "most"], photos, setup=QUICK, folder=tmp_path)
    assert first.partial
    assert first.tried() == 1  # half is done with the second photo, most is not: the table is of the first
    assert list(first.table["n"]) == [1, 1, 1]
    assert "Not finished" in first.protocol
    toys[1].stop_at = ""
    second = toolkit.compare(["half", "most"], photos, setup=QUICK, folder=tmp_path)
    assert toys[0].looked == ["photo-0", "photo-1", "photo-2"]  # each once in both calls
    assert toys[1].looked == ["photo-0", "photo-1", "photo-2"]
    numbers = [name for name in whole.table.columns if name.startswith(("psnr", "colorfulness"))]
    pd.testing.assert_frame_equal(second.table[numbers], whole.table[numbers])
    assert not second.partial
    for key, picture in whole.pictures.items():
        assert torch.equal(second.pictures[key], picture)


def test_progress_counts_pictures_and_may_stop(toys, tmp_path):
    told = []
    toolkit.compare(["half"], [photo(0), photo(1)], setup=QUICK, progress=lambda *what: told.append(what))
    assert told == [
        (0, 4, "gray, photo 1"),
        (1, 4, "half, photo 1"),
        (2, 4, "gray, photo 2"),
        (3, 4, "half, photo 2"),
        (4, 4, "done"),
    ]
    result = toolkit.compare(["half"], [photo(0), photo(1)], setup=QUICK, folder=tmp_path, progress=stop_after(3))
    assert result.partial
    assert result.tried() == 1
    assert len(journal(tmp_path)) == 1 + 3


def test_steps_give_the_comparison_after_every_photo(toys):
    steps = toolkit.compare_steps(["half"], [photo(seed) for seed in range(3)], setup=QUICK)
    assert [(step.tried(), step.partial) for step in steps] == [(1, True), (2, True), (3, False)]
    with pytest.raises(ValueError, match="nobody"):
        toolkit.compare_steps(["nobody"], [photo(0)])  # told at once, not at the first step


def test_a_journal_of_something_else_is_refused(toys, tmp_path):
    photos = [photo(0), photo(1)]
    toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path)
    before = (tmp_path / "journal.jsonl").read_text()
    for models, given, settings, told in (
        (["most"], photos, {}, "another comparison .of gray, half"),
        (["half"], photos, {"seed": 7}, "seed was 0"),
        (["half"], photos[::-1], {}, "photo 1 is another one .photo-0"),
    ):
        with pytest.raises(ValueError, match=told):
            toolkit.compare(
                models, given, setup=CompareSetup(metrics=QUICK.metrics, size=48, **settings), folder=tmp_path
            )
    toys[0].build = "2"
    with pytest.raises(ValueError, match="another comparison"):
        toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path)
    assert (tmp_path / "journal.jsonl").read_text() == before
    (tmp_path / "journal.jsonl").write_text("not JSON\n")
    with pytest.raises(ValueError, match="not a journal"):
        toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path)


def test_a_line_that_was_being_written_is_made_again_and_failures_get_another_chance(toys, tmp_path):
    photos = [photo(0), photo(1)]
    toys[0].fails = ("photo-0",)
    toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path)
    file = tmp_path / "journal.jsonl"
    file.write_text(file.read_text()[:-20])  # half on photo 1
    toys[0].fails = ()
    toys[0].looked.clear()
    result = toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path)
    assert toys[0].looked == ["photo-0", "photo-1"]
    assert list(result.table["failed"]) == [0, 0]
    assert toolkit.compare(["half"], photos, setup=QUICK, folder=tmp_path).table["n"].tolist() == [2, 2]
    assert toys[0].looked == ["photo-0", "photo-1"]  # all there now


def test_more_photos_and_more_pictures_go_on_with_the_same_folder(toys, crude, tmp_path):
    photos = [photo(seed) for seed in range(3)]
    few = CompareSetup(metrics=("psnr", "frechet"), size=48, limit=2, keep=0)
    assert toolkit.compare(["half"], photos, setup=few, folder=tmp_path).pictures == {}
    toys[0].looked.clear()
    more = CompareSetup(metrics=few.metrics, size=48, keep=1)
    result = toolkit.compare(["half"], photos, setup=more, folder=tmp_path)
    assert toys[0].looked == ["photo-0", "photo-2"]  # a picture was missing; a photo was
    assert set(result.pictures) == {(0, "gray", 0), (0, "half", 0), (0, "truth", 0)}
    assert len(result.features) == 3 * 3


def test_paired_differences_agree_with_scipy():
    rng = np.random.default_rng(0)
    base = rng.normal(20, 3, 24)
    own = base + rng.normal(1, 0.5, 24)
    found = paired(list(own), list(base))
    assert found.difference == pytest.approx((own - base).mean())
    assert found.se == pytest.approx(stats.sem(own - base))
    assert found.p == pytest.approx(stats.wilcoxon(own, base).pvalue)
    assert found.wins == int((own > base).sum())
    assert paired(list(base), list(own), better=-1).wins == found.wins
    psnr = measures.METRICS["psnr"]
    assert found.sentence("levin2004", psnr).startswith(
        f"better than levin2004 by {found.difference:.2f} ± {found.se:.2f} dB, wins {found.wins} of 24"
    )
    assert found.sentence("x", psnr).endswith("(p < 0.0001)")
    assert paired(list(base), list(own)).sentence("x", psnr).startswith("worse than x by")


def test_sentences_do_not_promise_what_the_numbers_do_not_hold():
    psnr = measures.METRICS["psnr"]
    assert (
        paired([1.0, 2, 3], [0.0, 1, 2]).sentence("x", psnr)
        == "ahead of x by 1.00 ± 0.00 dB, wins 3 of 3; too few photos to be sure"
    )
    assert paired([1.0] * 8, [1.0] * 8).sentence("x", psnr) == "the same as x on all 8"
    assert paired([1.0], [2.0]).p is None
    noise = paired([1.0, -1.1, 1.2, -1.3, 1.4, -1.5, 1.6, -1.7], [0.0] * 8)
    assert noise.sentence("x", psnr).startswith("no clear difference to x: behind by")
    # many small wins against one large loss
    lopsided = paired([0.1 + i / 1000 for i in range(30)] + [-30.0], [0.0] * 31)
    assert lopsided.difference < 0 < 0.05 - lopsided.p
    assert lopsided.sentence("x", psnr).startswith("no clear difference to x: behind by")


def test_the_error_of_a_ratio_is_what_repeated_draws_show():
    rng = np.random.default_rng(0)
    true = rng.uniform(20, 60, (4000, 25))
    own = 0.6 * true + rng.normal(0, 5, true.shape)
    ratios = own.mean(1) / true.mean(1)
    found = [ratio_and_error(x, y) for x, y in zip(own[:200], true[:200], strict=True)]
    assert np.mean([ratio for ratio, _ in found]) == pytest.approx(0.6, abs=0.01)
    assert np.mean([error for _, error in found]) == pytest.approx(ratios.std(), rel=0.1)


def test_versus_takes_another_baseline_and_another_metric(toys):
    result = toolkit.compare(
        ["half", "most"],
        [photo(seed) for seed in range(7)],
        setup=CompareSetup(metrics=("ciede2000", "colorfulness"), size=48),
    )
    versus = result.versus("half", "ciede2000").set_index("model")
    assert versus["wins"].to_dict() == {"gray": 0, "most": 7}
    assert versus["difference"]["most"] < 0
    assert versus["sentence"]["most"].startswith("most: better than half by")
    assert versus["p"]["most"] == pytest.approx(2 / 2**7)
    with pytest.raises(ValueError, match="nobody"):
        result.versus("nobody")
    with pytest.raises(ValueError, match="choose from psnr, ciede2000"):
        result.versus(metric="colorfulness")
