import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from tests.toys.photos import floats
from toolkit.cli import main
from toolkit.color import rgb_to_lab
from toolkit.measure.metrics import ciede2000, colorfulness, psnr
from toolkit.measure.speed import sample_cost as sample_bench
from toolkit.measure.studies import Told, measure
from toolkit.measure.studies import sampling as module
from toolkit.measure.studies.sampling import Setup, diversity, painted, plot, ranks, spread_and_error
from toolkit.models import cards
from toolkit.photo import Photo
from toolkit.pipeline import Session

DRAWS = SimpleNamespace(card=None, bins=None, encode=print, decode=print, draw=print)
ANSWERS = SimpleNamespace(card=None, bins=None, encode=print, decode=print)


def colored(seed=0, height=40, width=60):
    """Smooth colors, so that a coarse ab says nearly all of them."""
    coarse = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(seed)) * 130 + 60
    smooth = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return Photo.from_array(smooth[0].permute(1, 2, 0).byte().numpy())


def shifted(photo, steps):
    """The truth with its red moved, and the ab of that."""
    rgb = photo.rgb.clone()
    rgb[0] += steps
    return SimpleNamespace(rgb=rgb, ab=F.interpolate(rgb_to_lab(floats(rgb))[:, 1:], (20, 30), mode="area"))


class Pretender:
    """A session that answers with the truth's red 20 steps too low, and draws it 30 too high, then right, then 12 too
    high.
    """

    asked = ()  # what for, a list in each test

    def __init__(self, photo, model, *, device):
        self.photo = photo

    def encode(self):
        return None

    def colorize(self, *, dials, seed):
        return shifted(self.photo, 256 - 20)

    def samples(self, n, *, dials, seed, progress):
        Pretender.asked.append((n, dials.vividness, dials.steps, dials.strength, seed))
        for i in range(n):
            for step in range(dials.steps):
                progress(step, dials.steps, f"drawing {i + 1} of {n}")
            yield shifted(self.photo, (30, 0, 12)[i])


@pytest.fixture
def pretender(monkeypatch):
    monkeypatch.setattr(module, "Session", Pretender)
    monkeypatch.setattr(module, "load_model", lambda name, device: DRAWS if name == "sampler" else ANSWERS)
    monkeypatch.setattr(module, "features", lambda rgb, device: F.adaptive_avg_pool2d(rgb, 1).flatten(1))
    monkeypatch.setattr(Pretender, "asked", [])
    monkeypatch.setattr(cards, "get_card", lambda name: None)
    return Pretender


def test_ranks_count_the_samples_below_the_truth():
    samples = torch.tensor([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]]).view(3, 2, 1, 1)
    truth = torch.tensor([2.5, 9.0]).view(1, 2, 1, 1)  # two samples below a, three below b
    assert ranks(samples, truth).tolist() == [0, 0, 0.5, 0.5]


def test_a_truth_that_is_like_one_more_sample_is_calibrated():
    drawn = torch.randn(9, 2, 100, 100, generator=torch.Generator().manual_seed(0))
    samples, truth = drawn[:8], drawn[8:]
    counts = ranks(samples, truth)
    assert counts.tolist() == pytest.approx([1 / 9] * 9, abs=0.01)
    assert float(counts[1:-1].sum()) == pytest.approx(7 / 9, abs=0.015)
    expected, error = spread_and_error(samples, truth)
    assert expected == pytest.approx(9 / 8, rel=0.02)
    assert error == pytest.approx(9 / 8, rel=0.04)


def test_samples_that_are_too_much_alike_are_found_out():
    drawn = torch.randn(9, 2, 100, 100, generator=torch.Generator().manual_seed(0))
    samples, truth = drawn[:8] / 2, drawn[8:]
    expected, error = spread_and_error(samples, truth)
    assert expected == pytest.approx(9 / 32, rel=0.02)
    assert error == pytest.approx(1 + 1 / 32, rel=0.04)
    counts = ranks(samples, truth)
    assert counts[0] > 2 / 9 < counts[-1]


def test_spread_and_error_are_in_squares_of_lab_units():
    samples = torch.tensor([0.0, 2.0]).view(2, 1, 1, 1).expand(2, 2, 3, 3)
    assert spread_and_error(samples, torch.full((1, 2, 3, 3), 4.0)) == pytest.approx((3.0, 9.0))


def test_diversity_is_the_mean_difference_of_pairs():
    pictures = [photo.rgb for photo in map(colored, range(3))]
    # every second pixel of these is all of those
    doubled = [p.repeat_interleave(2, 1).repeat_interleave(2, 2) for p in pictures]
    pairs = [float(ciede2000(floats(pictures[i]), floats(pictures[j]))) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert diversity(doubled) == pytest.approx(np.mean(pairs), rel=1e-5)
    assert diversity([pictures[0]] * 2) == 0


def test_ab_is_painted_as_a_session_paints_it():
    photo = colored(height=70, width=90)
    result = Session(photo, "unet", device="cpu").colorize()
    assert torch.equal(painted(photo, result.ab), result.rgb)


def sampled(photos, told=None, **setup):
    return measure("sampling", photos, Setup(**{"models": ("sampler",), "samples": 3, "size": 40} | setup), told)


def test_single_best_and_mean_of_the_samples_stand_beside_one_answer(pretender):
    photos = [colored(1), colored(2)]
    rows = sampled(photos, models=("sampler", "regressor"), steps=4, strength=2.0, seed=7).rows
    assert [(row["model"], row["vividness"], row["what"]) for row in rows] == [
        ("gray", None, "answer"),
        ("sampler", 0.5, "single"),
        ("sampler", 0.5, "best of 3"),
        ("sampler", 0.5, "mean of 3"),
        ("regressor", 0.0, "answer"),
        ("regressor", 0.5, "answer"),
    ]
    assert pretender.asked == [(3, 0.5, 4, 2.0, 7)] * 2
    gray, single, best, mean, *answers = rows

    def quality(steps):
        return np.mean([float(psnr(floats(shifted(p, steps).rgb), floats(p.rgb))) for p in photos])

    assert single["psnr"] == pytest.approx(np.mean([quality(30), 100, quality(12)]), abs=1e-3)
    assert best["psnr"] == pytest.approx(100)
    assert best["colorfulness_ratio"] == pytest.approx(1)
    assert answers[0]["psnr"] == answers[1]["psnr"] == pytest.approx(quality(256 - 20), abs=1e-3)
    color = [np.mean([float(colorfulness(floats(shifted(p, s).rgb))) for p in photos]) for s in (30, 0, 12)]
    assert single["colorfulness_ratio"] == pytest.approx(np.mean(color) / color[1], abs=1e-3)
    assert quality(30) < mean["psnr"] < 100
    assert {row["gray_psnr"] for row in rows} == {gray["psnr"]}
    assert single["step"] is not None is answers[0].get("step")


def test_spread_and_distance_are_told_of_single_samples(pretender):
    photos = [colored(1), colored(2)]
    _, single, best, mean = sampled(photos).rows
    assert single["inside_calibrated"] == pytest.approx(0.5)
    assert sum(single["ranks"]) == pytest.approx(1, abs=1e-3)
    assert single["inside"] == pytest.approx(sum(single["ranks"][1:-1]), abs=1e-3)
    pairs = [diversity([shifted(p, s).rgb for s in (30, 0, 12)]) for p in photos]
    assert single["diversity"] == pytest.approx(np.mean(pairs), abs=1e-3)
    assert single["spread_skill"] == pytest.approx(single["deviation"] / single["error"], abs=1e-3)
    assert not {"ranks", "frechet"} & best.keys()
    assert "ranks" not in mean
    assert single["frechet"] > mean["frechet"] > 0, "the first sample is farther from the truth than the mean is"


def test_vividness_that_is_named_is_that_of_all_models(pretender):
    told = Told(keep=1)
    rows = sampled([colored()], told, models=("sampler", "regressor"), samples=2, vividness=(0.0, 1.0)).rows
    assert [row["vividness"] for row in rows if row["what"] in ("single", "answer")] == [None, 0.0, 1.0, 0.0, 1.0]
    assert [title for title, _ in told.pictures[0]] == [
        "truth",
        "regressor 0",
        "regressor 1",
        "sampler 0, 1",
        "sampler 0, 2",
        "sampler 1, 1",
        "sampler 1, 2",
    ]
    assert rows[1]["psnr_se"] is rows[1].get("frechet") is None, "one photo has neither"


def test_pictures_are_kept_of_the_first_photos_and_progress_is_told(pretender):
    done = []
    photos = [colored(i) for i in range(3)]
    told = Told(lambda n, of: done.append((n, of)), keep=2)
    sampled(photos, told, samples=2, limit=3)
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert [torch.equal(row[0][1], photo.rgb) for row, photo in zip(told.pictures, photos, strict=False)] == [
        True,
        True,
    ]


def test_the_answer_is_json_and_a_table_with_its_protocol(pretender):
    answer = sampled([colored(1), colored(2)], size=99, steps=1)
    assert json.loads(json.dumps(answer.as_json()))["rows"][1]["samples"] == 3
    lines = answer.text().splitlines()
    assert "short side of 99 px" in lines[-1]
    assert "50.0% of a calibrated sampler" in lines[-1]
    assert "LPIPS" not in lines[0], "nobody measured it"
    assert "a step" not in lines[0], "one step has no time between two"
    assert len([line for line in lines if line.startswith(("the photo left gray", "sampler"))]) == 4


def test_what_cannot_be_meant_is_told(pretender):
    for samples in (1, 65):
        with pytest.raises(ValueError, match="2 to 64"):
            Setup(("sampler",), samples=samples)
    with pytest.raises(ValueError, match="Of regressor none draws"):
        sampled([colored()], models=("regressor",))
    with pytest.raises(ValueError, match="nothing here to measure sampling on; give a folder"):
        sampled([])
    with pytest.raises(ValueError, match="at least 1 photo"):
        sampled([colored()], limit=0)


def test_the_rank_histogram_has_a_bar_for_each_share(pretender):
    rows = sampled([colored(1), colored(2)], vividness=(0.5, 1.0)).rows
    axes = plot(rows).axes[0]
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(
        [share for row in rows for share in row.get("ranks", ())]
    )
    assert axes.lines[0].get_ydata()[0] == pytest.approx(1 / 4)


@pytest.mark.slow
def test_calm_samples_are_all_the_same():
    setup = Setup(("diffusion",), samples=2, vividness=(0.0, 0.5), steps=1, size=48, lpips=True, device="cpu")
    rows = measure("sampling", [colored(), colored(1)], setup).rows
    _, *calm = rows[:4]
    assert calm[0]["psnr"] == calm[1]["psnr"] == calm[2]["psnr"]
    assert calm[0]["diversity"] == calm[0]["diversity_lpips"] == calm[0]["inside"] == 0
    assert rows[4]["diversity"] > 0 < rows[4]["diversity_lpips"]
    assert all(np.isfinite([row["lpips"], row["ciede2000"]]).all() for row in rows)


@pytest.fixture
def album(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for i in range(2):
        Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).save(f"{i}.png")
    return tmp_path


@pytest.mark.slow
def test_the_command_writes_what_it_prints(album, capsys):
    argv = [
        "evaluate",
        ".",
        "--models",
        "diffusion,unet",
        "--samples",
        "2",
        "--steps",
        "1",
        "--size",
        "32",
        "--device",
        "cpu",
    ]
    assert main([*argv, "--json", "samples.json", "--sheet", "sheet.png", "--plot", "ranks.png"]) == 0
    said = capsys.readouterr().out
    scores = json.loads(Path("samples.json").read_text())
    assert [(s["model"], s["what"]) for s in scores] == [
        ("gray", "answer"),
        ("diffusion", "single"),
        ("diffusion", "best of 2"),
        ("diffusion", "mean of 2"),
        ("unet", "answer"),
        ("unet", "answer"),
    ]
    assert scores[0]["protocol"] in said
    assert scores[1]["spread"]["samples"] == 2
    assert scores[0]["spread"] is None
    assert "1 steps" not in said
    assert all(Image.open(file).width > 100 for file in ("sheet.png", "ranks.png"))


@pytest.mark.parametrize(
    "options, told",
    [
        (("--samples", "1"), "2 to 64"),
        (("--samples", "2", "--models", "unet"), "none draws"),
        (("--samples", "2", "--models", "nosuch"), "nosuch"),
        (("--samples", "2", "--sizes", "32,64"), "leave them out"),
        (("--samples", "2", "--hints", "1"), "leave --hints out"),
        (("--samples", "2", "--plot", "no/such/folder.png"), "no folder"),
        (("--samples", "2", "--steps", "101"), "101 steps"),  # of the model that draws, which nobody named
        (("--steps", "4"), "--samples"),
        (("--strength", "2"), "--samples"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(album, capsys, options, told):
    assert main(["evaluate", ".", *options]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert (
        len(
            [
                line
                for line in said.err.strip().splitlines()
                if "photo/s" not in line and "s/photo" not in line and "photo [" not in line
            ]
        )
        == 1
    )
    assert not said.out


@pytest.mark.slow
def test_the_price_of_samples_is_a_table_over_sizes_and_steps(monkeypatch):
    for name, value in (("SIZES", (32, 64)), ("STEPS", (1, 2)), ("SAMPLES", 2), ("REPEATS", 1)):
        monkeypatch.setattr(sample_bench, name, value)
    report = sample_bench.measure_samples(colored(), "unet", "cpu")
    assert [(row["size"], row["steps"]) for row in report["drawing"]] == [(32, 1), (64, 1), (32, 2), (64, 2)]
    assert (report["width"], report["height"], report["whole"]["samples"], report["whole"]["answer_model"]) == (
        60,
        40,
        2,
        "unet",
    )
    assert json.loads(json.dumps(report)) == report
    lines = sample_bench.sample_text(report).splitlines()
    assert lines[0].split("  ")[0] == "ms by working size"
    assert [line.split("  ")[0] for line in lines[2:5]] == [
        "looking, once a photo",
        "one sample, 1 step",
        "one sample, 2 steps",
    ]
    assert lines[5].startswith("2 pictures by diffusion (4 steps each) of a photo of 60 × 40 px take ")
