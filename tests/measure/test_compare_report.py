import csv
import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

import toolkit
from tests.toys.contestants import Toy, photo, table_of
from toolkit.cli import main
from toolkit.measure.compare import CompareSetup
from toolkit.measure.compare import run as comparing
from toolkit.photo import open_photo, save_photo

NASTY = "<img src=x onerror=alert(1)>|*b*"
SETUP = CompareSetup(hints=(0, 5), metrics=("psnr", "ciede2000", "colorfulness"), limit=3)


class Reader(HTMLParser):
    """What a page holds: its tags, its addresses and its words."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses, self.words = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [
            value for name, value in attributes if name in ("src", "href", "srcset", "action", "data", "poster")
        ]
        self.words += [value or "" for name, value in attributes if name == "alt"]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def toys(monkeypatch):
    found = [Toy("half")]
    monkeypatch.setattr(comparing, "contestant", table_of(found))
    return found


@pytest.fixture(scope="module")
def result():
    photos = [photo(0, 224), photo(1, 224), photo(2, 224, name=NASTY)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            comparing, "contestant", table_of([Toy("half"), Toy(NASTY, share=0.9), Toy("lame", fails=("photo-1",))])
        )
        return toolkit.compare(["half", NASTY, "lame"], photos, setup=SETUP)


def test_the_page_is_whole_asks_nothing_of_others_and_trusts_no_name(result, tmp_path):
    page = result.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    seen = Reader(page)
    assert all(address.startswith("data:image/") for address in seen.addresses)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"data:image/\w+;base64,[A-Za-z0-9+/=]+", "", page))
    assert "default-src 'none'" in page
    pictures = 2 * (3 * 5 - 1)  # both numbers of hints: four models and the truth on three photos, one failed
    assert len(seen.addresses) == pictures + 2  # and two plots
    assert seen.tags.count("script") == 1
    words = " ".join(seen.words)
    assert NASTY in words  # as words
    assert "onerror" not in re.sub(r"&lt;img src=x onerror=alert\(1\)&gt;", "", page)
    for sentence in [*result.sentences(), *result.notes(), result.protocol]:
        assert sentence in words
    assert words.count("KeyError: 'conv9'") >= 2


@pytest.mark.browser
def test_all_pictures_of_the_page_zoom_together_and_nothing_is_fetched(chromium, result, tmp_path):
    asked, errors = [], []
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(result.to_html(tmp_path / "report.html").as_uri())
    scales = "[...document.querySelectorAll('.frame img')].map(i => new DOMMatrix(getComputedStyle(i).transform).a)"
    assert set(page.evaluate(scales)) == {1}
    page.locator(".frame").nth(1).dblclick()
    assert set(page.evaluate(scales)) == {2}
    page.get_by_role("button", name="whole").click()
    assert set(page.evaluate(scales)) == {1}
    page.close()
    assert [url for url in asked if not url.startswith(("data:", "file:"))] == []
    assert errors == []


def test_the_csv_is_the_table_unrounded_with_its_protocol(result, tmp_path):
    back = pd.read_csv(result.to_csv(tmp_path / "table.csv"))
    pd.testing.assert_frame_equal(back.drop(columns="protocol"), result.table, check_dtype=False)
    assert set(back["protocol"]) == {result.protocol}
    with open(tmp_path / "table.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 4 * 2


def test_markdown_holds_table_sentences_and_protocol(result, tmp_path):
    text = result.to_markdown(tmp_path / "table.md")
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4 * 2
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(bars) == 1  # a name with a bar makes no new column
    assert "<img" not in text.replace("\\<img", "")
    assert "± " in rows[2]
    assert "centre squares" in text


def test_json_is_json_and_holds_every_record(result, tmp_path):
    found = json.loads(
        result.to_json(tmp_path / "all.json"), parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    assert len(found["records"]) == 3 * 4 * 2
    assert found["table"][1]["psnr"] == result.table["psnr"][1]
    assert {row["metric"] for row in found["versus"]} == {"psnr", "ciede2000"}
    short = json.loads(result.to_json(records=False))
    assert short == {key: value for key, value in found.items() if key != "records"}


def test_text_rounds_and_leaves_out_what_says_nothing(toys):
    text = toolkit.compare(["half"], [photo(0), photo(1)], setup=CompareSetup(metrics=("psnr",), size=48)).text()
    header = text.splitlines()[1]
    assert "hints" not in header
    assert "failed" not in header
    assert re.search(r"^half +2 +\d\d\.\d\d ± \d\.\d\d +", text, re.M)


def test_figures_show_models_over_hints_and_pictures(result):
    (axes,) = result.curves().axes
    assert [line.get_label() for line in axes.lines][:2] == ["half", NASTY]
    assert list(axes.lines[0].get_xdata()) == [0, 5]
    assert result.grid(2).pixels[0] == result.grid([1, 2], hints=0).pixels[0]
    with pytest.raises(ValueError, match="photos 0, 1, 2 with 0, 5 hints"):
        result.grid([7])
    assert {text.get_text() for text in result.speed().axes[0].texts} == {"gray", "half", NASTY, "lame"}


def test_a_comparison_of_nothing_yet_is_still_a_report(toys, tmp_path):
    nothing = toolkit.compare(["half"], [photo(0, 224)], setup=SETUP, progress=lambda *what: False)
    assert nothing.partial
    assert nothing.text().startswith("0 photos")
    assert "0 photos" in nothing.to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert len(pd.read_csv(nothing.to_csv(tmp_path / "r.csv"))) == 4
    json.loads(nothing.to_json())


@pytest.fixture
def album(tmp_path):
    (tmp_path / "album").mkdir()
    for seed in range(2):
        save_photo(photo(seed, 64).rgb, tmp_path / "album" / f"{seed}.png")
    return tmp_path / "album"


def test_the_command_prints_and_writes(toys, album, capsys, tmp_path):
    files = {name: tmp_path / f"r.{name}" for name in ("html", "csv", "markdown", "json", "summary")}
    files |= {"records": tmp_path / "r.csv.gz", "plot": tmp_path / "p.png"}
    options = [f"--{name}={file}" for name, file in files.items()]
    code = main(
        [
            "compare",
            str(album),
            "--models",
            "half,mean-color",
            "--metrics",
            "ciede2000",
            "--size",
            "48",
            "--sheet",
            str(tmp_path / "s.png"),
            *options,
        ]
    )
    told = capsys.readouterr()
    assert code == 0
    assert "half: ahead of gray by" in told.out
    assert "short side of 48 px" in told.out
    assert all(file.stat().st_size > 200 for file in files.values())
    assert open_photo(tmp_path / "s.png").width > 500
    assert list(pd.read_csv(files["records"])["model"]) == ["gray", "half", "mean-color"] * 2


def test_the_command_stopped_by_ctrl_c_reports_and_goes_on(toys, album, capsys, tmp_path):
    toys[0].stop, toys[0].stop_at = KeyboardInterrupt(), "1.png"
    command = [
        "compare",
        str(album),
        "--models",
        "half",
        "--size",
        "48",
        "--metrics",
        "psnr",
        "--out",
        str(tmp_path / "out"),
        f"--csv={tmp_path / 'r.csv'}",
    ]
    assert main(command) == 130
    told = capsys.readouterr()
    assert told.out.startswith("1 photo\n")
    assert "the same command goes on" in told.err
    assert pd.read_csv(tmp_path / "r.csv")["n"].tolist() == [1, 1]
    toys[0].stop_at = ""
    assert main(command) == 0
    assert toys[0].looked == ["0.png", "1.png"]
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 4


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--models", "nobody"], "'nobody'"),
        (["--models", "levin2004"], "ask for some"),
        (["--metrics", "beauty"], "'beauty'"),
        (["--html", "nowhere/r.html"], "nowhere"),
    ],
)
def test_the_command_says_what_is_wrong_in_a_sentence(album, capsys, arguments, told):
    assert main(["compare", str(album), *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert told in error
    assert "Traceback" not in error
