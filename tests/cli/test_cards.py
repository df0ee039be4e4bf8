"""Pages made from measurements say what was measured."""

import json

import pytest

from toolkit.cli.pages import cards, zoo_cards
from toolkit.cli.pages.commands import commands
from toolkit.cli.pages.summary import summary
from toolkit.cli.pages.tables import NOTHING, below

GRAY = {"model": "gray", "hints": 0, "n": 300, "psnr": 22.0, "psnr_se": 0.3, "ciede2000": 10.0, "colorfulness_ratio": 0}
UNET = GRAY | {"model": "unet@0.5", "psnr": 23.75, "colorfulness_ratio": 0.66, "ciede2000": 8.125}
CARD = {
    "name": "unet",
    "task": "automatic",
    "summary": "Colors.",
    "architecture": "unet",
    "file": "u.safetensors",
    "sha256": "ab12",
}
CARD |= {"license": "MIT", "data": "photos", "trained": "in minutes", "weak": "Clothes stay brown."}
SPEED = {
    "model": "unet",
    "machine": {"cores": 2, "device": "cpu", "processor": "x86_64"},
    "growth": [{"megapixels": 24.0, "seconds": 41.26, "memory_mb": 1234}],
    "ratio_png": 2.51,
    "ratio_jpg": 2.2,
}


@pytest.fixture
def weights(tmp_path, monkeypatch):
    (tmp_path / "measured").mkdir()
    others = {"e": {"file": "e.st", "sha256": "cd", "license": "X", "source": "S"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"models": [CARD], "encoders": others}))
    monkeypatch.setenv("HUEPOINT_WEIGHTS", str(tmp_path))
    return tmp_path


def write(weights, name, record):
    (weights / "measured" / name).write_text(json.dumps(record))


def test_results_name_photos_gain_and_protocol(weights):
    write(weights, "photos-val.json", {"table": [GRAY, UNET], "protocol": "Short side 256 px."})
    lines = below(cards.results()).splitlines()
    assert lines[2] == "| the photo left gray |  | val, 300 photos | 22.00 ± 0.30 |  | 0% | 10.00 |"
    assert lines[3] == "| unet | 0.5 | val, 300 photos | 23.75 ± 0.30 | +1.75 | 66% | 8.12 |"
    assert lines[-1] == "Short side 256 px."


def test_every_set_of_photos_gets_its_rows(weights):
    for name in ("val", "kodak"):
        write(weights, f"photos-{name}.json", {"table": [GRAY], "protocol": "P."})
    text = below(cards.results())
    assert "kodak, 300 photos" in text
    assert "val, 300 photos" in text
    assert text.count("P.") == 1, "one protocol is said once"


def test_speed_is_a_row_per_size(weights):
    write(weights, "speed.json", SPEED)
    assert "| 24 | 41.3 | 1,234 |" in below(cards.speed())
    assert "2.5 times" in below(cards.speed())


def test_a_comparison_is_a_row_per_model_with_what_it_is_ahead(weights):
    row = {
        "model": "gray",
        "hints": 0,
        "n": 24,
        "psnr": 22.0,
        "psnr_se": 0.5,
        "lpips": 0.25,
        "lpips_se": None,
        "colorfulness_ratio": 0.0,
    }
    row |= {"looking": 0.0, "painting": 0.01, "peak_mb": 9.4}
    ahead = {"model": "unet", "metric": "psnr", "difference": 1.5, "se": 0.25, "wins": 20, "n": 24}
    other = {"model": "unet", "metric": "lpips", "difference": -0.1, "se": 0.01, "wins": 24, "n": 24}
    unet = row | {"model": "unet", "psnr": 23.5, "lpips": None, "colorfulness_ratio": 0.5, "looking": 0.2}
    record = {
        "setup": {"metrics": ["psnr", "lpips", "colorfulness"], "baseline": "gray"},
        "photos": 24,
        "protocol": "As said.",
    }
    write(weights, "compare-kodak.json", record | {"table": [row, unet], "versus": [other, ahead]})
    header, _, gray, better, _, protocol = below(zoo_cards.comparisons()).splitlines()
    assert header == "| kodak, 24 photos | PSNR, dB | over gray, dB | LPIPS | colorfulness | ms | MB |"
    assert gray == "| gray | 22.00 ± 0.50 |  | 0.2500 | 0% | 10 | 9 |"
    assert better == "| unet | 23.50 ± 0.50 | +1.50 ± 0.25, wins 20 of 24 |  | 50% | 210 | 9 |"
    assert protocol == "As said."


def test_the_zoo_is_a_row_per_network_with_its_training_time(weights):
    tiny = CARD | {
        "name": "simple-cnn",
        "architecture": "simple-cnn",
        "summary": "Small.",
        "parameters": 1234,
        "zoo": True,
    }
    (weights / "manifest.json").write_text(json.dumps({"models": [CARD, tiny]}))
    (weights / "u.safetensors").write_bytes(bytes(250_000))
    (weights / "training" / "simple-cnn").mkdir(parents=True)
    log = [{"step": 1, "samples": 16, "cpu": 1.0}, {"step": 2000, "samples": 32000, "cpu": 660.0}]
    (weights / "training" / "simple-cnn" / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))
    assert below(zoo_cards.zoo()).splitlines()[2:] == ["| simple-cnn | Small. | 1,234 | 0.2 | 32,000 | 11 |"]


def test_solving_small_is_shown_beside_the_direct_solve(weights):
    methods = [
        {"method": "levin_fast", "seconds": 0.5, "times_faster": 20.04, "psnr": 31.0, "gain": 0.05, "least_gain": -0.7}
    ]
    write(
        weights, "speed.json", SPEED | {"classical": {"megapixels": 1.0, "hints": 100, "photos": 3, "methods": methods}}
    )
    assert below(cards.TABLES["classical"]()).splitlines()[-1] == "| levin_fast | 0.50 | 20.0 | 31.00 | +0.05 | -0.70 |"


def test_without_measurements_no_numbers_are_claimed(weights):
    for name, make in cards.TABLES.items():
        assert below(make()) == NOTHING, name
    assert summary() == NOTHING


def test_a_protocol_is_said_once_or_linked_to():
    tables = [("a", "P."), ("b", "P."), ("c", "Q."), ("d", "")]
    assert below(tables) == "a\n\nb\n\nP.\n\nc\n\nQ.\n\nd"
    assert below(tables, "measured.md#x") == "a\n\nb\n\nc\n\nd\n\n[How this was measured](measured.md#x)"
    assert below(tables[3:], "measured.md#x") == "d"


def test_the_summary_is_a_row_for_each_thing_that_was_measured_beside_its_bar(weights):
    write(weights, "photos-val.json", {"table": [GRAY, UNET], "protocol": "P."})
    assert summary().splitlines()[2:] == [
        "| automatic, vividness 0.5: as it is set | 23.75 ± 0.30 dB | left gray: 22.00 ± 0.30 dB | 300 photos | "
        "[more](docs/measured.md#results) |"
    ]
    ten = [UNET | {"model": "unet@0", "hints": 10}, GRAY | {"model": "levin2004", "hints": 10}]
    write(weights, "hints-icolorit-val.json", {"table": ten, "protocol": "P."})
    write(weights, "speed.json", SPEED)
    text = summary()
    assert (
        "| 10 hints | 23.75 ± 0.30 dB | Levin 2004: 22.00 ± 0.30 dB | 300 photos | [more](docs/hints.md#how-good) |"
        in text
    )
    assert "| a photo of 24 MP, file to file | 41.3 s | 1,234 MB of memory | 2 cores, cpu |" in text


def test_every_command_is_told_with_its_examples_and_its_arguments():
    text = commands()
    assert "## colorize\n\nColor photos at their full size.\n\n```sh\npython -m toolkit colorize grandma.jpg" in text
    assert "| `PHOTOS` | photos, or folders of photos |" in text
    assert "| `--out, -o OUT` | a file (one photo) or a folder;" in text
    assert "| `--vividness FLOAT` | 0 safe and dull to 1 lively (default: 0.5) |" in text
    assert "| `--mark` | draw" in text
    assert "## measure flicker\n\nHow much does the color of a clip flicker" in text
    assert "| `--frames INT` | of the pan, 3 or more (default: 100) |" in text
    assert "- `evaluate-temporal`: Another name for `measure flicker`, for one more release." in text


def test_a_mark_that_nothing_is_made_for_is_said(monkeypatch, tmp_path):
    for name in ("README.md", "weights/README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<!-- nonsense -->\n<!-- /nonsense -->\n")
    monkeypatch.setattr(cards, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="Nothing is made for the mark nonsense of README"):
        cards.texts()


def test_model_cards_say_what_is_weak_and_whose_the_rest_is(weights):
    assert "| **weak at** | Clothes stay brown. |" in cards.model_cards()
    assert cards.model_cards().endswith("## matcher\n\nNone ships.")
    assert cards.model_cards(zoo=True) == ""
    assert "| `e.st` | S | X | `cd` |" in cards.others()


def test_between_replaces_only_what_is_between():
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb"
    assert cards.between(text, "x", "new") == "a\n<!-- x -->\nnew\n<!-- /x -->\nb"
    assert cards.between(cards.between(text, "x", "new"), "x", "new") == cards.between(text, "x", "new")
    with pytest.raises(ValueError, match="are missing"):
        cards.between(text, "y", "new")


def test_check_tells_what_is_out_of_date_and_writes_nothing(weights, monkeypatch, capsys):
    page = weights / "page.md"
    page.write_text("old")
    monkeypatch.setattr(cards, "ROOT", weights)
    monkeypatch.setattr(cards, "texts", lambda: {page: "new"})
    assert cards.main(["--check"]) == 1
    assert page.read_text() == "old"
    assert cards.main([]) == 0
    assert page.read_text() == "new"
    assert cards.main(["--check"]) == 0
    assert "page.md is out of date" in capsys.readouterr().out


def test_hints_are_a_row_per_model_and_a_column_per_count(weights):
    table = [
        {"model": model, "hints": count, "n": 24, "psnr": 20.0 + count, "psnr_se": 0.5, "colorfulness_ratio": 0.5}
        for model in ("levin2004", "vit-hint@0")
        for count in (0, 10)
    ]
    write(weights, "hints-icolorit-kodak.json", {"table": table, "protocol": "224 px."})
    lines = below(cards.hints()).splitlines()
    assert lines[0] == "| icolorit-kodak, 24 photos | 0 | 10 | colorfulness at 0 |"
    assert lines[2] == "| levin2004 | 20.00 ± 0.50 | 30.00 ± 0.50 | 50% |"
    assert lines[3].startswith("| vit-hint, vividness 0 | 20.00")
    assert lines[-1] == "224 px."


def test_obedience_and_clicks_are_told_as_measured(weights):
    shares = {"inside": 0.7, "inside_se": 0.02, "alike": None, "alike_se": None, "outside": 0.031, "outside_se": 0.004}
    row = {"model": "vit-hint", "lasso": False, "measured_on": "picture", "n": 200} | shares
    write(weights, "obedience.json", {"rows": [row], "protocol": "One point."})
    lines = below(cards.TABLES["obeying"]()).splitlines()
    assert (
        lines[0]
        == "| model | lasso | measured on the | region, 200 photos | elsewhere in its class | everywhere else |"
    )
    assert lines[2] == "| vit-hint | no | picture | 70.0 ± 2.0 % |  | 3.1 ± 0.4 % |"
    click = {
        "encode": 0.4,
        "width": 1154,
        "height": 866,
        "clicks": [{"way": "click, 10 hints", "seconds": 0.08, "times_a_click": 1.0}],
    }
    write(weights, "speed.json", SPEED | {"clicks": click})
    assert "| click, 10 hints | 80 | 1.0 |" in below(cards.clicks())


def test_text_is_told_beside_its_baselines_and_by_class(weights):
    def line(name, n, **means):
        every = (
            "found",
            "alarm",
            "pointing",
            "centre",
            "iou",
            "uniform",
            "auc",
            "auc_all",
            "wish",
            "automatic",
            "to_name",
            "outside",
        )
        return (
            {"name": name, "n": n}
            | {key: means.get(key) for key in every}
            | {f"{key}_se": 0.01 if key in means else None for key in every}
        )

    seen = {"pointing": 0.84, "centre": 0.2, "iou": 0.48, "uniform": 0.13}
    pairs = line(
        "all pairs", 841, **seen, auc=0.94, auc_all=0.9, wish=11.5, automatic=40.25, to_name=14.2, outside=1.26
    ) | {"photos": 236}
    dog, classes = line("dog", 12, **seen), line("all classes", 126, **seen)
    write(
        weights,
        "text-val.json",
        {"rows": [pairs | {"swap": 0.85, "swap_se": None, "swaps": 100}, classes, dog], "protocol": "Every class."},
    )
    held = dog | {"photos": 9, "swap": None, "swaps": 0}
    write(weights, "text-held-out.json", {"rows": [held, classes, dog], "protocol": "Only words held out."})
    text = below(cards.text())
    assert "| val | 841 regions, 236 photos | mean of 126 classes | without eyes or words |" in text
    assert "| maximum inside the region | 84.0 ± 1.0 % | 84.0 ± 1.0 % | 20.0 ± 1.0 % (photo's centre) |" in text
    assert "| region to the wish, CIEDE2000 | 11.5 ± 0.0 |  | 40.2 ± 0.0 (no sentence) |" in text
    assert "| two colors swapped, of 100 sentences | 85.0 % |  |  |" in text
    assert text.count("to the wish") == text.count("swapped") == 1, (
        "what was not measured of the words held out has no row"
    )
    assert text.index("Only words held out.") < text.index("Every class.")
    assert "| dog | 12 | 84.0 ± 1.0 % | 20.0 ± 1.0 % | 0.480 ± 0.010 | 0.130 ± 0.010 |  |  |  |  |" in below(
        cards.text_classes()
    )
    ways = [{"way": "one thing, words to picture", "seconds": 0.9, "times_an_encoding": 4.5}]
    write(weights, "speed.json", SPEED | {"text": {"width": 1154, "height": 866, "text": ways}})
    assert below(cards.text()).endswith(
        "| 1154 × 866 px | ms | times a CLIP encoding |\n| --- | --- | --- |\n| one thing, words to picture | 900 | "
        "4.5 |"
    )


def test_samples_stand_beside_models_that_give_one_answer(weights):
    spread = {
        "diversity": 9.84,
        "diversity_se": 0.25,
        "inside": 0.701,
        "inside_se": 0.0125,
        "inside_calibrated": 0.7778,
        "spread_skill": 0.93,
    }
    plain = GRAY | {"vividness": None, "gray_psnr": 22.0, "what": "answer", "frechet": 412.4}
    drawn = plain | {"model": "diffusion", "vividness": 0.5}
    record = [
        plain,
        drawn | {"what": "single", "psnr": 21.5, "colorfulness_ratio": 0.95, "frechet": 250.6} | spread,
        drawn | {"what": "best of 8", "psnr": 23.75, "frechet": None},
        plain | {"model": "unet", "vividness": 0.0, "psnr": 23.5},
    ]
    write(weights, "samples-val.json", {"rows": record, "protocol": "Eight samples."})
    lines = below(cards.TABLES["samples"]()).splitlines()
    calibration = "9.8 ± 0.2 | 70.1 ± 1.2 % (77.8% if calibrated) | 0.93 (1 if calibrated) |"
    assert lines[0].startswith("| val, 300 photos | what | PSNR, dB |")
    assert lines[2] == "| the photo left gray |  | 22.00 ± 0.30 |  | 0% | 412 |  |  |  |"
    assert (
        lines[3] == f"| diffusion, vividness 0.5 | a single sample | 21.50 ± 0.30 | -0.50 | 95% | 251 | {calibration}"
    )
    assert lines[4] == "| diffusion, vividness 0.5 | best of 8 | 23.75 ± 0.30 | +1.75 | 0% |  |  |  |  |"
    assert lines[5] == "| unet, vividness 0 | its one answer | 23.50 ± 0.30 | +1.50 | 0% | 412 |  |  |  |"
    assert lines[-1] == "Eight samples."


def test_a_sample_has_a_price_by_size_and_steps(weights):
    drawing = [{"size": size, "steps": steps, "seconds": size * steps / 1e4} for steps in (1, 8) for size in (192, 256)]
    looking = [{"size": size, "seconds": 0.5} for size in (192, 256)]
    whole = {
        "samples": 8,
        "steps": 8,
        "seconds": 4.25,
        "answer_model": "vit-hint",
        "answer_seconds": 1.2,
        "times_an_answer": 3.54,
    }
    report = {
        "model": "diffusion",
        "width": 1154,
        "height": 866,
        "looking": looking,
        "drawing": drawing,
        "whole": whole,
    }
    write(weights, "speed.json", SPEED | {"samples": report})
    lines = below(cards.sample_speed()).splitlines()
    assert lines[0] == "| ms by working size | 192 px | 256 px |"
    assert lines[2:5] == [
        "| looking, once a photo | 500 | 500 |",
        "| one sample, 1 step | 19 | 26 |",
        "| one sample, 8 steps | 154 | 205 |",
    ]
    assert (
        "8 pictures by diffusion (8 steps each) of a photo of 1154 × 866 px take 4.2 s from start to finish, 3.5 times "
        "the one" in lines[-1]
    )
