"""What a reference is measured by."""

import json

import numpy as np
import pytest
from PIL import Image

from tests import EXAMPLES
from toolkit.cli import main
from toolkit.cli.pages import reference_cards, tables
from toolkit.measure.studies.borrowing import (
    CLASS,
    ITSELF,
    MARKED,
    SAME,
    UNRELATED,
    ReferenceSetup,
    evaluate_classes,
    evaluate_references,
    read_words,
    reference_table,
)
from toolkit.measure.studies.obedience import Region
from toolkit.photo import Photo, open_photo
from toolkit.photo.sizes import shrink

SETUP = ReferenceSetup("unet", weights=(0.0, 1.0), size=96, classical=False)


def example(name, folder):
    photo = shrink(open_photo(EXAMPLES / name), 128)
    return Photo(photo.rgb, f"{folder}/{name}", "color")


@pytest.fixture(scope="module")
def measured():
    photos = [example("portrait-astronaut.jpg", "people"), example("still-coffee.jpg", "things"), example("portrait-grace-hopper.jpg", "people")]
    words = {photo.name: frozenset({"face", photo.name} if photo.name.startswith("people") else {"cup"}) for photo in photos}
    scores, rows = evaluate_references(photos, SETUP, words)
    return {(score.reference, score.method): score for score in scores}, rows


def test_kinds_of_references_are_what_they_are_called(measured):
    scores, rows = measured
    assert {kind: scores[kind, "automatic"].n for kind in (ITSELF, SAME, UNRELATED)} == {ITSELF: 3, SAME: 2, UNRELATED: 3}
    assert [len(row) for row in rows] == [5, 5], "reference, automatic, two weights, truth"


def test_without_weight_nothing_changes_and_itself_helps(measured):
    scores, _ = measured
    for kind in (ITSELF, SAME, UNRELATED):
        assert scores[kind, "reference, weight 0"].psnr_gain == 0
        assert scores[kind, "reference, weight 0"].trust == 0
    assert scores[ITSELF, "reference, weight 1"].psnr_gain > 1
    assert scores[ITSELF, "reference, weight 1"].ciede2000_change < 0


def test_the_table_tells_its_protocol(measured):
    text = reference_table(list(measured[0].values()))
    assert "mirrored" in text
    assert "seed 1234" in text


def test_a_limit_spreads_over_the_photos_and_references_come_from_all():
    photos = [example("still-coffee.jpg", "a"), example("animal-cat.jpg", "b")]
    scores, _ = evaluate_references(photos, ReferenceSetup("unet", (1.0,), classical=False), limit=1)
    assert {(s.reference, s.n) for s in scores} == {(ITSELF, 1), (UNRELATED, 1)}


def test_classes_ask_for_the_hue_of_the_other_region():
    """Two discs of one class: as the reference is blue, so shall the photo's be."""
    y, x = np.mgrid[:96, :128]
    disc = (x - 64) ** 2 + (y - 48) ** 2 < 30**2

    def region(color):
        pixels = np.where(disc[..., None], color, (150, 140, 120)) + np.random.default_rng(0).integers(-9, 9, (96, 128, 1))
        return Region(Photo.from_array(pixels.clip(0, 255).astype(np.uint8), "x/disc.png"), "disc", disc, np.zeros_like(disc), ~disc)

    scores, _ = evaluate_classes([region((30, 60, 200)), region((40, 70, 210))], SETUP)
    found = {(score.reference, score.method): score for score in scores}
    assert found[CLASS, "automatic"].hue_n == 2
    assert found[MARKED, "reference, weight 1"].hue_near == 1
    assert found[MARKED, "reference, weight 1"].ciede2000 < found[MARKED, "automatic"].ciede2000


def test_what_cannot_be_measured_says_why(tmp_path, capsys):
    with pytest.raises(ValueError, match="no photo in color"):
        evaluate_references([], SETUP)
    with pytest.raises(ValueError, match="No class has two"):
        evaluate_classes([], SETUP)
    (tmp_path / "words.jsonl").write_text("no json")
    with pytest.raises(ValueError, match="holds no words"):
        read_words(tmp_path / "words.jsonl")
    assert main(["evaluate-reference"]) == 2
    assert "nothing to measure" in capsys.readouterr().err


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


def test_the_pages_show_what_was_measured(measured, monkeypatch):
    scores = [vars(score) for score in measured[0].values()]
    monkeypatch.setattr(tables, "measured", lambda kind: {"val": scores} if kind == "reference" else {})
    ((table, protocol),) = reference_cards.references()
    assert f"{measured[0][ITSELF, 'reference, weight 1'].psnr_gain:+.2f}" in table
    assert scores[0]["protocol"] in protocol
    assert reference_cards.palettes() == reference_cards.clips() == [], "nothing was measured yet"
