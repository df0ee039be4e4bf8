"""Studies: one file is found, measured by the command, and told as a table, as JSON and as an error of one sentence."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests import ROOT
from toolkit import cli
from toolkit.cli import measure as command
from toolkit.measure import studies as module
from toolkit.measure.studies import Told, measure, studies
from toolkit.measure.tables import Column, as_json, filled, grid, summary
from toolkit.photo import Photo, save_photo
from toolkit.training import recipes

TOY = '''"""Is the left half of a photo lighter than the right one?

More is not asked.
"""

from dataclasses import dataclass

from toolkit.measure.photos import find_photos, open_truths
from toolkit.measure.studies import option
from toolkit.measure.tables import Column

by = ("side", "model")
food = "photos of two halves"
examples = ("photos/ --times 2",)
sheet_rows = 2
columns = (Column("side", ""), Column("light", "light", 1, " %", error=True), Column("most", "at most", 2))


@dataclass(frozen=True)
class Setup:
    model: str = option("unet", "nobody looks")
    limit: int | None = option(None, "only the first N photos")
    times: float = option(1.0, "what light is multiplied with")
    sides: tuple[str, ...] = option(("left", "right"), "which halves")


def protocol(setup):
    return f"Mean lightness of each half, times {setup.times:g}."


def records(source, setup, told):
    for n, photo in enumerate(open_truths(find_photos(source), 32, told.skipped), 1):
        half = photo.width // 2
        L = photo.lightness()[0, 0] / 100
        for side, part in (("left", L[:, :half]), ("right", L[:, half:])):
            if side in setup.sides:
                yield {"side": side, "model": setup.model, "light": setup.times * float(part.mean())}
        told.show([("photo", photo.rgb), ("again", photo.rgb)])
        told.done(n, setup.limit)


def more(frame):
    return {"most": float(frame["light"].max())}


def plot(rows):
    from matplotlib.figure import Figure

    return Figure()
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A study in a folder of its own, and photos; the package's other files are as they were."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "halves.py").write_text(TOY)
    monkeypatch.setattr(module, "__path__", [*module.__path__, str(tmp_path / "more")])
    (tmp_path / "photos").mkdir()
    for i, light in enumerate((60, 90, 150)):
        rgb = np.full((32, 40, 3), (light, 20, 60), np.uint8)
        rgb[:, 20:] = (10, 40, 20)
        save_photo(Photo.from_array(rgb).rgb, tmp_path / "photos" / f"{i}.png")
    (tmp_path / "photos" / "broken.png").write_text("no photo")
    begin_anew()
    yield tmp_path
    sys.modules.pop("toolkit.measure.studies.halves", None)
    monkeypatch.undo()
    begin_anew()


def begin_anew():
    """The command line looks into the folder when it starts."""
    importlib.reload(command)
    importlib.reload(cli)


def main(argv):
    """The exit code, whichever way it comes."""
    try:
        return cli.main(argv)
    except SystemExit as stop:
        return stop.code


def test_a_new_file_is_a_study_that_the_command_measures(toy, capsys):
    files = [str(toy / name) for name in ("a.json", "s.png", "p.png")]
    options = ["--times", "2", "--sides", "left,right", "--json", files[0], "--sheet", files[1], "--plot", files[2]]
    assert main(["measure", "halves", str(toy / "photos"), *options]) == 0
    said = capsys.readouterr()
    header, _, left, _, protocol = said.out.splitlines()
    assert header.split() == ["light", "at", "most"]
    assert left.startswith("left")
    assert protocol == "Mean lightness of each half, times 2."
    assert "1 left out:\n  broken.png" in said.err
    found = json.loads(Path(files[0]).read_text())
    assert (found["study"], found["protocol"]) == ("halves", protocol)
    assert found["setup"] == {"model": "unet", "limit": None, "times": 2.0, "sides": ["left", "right"]}
    assert [row["n"] for row in found["rows"]] == [3, 3]
    assert set(found["rows"][0]) == {"side", "model", "n", "light", "light_se", "most"}
    assert f"{100 * found['rows'][0]['light']:.1f} ± {100 * found['rows'][0]['light_se']:.1f} %" in left
    assert all(Path(file).stat().st_size for file in files)


def test_studies_are_listed_with_their_question_and_help_has_options_and_examples(toy, capsys):
    assert main(["measure", "--help"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert all(f"{name} {asked}" in listed for name, asked in studies().items())
    assert "halves Is the left half of a photo lighter than the right one?" in listed
    assert main(["measure", "halves", "--help"]) == 0
    text = capsys.readouterr().out
    assert "photos of two halves" in text
    assert "what light is multiplied with" in text
    assert "left,right" in text
    assert "examples:\n  python -m toolkit measure halves photos/ --times 2" in text


@pytest.mark.parametrize(
    "argv, code, told",
    [
        (["nosuch", "photos"], 2, "nosuch"),
        (["halves", "photos", "--nosuch", "1"], 2, "--nosuch"),
        (["halves", "photos", "--limit", "many"], 2, "many"),
        (["halves", "photos", "--limit", "0"], 2, "at least 1 photo"),
        (["halves", "photos", "--model", "nobody"], 2, "nobody"),
        (["halves", "none.tar"], 2, "neither a folder"),
        (["halves", "photos/broken.png"], 2, "broken.png"),
        (["halves", "photos", "--json", "no/such/a.json"], 2, "no folder"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(toy, monkeypatch, capsys, argv, code, told):
    monkeypatch.chdir(toy)
    assert main(["measure", *argv]) == code
    said = capsys.readouterr()
    assert told in said.err
    assert "Traceback" not in said.err
    assert not said.out


def test_ctrl_c_stops_it(toy, monkeypatch, capsys):
    def stop(self, row):
        raise KeyboardInterrupt

    monkeypatch.setattr(Told, "show", stop)
    assert main(["measure", "halves", str(toy / "photos")]) == 130
    assert "Stopped." in capsys.readouterr().err


def test_a_study_measures_photos_in_memory(toy):
    dark, light = (
        Photo.from_array(np.full((32, 40, 3), (level, 0, level // 2), np.uint8), str(level)) for level in (20, 220)
    )
    rows = measure("halves", [dark, light]).rows
    assert rows[0]["light"] == pytest.approx(rows[1]["light"], abs=1e-4)
    with pytest.raises(ValueError, match=r"nothing here to measure halves on; give photos of two halves"):
        measure("halves", [])
    with pytest.raises(ValueError, match=r"no study .nosuch.; choose from borrowing, .*, halves"):
        measure("nosuch", [])


def test_the_list_of_studies_loads_nothing_heavy():
    code = (
        "import sys; from toolkit.cli import app; app.help_print(['measure'])\n"
        "print([m for m in ('torch', 'numpy', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.splitlines()[-1] == "[]"


def test_what_files_say_of_themselves_is_told_whole():
    said = [*studies().values(), *(recipes.about(name) for name in recipes.names())]
    assert all(sentence[-1] in "?." for sentence in said), "not cut at the end of a line"


def test_a_summary_is_mean_error_and_count_of_the_numbers_that_are_there():
    values = [1.0, 4.0, 2.5]
    records = [{"way": "a", "x": v, "y": v} for v in values] + [{"way": None, "x": 7.0}]
    one, other = summary(records, ("way",), lambda frame: {"most": float(frame["x"].max())})
    assert (one["way"], one["n"], one["x_n"], one["most"]) == ("a", 3, 3, 4.0)
    assert one["x"] == pytest.approx(np.mean(values))
    assert one["x_se"] == pytest.approx(stats.sem(values))
    assert (other["way"], other["n"], other["x"], other["x_se"], other.get("y")) == (None, 1, 7.0, None, None)


def test_a_column_says_the_same_in_every_table():
    columns = (
        Column("way", "way"),
        Column("x", "gain, dB", 2, sign=True, error=True),
        Column("share", "share", 0, "%"),
        Column("none", "nothing"),
        Column("both", "both", show=lambda row: f"{row['way']}!"),
    )
    rows = [
        {"way": "a", "n": 2, "x": 0.256, "x_se": 0.1234567, "share": 0.5},
        {"way": "b", "n": 2, "x": -1.0, "x_se": None, "share": None},
    ]
    assert grid(rows, columns)[1] == [["a", "+0.26 ± 0.12", "50%", "", "a!"], ["b", "-1.00", "", "", "b!"]]
    assert [column.title for column in filled(rows, columns)] == ["way", "gain, dB", "share", "both"]
    assert as_json(rows, ("way",), columns)[0] == {
        "way": "a",
        "n": 2,
        "x": 0.256,
        "x_se": 0.1235,
        "share": 0.5,
        "none": None,
        "both": None,
    }
