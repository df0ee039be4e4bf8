import json
from dataclasses import asdict, is_dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests import EXAMPLES
from toolkit import pipeline
from toolkit.cli import COMMANDS, OLD, app, main
from toolkit.guidance import Guidance, Hint
from toolkit.models import registry
from toolkit.models.cards import list_models
from toolkit.models.weights import WeightsError
from toolkit.photo import open_photo
from toolkit.pipeline import seen

FAST = ("--size", "32", "--device", "cpu")


@pytest.fixture
def album(tmp_path, monkeypatch):
    """Two photos, one of them deeper, and something that is none, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("album/deep").mkdir(parents=True)
    for name, size in (("album/a.png", (40, 30)), ("album/deep/b.jpg", (31, 47))):
        ramp = np.linspace(30, 220, size[0])[None].repeat(size[1], 0)
        Image.fromarray(ramp.astype(np.uint8)).save(name)
    Path("album/notes.txt").write_text("not a photo")
    return tmp_path


def files():
    return sorted(p.as_posix() for p in Path().rglob("*") if p.is_file())


def usage_error(*argv):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    return stop.value.code


@pytest.mark.parametrize("command", [*COMMANDS, *OLD])
def test_help_comes_with_examples(command, capsys):
    assert usage_error(command, "--help") == 0
    assert f"python -m toolkit {OLD.get(command, command)}" in capsys.readouterr().out.partition("examples:")[2]


def test_the_package_has_what_it_lists_and_says_so_of_what_it_has_not():
    import toolkit

    assert set(toolkit.__all__) <= set(dir(toolkit))
    assert toolkit.Session is pipeline.Session
    with pytest.raises(AttributeError, match="it has Cancelled, "):
        toolkit.nosuch  # noqa: B018  # reading it is the test


def test_one_photo_goes_beside_itself(album, capsys):
    assert main(["colorize", "album/a.png", *FAST]) == 0
    assert capsys.readouterr().out.split() == ["album/a-color.png"]
    assert open_photo("album/a-color.png").size == (40, 30)


def test_out_is_a_file_for_one_photo(album):
    assert main(["colorize", "album/a.png", "-o", "new/photo.webp", "--layer", "--mark", "--quiet", *FAST]) == 0
    assert open_photo("new/photo.webp").size == open_photo("new/photo-layer.png").size == (40, 30)


def test_a_folder_keeps_its_shape_and_a_second_run_leaves_results_alone(album):
    before = files()
    assert main(["colorize", "album", "-o", "out", "--format", "jpg", *FAST]) == 0
    assert [f for f in files() if f not in before] == ["out/a-color.jpg", "out/deep/b-color.jpg"]
    for _ in range(2):
        assert main(["colorize", "album", "--layer", "--overwrite", *FAST]) == 0
    new = ["album/a-color-layer.png", "album/a-color.png", "album/deep/b-color-layer.png", "album/deep/b-color.png"]
    assert [f for f in files() if f not in before and f.startswith("album")] == new
    assert open_photo("out/deep/b-color.jpg").size == (31, 47)


def test_results_inside_the_folder_are_not_colored_again(album):
    for _ in range(2):
        assert main(["colorize", "album", "-o", "album/out", "--overwrite", *FAST]) == 0
    assert [f for f in files() if "out" in f] == ["album/out/a-color.png", "album/out/deep/b-color.png"]


def test_a_bad_photo_does_not_stop_the_rest(album, capsys):
    Path("album/broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    Path("empty").mkdir()
    assert main(["colorize", "none.jpg", "album", "empty", "-o", "out", *FAST]) == 1
    said = capsys.readouterr()
    assert said.out.split() == ["out/a-color.png", "out/deep/b-color.png"]
    assert "3 failed:" in said.err
    for path in ("none.jpg", "album/broken.jpg", "empty"):
        assert f"\n  {path}" in said.err
    assert "Traceback" not in said.err


def test_nothing_is_overwritten_without_being_told(album, capsys):
    Path("album/a-color.png").write_text("mine")
    assert main(["colorize", "album/a.png", *FAST]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert Path("album/a-color.png").read_text() == "mine"
    assert main(["colorize", "album/a.png", "--overwrite", *FAST]) == 0
    assert open_photo("album/a-color.png").size == (40, 30)


def test_the_photo_itself_is_never_overwritten(album):
    before = Path("album/a.png").read_bytes()
    assert main(["colorize", "album/a.png", "-o", "album/../album/a.png", "--overwrite", *FAST]) == 1
    assert Path("album/a.png").read_bytes() == before


def test_photos_of_one_name_get_two(album):
    Image.open("album/a.png").resize((20, 20)).save("a.jpg")
    assert main(["colorize", "a.jpg", "album/a.png", "-o", "out", *FAST]) == 0
    assert [open_photo(f).size for f in ("out/a-color.png", "out/a-color-2.png")] == [(20, 20), (40, 30)]


def test_names_may_begin_with_a_dash_and_hold_anything(album):
    Image.open("album/a.png").save("-v фото 1.png")
    assert main(["colorize", *FAST, "-o", "out.png", "--", "-v фото 1.png"]) == 0
    assert open_photo("out.png").size == (40, 30)


def test_hints_decide_and_the_dial_turns(album):
    Guidance((Hint(20, 15, "#8a7060", 9),)).save("hints.json")
    for i, options in enumerate(
        [(), ("--hints", "hints.json"), ("--vividness", "1"), ("--vividness", "1", "--seed", "5")]
    ):
        assert main(["colorize", "album/a.png", "-o", f"{i}.png", *options, *FAST]) == 0
    plain, hinted, vivid, _ = (open_photo(f"{i}.png").rgb for i in range(4))
    hint = pipeline.Session("album/a.png", device="cpu", size=32).colorize(Guidance((Hint(20, 15, "#8a7060", 9),)))
    assert torch.equal(hinted, hint.rgb)
    assert not torch.equal(plain, hinted)
    assert not torch.equal(plain, vivid)


@pytest.mark.parametrize(
    "argv, says",
    [
        (("album", "--hints", "hints.json"), "one photo"),
        (("album/a.png", "--hints", "none.json"), "none.json"),
        (("album/a.png", "--hints", "album/notes.txt"), "not JSON"),
        (("album", "-o", "one.png"), "name a folder"),
        (("album/a.png", "album/deep/b.jpg", "-o", "one.png"), "name a folder"),
        (("album/a.png", "--model", "nosuch"), "known models: .*unet"),
        (("album/a.png", "--device", "tpu"), "available: .*cpu"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_exit_code_2(album, capsys, argv, says):
    before = files()
    assert main(["colorize", *argv]) == 2
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 1
    with pytest.raises(ValueError, match=says):
        raise ValueError(said.err)
    assert files() == before


@pytest.mark.parametrize(
    "argv",
    [
        ("nosuch",),
        ("colorize",),
        ("colorize", "a.png", "--nosuch"),
        ("colorize", "a.png", "--vividness"),
        ("colorize", "a.png", "--format", "gif"),
        ("train", "unet"),
        ("train", "unet", "--data"),
        ("train", "nosuch", "--data", "a"),
        ("train", "vae", "--data", "shapes", "--study"),
    ],
)
def test_a_command_line_that_does_not_parse_is_one_sentence(argv, capsys):
    assert usage_error(*argv) == 2
    said = capsys.readouterr()
    assert not said.out
    (line,) = said.err.splitlines()
    assert "Traceback" not in line
    known = f"see python -m toolkit {' '.join(argv[: 1 + (argv[0] == 'train')])} --help"
    assert ("; there are " if "nosuch" in argv[:2] else known) in line.replace("See", "see")


@pytest.mark.parametrize("argv", [(), ("train",)])
def test_where_no_command_is_named_help_is_shown_and_nothing_is_done(argv, capsys):
    assert usage_error(*argv) == 2
    assert ("unet" if argv else "colorize") in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv, says",
    [
        (("--vividness", "2"), "2 is not a number from 0 to 1"),
        (("--vividness", "nan"), "nan is not a number from 0 to 1"),
        (("--saturation", "x"), "x is not a number from 0 to 2"),
        (("--warmth", "-2"), "-2 is not a number from -1 to 1"),
        (("--samples", "0"), "0 is not a whole number above 0"),
        (("--size", "1.5"), "1.5 is not a whole number above 0"),
        (("--seed", "x"), '"x"'),
    ],
)
def test_wrong_numbers_are_refused_as_they_were_typed(argv, says, capsys):
    assert usage_error("colorize", "a.png", *argv) == 2
    said = capsys.readouterr().err
    assert f"{argv[0]}: " in said
    assert says in said


def options(*argv):
    """What a command line is understood as, by the names of the options."""
    _, bound, _ = app.parse_args(argv, exit_on_error=False, print_error=False)
    return {k: v for value in bound.arguments.values() if is_dataclass(value) for k, v in asdict(value).items()}


@pytest.mark.parametrize(
    "argv, expected",
    [
        ("-o x.png", {"out": "x.png"}),
        ("-ox.png", {"out": "x.png"}),
        ("--out=x.png", {"out": "x.png"}),
        ("--warmth -0.3", {"warmth": -0.3}),
        ("--warmth=-.3 --seed -5", {"warmth": -0.3, "seed": -5}),
        ("--palette navy,#d8c0a0,,olive", {"palette": ("navy", "#d8c0a0", "olive")}),
        ("--reference r --reference s", {"reference": ("r", "s")}),
        ("--vividness 0.1 --vividness 0.2", {"vividness": 0.2}),
        ("--keep-colors", {"recolor": True}),
        ("--recolor --layer --quiet", {"recolor": True, "layer": True, "quiet": True, "mark": False}),
        ("--samples 6 --steps 3 --strength 4", {"samples": 6, "steps": 3, "strength": 4.0}),
    ],
)
def test_options_may_be_spelled_in_many_ways(argv, expected):
    assert options("colorize", "a.png", *argv.split()).items() >= expected.items()
    assert options("colorize", *argv.split(), "--", "-a.png").items() >= expected.items()


@pytest.mark.parametrize(
    "argv, expected",
    [
        (
            "compare v w --models unet@0.3,levin2004 --hints 0,10",
            {"models": ("unet@0.3", "levin2004"), "hints": (0, 10)},
        ),
        ("transfer a --from b --method reinhard", {"reference": Path("b"), "method": "reinhard"}),
        ("bench --megapixels 0.02,1", {"megapixels": (0.02, 1.0)}),
        (
            "train unet --data a b --val c --minutes 7.5",
            {"data": ("a", "b"), "val": ("c",), "minutes": 7.5, "views": 2},
        ),
        (
            "train matcher --data a --regions r --captions c --painter p",
            {"regions": "r", "captions": "c", "painter": "p"},
        ),
        ("train localizer --data r --captioned p q --hold-out 5", {"captioned": ("p", "q"), "hold_out": 5}),
        ("train encoder --data a --from f", {"start": "f"}),
        ("train pix2pix --data shapes --study", {"study": True}),
    ],
)
def test_each_command_has_its_options(argv, expected):
    assert options(*argv.split()).items() >= expected.items()


@pytest.mark.parametrize(
    "error", [RuntimeError("not enough\nmemory: you tried"), MemoryError(), OSError(28, "No space left on device")]
)
def test_whatever_fails_while_coloring_is_told_in_a_line(album, capsys, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(pipeline.Session, "colorize", fail)
    assert main(["colorize", "album/a.png", *FAST]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0] == "1 failed:"
    assert len(lines) == 2
    assert lines[1].startswith("  album/a.png: ")


def test_bad_weights_are_told_before_any_photo(album, capsys, monkeypatch):
    def fail(*args):
        raise WeightsError("The weights are gone; clone again.")

    monkeypatch.setattr(registry, "load_model", fail)
    assert main(["colorize", "album", *FAST]) == 1
    assert capsys.readouterr().err == "The weights are gone; clone again.\n"
    monkeypatch.undo()
    assert main(["colorize", str(album / "album/a.png"), "--weights", str(album / "none.safetensors"), *FAST]) == 1
    assert "none.safetensors" in capsys.readouterr().err


def test_control_c_stops_with_a_line(album, capsys, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline.Session, "colorize", stop)
    assert main(["colorize", "album", *FAST]) == 130
    assert capsys.readouterr().err.strip().splitlines()[-1] == "Stopped."


def test_steps_of_the_memory_ladder_are_told(album, capsys, monkeypatch):
    times = []

    class Hungry:
        def __init__(self, model):
            self.model = model
            self.card, self.bins, self.decode = model.card, model.bins, model.decode

        def encode(self, L):
            times.append(L.shape)
            if len(times) == 1:
                raise RuntimeError("out of memory")
            return self.model.encode(L)

    load = seen.load_model
    monkeypatch.setattr(seen, "load_model", lambda name, device: Hungry(load(name, device)))
    assert main(["colorize", "album/a.png", "--size", "144", "--device", "cpu"]) == 0
    assert "a.png: Memory was short" in capsys.readouterr().err


def test_models_prints_the_cards(capsys):
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert all(card.name in text and card.license in text for card in list_models(zoo=True))
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [asdict(card) for card in list_models(zoo=True)]


def test_evaluate_writes_what_it_prints(album, capsys):
    rng = np.random.default_rng(0)
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).save(f"{i}.png")
    argv = [
        "evaluate",
        ".",
        "--models",
        "unet",
        "--limit",
        "2",
        "--size",
        "32",
        "--vividness",
        "0,1",
        "--device",
        "cpu",
    ]
    assert main([*argv, "--json", "scores.json", "--sheet", "sheet.png"]) == 0
    said = capsys.readouterr()
    scores = json.loads(Path("scores.json").read_text())
    assert [(s["model"], s["vividness"], s["n"]) for s in scores] == [
        ("gray", None, 2),
        ("unet", 0.0, 2),
        ("unet", 1.0, 2),
    ]
    needed = {"n", "psnr", "psnr_se", "gray_psnr", "colorfulness_ratio", "ciede2000", "protocol", "seconds"}
    assert all(needed <= set(s) for s in scores)
    assert "short side of 32 px" in said.out
    assert "evaluate is called `python -m toolkit compare` now" in said.err
    assert Image.open("sheet.png").width > 100


def test_evaluate_says_what_it_leaves_out_and_what_it_cannot_do(album, capsys):
    assert main(["evaluate", "album", "--size", "32", "--device", "cpu"]) == 2  # only gray photos
    assert "no photo in color" in capsys.readouterr().err
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save("album/c.png")
    assert main(["evaluate", "album", "--size", "32", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.count("Left out:") == 2
    assert main(["evaluate", "none.tar"]) == 2
    assert main(["evaluate", "album", "--models", "unet,nosuch"]) == 2
    assert main(["evaluate", "album", "--json", "no/such/folder.json"]) == 2


def test_evaluate_with_hints_writes_what_it_prints(album, capsys):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save("c.png")
    assert (
        main(
            [
                "evaluate",
                "c.png",
                "--models",
                "levin2004",
                "--hints",
                "0,2",
                "--json",
                "scores.json",
                "--plot",
                "curve.png",
            ]
        )
        == 0
    )
    scores = json.loads(Path("scores.json").read_text())
    assert [(s["model"], s["hints"], s["n"]) for s in scores] == [
        ("gray", 0, 1),
        ("gray", 2, 1),
        ("levin2004", 0, 1),
        ("levin2004", 2, 1),
    ]
    assert scores[0]["protocol"].startswith("Protocol icolorit: centre squares of photos at 224 x 224")
    assert scores[0]["protocol"] in capsys.readouterr().out
    assert Image.open("curve.png").width > 100


@pytest.mark.parametrize(
    "options, told",
    [
        (("--hints", "1", "--size", "64"), "leave --size"),
        (("--hints", "1", "--sheet", "s.png"), "leave --size"),
        (("--hints", "1,5000"), "2,000"),
        (("--hints", ","), "an empty list"),
        (("--hints", "1", "--models", "levin2004,nosuch"), "nosuch"),
        (("--hints", "1", "--plot", "no/such/folder.png"), "no folder"),
        (("--protocol", "icolorit"), "--hints"),
        (("--plot", "curve.png"), "--hints"),
        (("--models", "levin2004"), "spreads hints"),
    ],
)
def test_what_evaluate_cannot_do_with_hints_is_one_sentence(album, capsys, options, told):
    assert main(["evaluate", "album", *options]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not said.out


def test_counts_of_hints_are_counts_and_protocols_are_known(album):
    assert usage_error("evaluate", "album", "--hints", "1,-2") == 2
    assert usage_error("evaluate", "album", "--hints", "many") == 2
    assert usage_error("evaluate", "album", "--hints", "1", "--protocol", "mine") == 2


def test_obedience_says_what_it_needs(album, capsys):
    for argv in (
        ["album"],
        ["album/notes.txt"],
        ["none.tar"],
        ["album", "--models", "nosuch"],
        ["album", "--json", "no/such/folder.json"],
    ):
        assert main(["obedience", *argv]) == 2
        said = capsys.readouterr()
        assert len(said.err.strip().splitlines()) == 1, said.err
        assert not said.out


@pytest.mark.slow
def test_a_folder_of_photos_becomes_weights_that_color(album, capsys):
    rng = np.random.default_rng(0)
    Path("mine").mkdir()
    for i in range(3):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(f"mine/{i}.png")
    argv = [
        "train",
        "unet",
        "--data",
        "mine",
        "--out",
        "runs/mine",
        "--views",
        "1",
        "--minutes",
        "0.001",
        "--device",
        "cpu",
    ]
    assert main(argv) == 0
    weights = "runs/mine/checkpoint.safetensors"
    assert f"colorize PHOTO --weights {weights}" in capsys.readouterr().out
    assert main(["colorize", "album/a.png", "--weights", weights, *FAST]) == 0
    assert open_photo("album/a-color.png").size == (40, 30)
    assert main(argv) == 2
    assert "--resume" in capsys.readouterr().err
    log = Path("runs/mine/log.jsonl")
    last = json.loads(log.read_text().splitlines()[-1])
    assert main([*argv[:-3], str(last["seconds"] / 60 + 0.005), *argv[-2:], "--resume"]) == 0
    assert json.loads(log.read_text().splitlines()[-1])["step"] > last["step"]


@pytest.mark.slow
def test_a_sentence_colors_its_thing_and_tells_what_it_did(album, capsys):
    photo = str(EXAMPLES / "animals-two-dogs.jpg")
    assert main(["colorize", photo, "-o", "plain.png"]) == 0
    assert main(["colorize", photo, "-o", "said.png", "--text", "the dog is violet, the bicycle is red, blorf"]) == 0
    told = capsys.readouterr().err
    assert "[dog, " in told
    assert "no bicycle found" in told
    assert "blorf" in told
    plain, said = (open_photo(name).rgb.float() for name in ("plain.png", "said.png"))
    changed = (plain - said).abs().amax(0) > 30
    assert 0.005 < changed.float().mean() < 0.2, "a dog, and not the house"


@pytest.mark.slow
def test_a_sentence_keeps_the_colors_of_a_color_photo(album):
    photo = EXAMPLES / "animals-two-dogs.jpg"
    assert main(["colorize", str(photo), "-o", "said.png", "--text", "the dog is violet", "--keep-colors"]) == 0
    same = (open_photo("said.png").rgb == open_photo(photo).rgb).all(0)
    assert 0.8 < same.float().mean() < 0.995


def test_global_wishes_turn_the_dials(album):
    assert main(["colorize", "album/a.png", "--text", "black and white", *FAST]) == 0
    r, g, b = open_photo("album/a-color.png").rgb.int()
    assert (r - b).abs().max() <= 2
    assert (r - g).abs().max() <= 2
    assert main(["colorize", "album/a.png", "--text", "sepia", "-o", "sepia.png", *FAST]) == 0
    r, _, b = open_photo("sepia.png").rgb.float()
    assert (r - b).mean() > 10


def test_a_sentence_too_long_is_one_sentence(album, capsys):
    assert main(["colorize", "album/a.png", "--text", "red " * 3000, *FAST]) != 0
    said = capsys.readouterr().err
    assert "500" in said
    assert "Traceback" not in said
    assert files() == ["album/a.png", "album/deep/b.jpg", "album/notes.txt"]


def test_open_words_without_a_network_say_so(album, capsys, monkeypatch):
    from huggingface_hub.errors import LocalEntryNotFoundError

    from toolkit.text import open_words

    def offline(*args, **kwargs):
        raise LocalEntryNotFoundError("no network")

    monkeypatch.setattr(open_words, "fetched", lambda: None)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", offline)
    assert main(["colorize", "album/a.png", "--text", "the blorf is red", "--open-words", *FAST]) == 1
    assert "606 MB" in capsys.readouterr().err


def test_train_refuses_what_is_no_data(album, capsys):
    for source in ("album/notes.txt", "none"):
        assert main(["train", "unet", "--data", source, "--device", "cpu"]) == 2
        assert source in capsys.readouterr().err


@pytest.mark.slow
def test_bench_measures_every_table(album, capsys, monkeypatch):
    from toolkit.measure import speed as bench
    from toolkit.measure.speed import sample_cost as sample_bench
    from toolkit.measure.speed import sentence_cost as text_bench

    for name, value in (("SIZES", (64,)), ("STEPS", (1, 2)), ("SAMPLES", 2), ("REPEATS", 1)):
        monkeypatch.setattr(sample_bench, name, value)
    monkeypatch.setattr(bench, "REPEATS", 1)
    monkeypatch.setattr(text_bench, "REPEATS", 1)
    monkeypatch.setattr(bench, "MEGAPIXEL", 0.01)
    monkeypatch.setattr(bench, "_in_fresh_process", bench.measure_growth)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)).save("photo.png")
    assert main(["bench", "photo.png", "--megapixels", "0.02,0.05", "--device", "cpu", "--json", "bench.json"]) == 0
    report = json.loads(Path("bench.json").read_text())
    assert [g["megapixels"] for g in report["growth"]] == [0.02, 0.05]
    assert all(g["seconds"] > 0 and g["memory_mb"] >= 0 for g in report["growth"])
    assert [p["part"] for p in report["parts"]][-2:] == ["save png", "the rest"]
    assert report["ratio_png"] == pytest.approx(report["whole_png"] / report["network"], rel=0.05)
    assert {r["way"] for r in report["lift"]} >= {"nearest-exact", "bilinear", "ours"}
    text = capsys.readouterr().out
    assert "MB above the idle process" in text
    assert "ab error at edges" in text
    assert [row["steps"] for row in report["samples"]["drawing"]] == [1, 2]
    assert "from start to finish" in text


def test_samples_are_numbered_and_one_answer_models_say_so(album, capsys):
    assert main(["colorize", "album/a.png", "--samples", "2", "--steps", "1", "--layer", *FAST]) == 0
    assert capsys.readouterr().out.split() == ["album/a-color-1.png", "album/a-color-2.png"]
    assert open_photo("album/a-color-1.png").rgb.equal(open_photo("album/a-color-2.png").rgb) is False
    assert Path("album/a-color-2-layer.png").exists()
    assert main(["colorize", "album/a.png", "--samples", "2", *FAST]) == 1  # they are there already
    assert main(["colorize", "album/a.png", "--samples", "2", "--model", "unet", "--overwrite", *FAST]) == 1
    assert "gives one answer" in capsys.readouterr().err
    assert main(["colorize", "album/a.png", "--samples", "2", "--keep-colors", *FAST]) == 2
    assert "leave one of them out" in capsys.readouterr().err


def test_a_reference_lends_its_colors(album, capsys):
    cup = str(EXAMPLES / "still-coffee.jpg")
    mirrored = open_photo(cup).rgb[:, 40:].flip(-1)
    Image.fromarray(mirrored.permute(1, 2, 0).numpy()).save("mirrored.png")
    assert main(["colorize", cup, "-o", "alone.png", *FAST]) == 0
    assert main(["colorize", "-o", "like.png", "--reference", "mirrored.png", cup, *FAST]) == 0
    truth, alone, like = (open_photo(name).rgb.float() for name in (cup, "alone.png", "like.png"))
    assert (like - truth).square().mean() < 0.8 * (alone - truth).square().mean()


def test_bad_references_are_one_sentence(album, capsys):
    Image.new("L", (90, 90), 120).save("gray.png")
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    for reference, says in (("gray.png", "no colors to take"), ("broken.jpg", "damaged"), ("none.jpg", "not found")):
        assert main(["colorize", "album/a.png", "--reference", reference, *FAST]) == 2
        said = capsys.readouterr().err
        assert says in said
        assert "Traceback" not in said
    assert (
        main(
            [
                "colorize",
                str(EXAMPLES / "still-coffee.jpg"),
                "-o",
                "x.png",
                "--reference",
                str(EXAMPLES / "still-coffee.jpg"),
                *FAST,
            ]
        )
        == 2
    )
    assert "is the photo itself" in capsys.readouterr().err
    assert not Path("x.png").exists()


def test_recoloring_wants_to_know_what(album, capsys):
    assert main(["colorize", "album/a.png", "--recolor", *FAST]) == 2
    assert "--hints or --reference" in capsys.readouterr().err


def test_the_palette_of_another_photo_and_warmth(album):
    assert main(["colorize", "album/a.png", "-o", "plain.png", *FAST]) == 0
    assert (
        main(["colorize", "album/a.png", "-o", "like.png", "--palette-of", str(EXAMPLES / "still-coffee.jpg"), *FAST])
        == 0
    )
    assert main(["colorize", "album/a.png", "-o", "warm.png", "--warmth", "1", *FAST]) == 0
    plain, like, warm = (open_photo(name).rgb.float() for name in ("plain.png", "like.png", "warm.png"))
    assert not like.equal(plain)
    assert (warm[0] - warm[2]).mean() > (plain[0] - plain[2]).mean() + 10


@pytest.mark.slow
def test_any_control_can_be_named(album, capsys):
    photo = str(EXAMPLES / "still-coffee.jpg")
    mirrored = open_photo(photo).rgb[:, 40:].flip(-1)
    Image.fromarray(mirrored.permute(1, 2, 0).numpy()).save("mirrored.png")
    for i, option in enumerate((("--reference", "mirrored.png"), ("--control", "reference=mirrored.png"), ())):
        assert main(["colorize", photo, "-o", f"{i}.png", *option, *FAST]) == 0
    borrowed, controlled, alone = (open_photo(f"{i}.png").rgb for i in range(3))
    assert torch.equal(borrowed, controlled)
    assert not torch.equal(controlled, alone)
    assert main(["colorize", photo, "-o", "x.png", "--control", "nosuch=1", *FAST]) == 2
    assert "no control 'nosuch'" in capsys.readouterr().err
