"""What a reference is measured by."""

import json

import numpy as np
import pytest
from PIL import Image

from tests import EXAMPLES
from tests.toys import tars
from toolkit.cli import main
from toolkit.cli.pages import cards, tables
from toolkit.cli.pages.tables import below
from toolkit.measure.studies import Told, measure
from toolkit.measure.studies.borrowing import CLASS, ITSELF, MARKED, SAME, UNRELATED, Setup, read_words
from toolkit.photo import Photo, open_photo
from toolkit.photo.sizes import shrink

pytestmark = pytest.mark.slow  # measures once with a real model


def example(name, folder):
    photo = shrink(open_photo(EXAMPLES / name), 128)
    return Photo(photo.rgb, f"{folder}/{name}", "color")


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    photos = [
        example("portrait-astronaut.jpg", "people"),
        example("still-coffee.jpg", "things"),
        example("portrait-grace-hopper.jpg", "people"),
    ]
    words = [{"name": p.name, "words": ["face", p.name] if p.name.startswith("people") else ["cup"]} for p in photos]
    file = tmp_path_factory.mktemp("words") / "words.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in words))
    told = Told(keep=9)
    return measure(
        "borrowing", photos, Setup("unet", words=str(file), weights=(0.0, 1.0), no_classical=True), told
    ), told.pictures


def by_kind(found):
    return {(row["reference"], row["method"]): row for row in found.rows}


def test_kinds_of_references_are_what_they_are_called(answer):
    rows = by_kind(answer[0])
    assert {kind: rows[kind, "automatic"]["n"] for kind in (ITSELF, SAME, UNRELATED)} == {
        ITSELF: 3,
        SAME: 2,
        UNRELATED: 3,
    }
    assert [[title for title, _ in row] for row in answer[1]] == [
        ["reference", "automatic", "weight 0", "weight 1", "truth"]
    ] * 2


def test_without_weight_nothing_changes_and_itself_helps(answer):
    rows = by_kind(answer[0])
    for kind in (ITSELF, SAME, UNRELATED):
        assert rows[kind, "reference, weight 0"]["psnr_gain"] == 0
        assert rows[kind, "reference, weight 0"]["trust"] == 0
    assert rows[ITSELF, "reference, weight 1"]["psnr_gain"] > 1
    assert rows[ITSELF, "reference, weight 1"]["ciede2000_change"] < 0


def test_the_table_tells_its_protocol(answer):
    text = answer[0].text()
    assert "mirrored" in text
    assert "seed 1234" in text


def test_a_limit_spreads_over_the_photos_and_references_come_from_all():
    photos = [example("still-coffee.jpg", "a"), example("animal-cat.jpg", "b")]
    found = measure("borrowing", photos, Setup("unet", limit=1, weights=(1.0,), no_classical=True))
    assert {(row["reference"], row["n"]) for row in found.rows} == {(ITSELF, 1), (UNRELATED, 1)}


def test_classes_ask_for_the_hue_of_the_other_region(tmp_path):
    """Two discs of one class: as the reference is blue, so shall the photo's be."""
    y, x = np.mgrid[:96, :128]
    disc = (x - 64) ** 2 + (y - 48) ** 2 < 30**2

    def photo(color):
        pixels = np.where(disc[..., None], color, (150, 140, 120)) + np.random.default_rng(0).integers(
            -9, 9, (96, 128, 1)
        )
        return pixels.clip(0, 255).astype(np.uint8), disc.astype(np.uint8)

    tar = tars.tar_of(tmp_path / "discs.tar", {"x/a": photo((30, 60, 200)), "x/b": photo((40, 70, 210))}, {"1": "disc"})
    rows = by_kind(measure("borrowing", [], Setup("unet", regions=str(tar), weights=(0.0, 1.0))))
    assert rows[CLASS, "automatic"]["hue_n"] == 2
    assert rows[MARKED, "reference, weight 1"]["hue_near"] == 1
    assert rows[MARKED, "reference, weight 1"]["ciede2000"] < rows[MARKED, "automatic"]["ciede2000"]


def test_what_cannot_be_measured_says_why(tmp_path, capsys):
    with pytest.raises(ValueError, match="nothing here to measure borrowing on; give a folder"):
        measure("borrowing", [], Setup("unet"))
    lone = tars.tar_of(
        tmp_path / "lone.tar",
        {"x/a": (np.full((40, 60, 3), 99, np.uint8), np.eye(40, 60, dtype=np.uint8))},
        {"1": "line"},
    )
    with pytest.raises(ValueError, match="nothing here to measure"):
        measure("borrowing", [], Setup("unet", regions=str(lone)))
    (tmp_path / "words.jsonl").write_text("no json")
    with pytest.raises(ValueError, match="holds no words"):
        read_words(tmp_path / "words.jsonl")
    assert main(["evaluate-reference"]) == 2
    assert "nothing here to measure" in capsys.readouterr().err


def test_the_command_writes_scores_and_a_sheet(tmp_path, capsys):
    for name in ("still-coffee.jpg", "animal-cat.jpg"):
        (tmp_path / "photos" / name[:5]).mkdir(parents=True)
        rgb = example(name, "x").rgb
        Image.fromarray(rgb.permute(1, 2, 0).numpy()).save(tmp_path / "photos" / name[:5] / name)
    file = tmp_path / "scores.json"
    arguments = ["--limit", "1", "--weight", "1", "--no-classical", "--model", "unet", "--json", str(file)]
    assert main(["evaluate-reference", str(tmp_path / "photos"), *arguments]) == 0
    told = capsys.readouterr()
    assert ITSELF in told.out
    assert "--words" in told.err
    assert {score["reference"] for score in json.loads(file.read_text())} == {ITSELF, UNRELATED}


def test_the_pages_show_what_was_measured(answer, monkeypatch):
    monkeypatch.setattr(tables, "measured", lambda kind: {"val": answer[0].as_json()} if kind == "reference" else {})
    ((table, protocol),) = cards.TABLES["reference"]()
    assert f"{by_kind(answer[0])[ITSELF, 'reference, weight 1']['psnr_gain']:+.2f}" in table
    assert table.startswith("| val: the reference is |")
    assert protocol == answer[0].protocol
    assert below(cards.TABLES["palette"]()) == below(cards.TABLES["temporal"]()) == tables.NOTHING
