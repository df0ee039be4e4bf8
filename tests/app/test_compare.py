"""The tab *Compare*: its handlers without a browser, then the page in headless Chromium. All models are toys whose
colors are known.
"""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from demos.desks.desk import Shop
from demos.gate import temporary
from demos.tabs import compare
from demos.tabs.compare import BAR, Compare, gr
from tests.browser import Visitor, served, until
from tests.toys.contestants import Toy, photo, table_of
from tests.toys.turns import Turns
from toolkit.measure.compare import run as comparing
from toolkit.models.cards import list_models
from toolkit.photo import Photo, save_photo

HANGUL = re.compile("[가-힣]")
GOOD, HALF = (model.name for model in list_models()[:2])
MOST = 9  # the examples, so that they are all taken
NASTY = "<img src=x onerror=alert(1)> ${1+1}.png"
SILENT: Callable[..., None] = lambda *_, **__: None  # noqa: E731  # stands for gr.Progress


class Waiting(Toy):
    """Each photo takes a turn."""

    turns = Turns()

    def look(self, photo: Photo, device: str):
        self.turns.take()
        return super().look(photo, device)


@pytest.fixture(scope="module", autouse=True)
def toys() -> Iterator[None]:
    found: list[Toy] = [Toy(model.name, share=0.3) for model in list_models(zoo=True) if model.name not in (GOOD, HALF)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "SIZE", 64)
        patch.setattr(compare, "MOST", MOST)
        patch.setattr(
            comparing, "contestant", table_of([*found, Waiting(GOOD, share=0.9), Toy(HALF, fails=("two.png",))])
        )
        yield


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    yield
    Waiting.turns.let_go()  # whatever still waits goes on


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """Uploads by name: photos in color, one in gray, one that is long and narrow, one that is none."""
    folder = temporary.uploads() / "photos"
    folder.mkdir(parents=True)
    found = {name: folder / name for name in ("one.png", "two.png", NASTY, "gray.png", "long.png", "junk.png")}
    for seed, name in enumerate(("one.png", "two.png", NASTY)):
        save_photo(photo(seed, 96).rgb, found[name])
    save_photo(photo(3, 64).rgb[:1].expand(3, -1, -1).contiguous(), found["gray.png"])
    save_photo(photo(4, 64).rgb[:, :8].contiguous(), found["long.png"])
    found["junk.png"].write_text("no photo")
    return {name: str(path) for name, path in found.items()}


@pytest.fixture(scope="module")
def tab() -> Compare:
    with gr.Blocks(analytics_enabled=False) as demo:
        made = Compare(demo, Shop("cpu", tuple(list_models())))
    made.demo = demo  # type: ignore[attr-defined]
    return made


def visitor(language: str = "en") -> SimpleNamespace:
    return SimpleNamespace(session_hash="someone", query_params={"lang": language}, headers={})


def plain(updates: dict) -> dict:
    return {
        component: update.get("value") if isinstance(update, dict) else update for component, update in updates.items()
    }


def sent(paths: list[str]) -> list[dict[str, str]]:
    """As the browser names uploads."""
    return [{"path": path} for path in paths]


def given(tab, files, models, hints, vividness=0.5):
    """What the page sends, by component."""
    return {
        tab.files: files,
        tab.models: models,
        tab.zoo: [],
        tab.classical: ["levin2004"],
        tab.hints: hints,
        tab.vividness: vividness,
    }


def compared(
    tab: Compare,
    paths: list[str],
    models: list[str] | None = None,
    hints: int = 0,
    language: str = "en",
    progress=SILENT,
) -> dict:
    """What the page shows at the end, by component."""
    shown: dict = {}
    for updates in tab.run(
        given(tab, sent(paths), [GOOD, HALF] if models is None else models, hints), visitor(language), progress
    ):
        shown |= plain(updates)
        if "rows" in (updates.get(tab.grid) or {}):
            shown["rows"] = updates[tab.grid]["rows"]
        shown["downloads"] = bool(updates.get(tab.report))
    return shown


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html))


def test_what_cannot_be_compared_is_named_and_the_rest_is_done(tab: Compare, files: dict[str, str]) -> None:
    shown = compared(tab, [files[name] for name in ("one.png", "gray.png", "long.png", "junk.png", NASTY)])
    told = shown[tab.status]
    assert "Photos compared: 2 of 2." in told
    assert "gray.png has no color to compare with; give one in color." in told
    assert "long.png is too long" in told
    assert "junk.png" in told
    assert [row["name"] for row in shown["rows"]] == ["one.png", NASTY]
    assert [cell["label"] for cell in shown["rows"][0]["cells"]] == ["gray", GOOD, HALF, "the true photo"]
    assert shown["downloads"]
    only = compared(tab, [files["gray.png"]])
    assert "add photos in color" in only[tab.notice]
    assert not only["downloads"]


def test_the_table_says_who_is_better_by_how_much_and_that_so_few_prove_nothing(
    tab: Compare, files: dict[str, str]
) -> None:
    shown = text(compared(tab, [files["one.png"], files["two.png"]])[tab.summary])
    assert re.search(rf"{GOOD} : ahead of gray by [\d.]+ ± [\d.]+ dB, wins 2 of 2; too few photos to be sure", shown)
    assert "2 photos are too few for standard errors" in shown
    assert "short side of 64 px, no hints" in shown
    assert re.search(rf"{HALF} 1 \(1 failed\)", shown), "the toy fails on the second"
    assert "failed on 1 of 2 photos: KeyError" in shown


def test_the_failure_of_a_model_stands_in_its_place(tab: Compare, files: dict[str, str]) -> None:
    cells = compared(tab, [files["two.png"]])["rows"][0]["cells"]
    assert [bool(cell["src"]) for cell in cells] == [True, True, False, True]
    assert "conv9" in cells[2]["failed"]


def test_hints_bring_classical_methods_and_squares(tab: Compare, files: dict[str, str]) -> None:
    shown = compared(tab, [files["one.png"]], [GOOD], hints=1)
    row = shown["rows"][0]
    assert (row["width"], row["height"]) == (224, 224)
    assert [cell["label"] for cell in row["cells"]] == ["gray", GOOD, "levin2004", "the true photo"]
    assert "Protocol icolorit" in shown[tab.summary]
    assert not tab.offer(0)[tab.classical]["visible"]
    assert tab.offer(10)[tab.classical]["visible"]


def test_a_stop_keeps_the_photos_that_are_done(tab: Compare, files: dict[str, str]) -> None:
    def progress(share: float, desc: str) -> None:
        if "photo 2" in desc and HALF in desc:
            tab.halt(visitor())

    shown = compared(tab, [files["one.png"], files[NASTY], files["two.png"]], progress=progress)
    assert "Photos compared: 1 of 3. Stopped." in shown[tab.status]
    assert [row["name"] for row in shown["rows"]] == ["one.png", NASTY]
    assert [bool(cell["src"]) for cell in shown["rows"][1]["cells"]] == [True, True, False, True], (
        "what was painted is shown"
    )
    assert "Not finished" in shown[tab.summary]
    assert shown["downloads"]
    early = compared(tab, [files["one.png"]], progress=lambda *_, **__: tab.halt(visitor()))
    assert "Stopped." in early[tab.status]
    assert not early["downloads"]


@pytest.mark.parametrize(
    "paths, models, vividness, says",
    [
        ([], [GOOD], 0.5, "Add some photos"),
        (["one.png"], [], 0.5, "choose one or more"),
        (["one.png"], [GOOD], None, "dial is empty"),
    ],
)
def test_what_is_missing_is_one_sentence(
    tab: Compare, files: dict[str, str], paths: list, models: list, vividness: float, says: str
) -> None:
    *_, last = tab.run(given(tab, sent([files[path] for path in paths]), models, 0, vividness), visitor(), SILENT)
    assert says in plain(last)[tab.notice]


def test_more_photos_than_a_queue_bears_are_not_taken(tab: Compare, files: dict[str, str]) -> None:
    shown = compared(tab, [files["one.png"]] * (MOST + 1), [BAR])
    assert f"Only the first {MOST} were taken." in shown[tab.status]
    assert len(shown["rows"]) == MOST


@pytest.mark.slow
@pytest.mark.parametrize("hints", [0, 10])
def test_every_sentence_of_a_comparison_has_its_korean(tab: Compare, files: dict[str, str], hints: int) -> None:
    said: list[str] = []
    names = [files[name] for name in ("one.png", "two.png", "gray.png")] + [files[NASTY]] * (1 if hints else 6)
    shown = compared(tab, names, hints=hints, language="ko", progress=lambda share, desc: said.append(desc))
    pieces = re.findall(r"<(?:li|p)[^>]*>(.*?)</(?:li|p)>", shown[tab.summary] + shown[tab.status])
    pieces += re.findall(r"<summary>(.*?)</summary>", shown[tab.summary]) + said
    assert len(pieces) > 12
    assert [piece for piece in pieces if not HANGUL.search(text(piece))] == []
    left = [word for piece in pieces for word in re.findall("[A-Za-z]{5,}", text(piece))]
    names_left = {
        GOOD,
        HALF,
        "levin",
        BAR,
        "KeyError",
        "color",
        "icolorit",
        "numpy",
        "default",
        "CIEDE",
        "junk",
        "SSIM",
    }
    assert {word for word in left if not any(word in name or name in word for name in names_left)} <= {
        "alert",
        "onerror",
    }


def test_of_the_examples_those_in_color_are_compared(tab: Compare) -> None:
    shown: dict = {}
    for updates in tab.run_examples(given(tab, None, [BAR], 0), visitor("ko"), SILENT):
        shown |= plain(updates)
        shown["rows"] = updates.get(tab.grid, {}).get("rows") or shown.get("rows")
    assert len(shown["rows"]) > 5
    assert all(HANGUL.search(row["name"]) for row in shown["rows"])
    assert "<li>" not in shown[tab.status], "none of them is refused"


# ---- in the browser


@pytest.fixture(scope="module")
def url(chromium, tab: Compare) -> Iterator[str]:
    with served(tab.demo.queue()) as url:  # type: ignore[attr-defined]
        yield f"{url}?lang=en"


class Guest(Visitor):
    """Compares two models."""

    def arrive(self) -> None:
        self.page.wait_for_selector("#compare-photos input[type=file]", state="attached")
        self.choose([GOOD, HALF])

    def choose(self, models: list[str]) -> None:
        """Until it stays: while the page wakes up, it sets its own choice once more."""
        boxes = self.page.locator("#compare-models input, #compare-zoo input").all()
        wanted = [box.get_attribute("name") in models or box.get_attribute("value") in models for box in boxes]
        for _ in range(20):
            for box, checked in zip(boxes, wanted, strict=True):
                box.set_checked(checked)
            self.page.wait_for_timeout(200)
            if [box.is_checked() for box in boxes] == wanted:
                return
        raise AssertionError(f"{models} cannot be chosen")

    def compare(self, *paths: str) -> None:
        """Drop photos and begin."""
        if self.page.locator("#compare-photos button[aria-label=Clear]").count():
            self.page.click("#compare-photos button[aria-label=Clear]")
            self.page.wait_for_selector("#compare-photos button[aria-label=Clear]", state="detached")
            self.page.wait_for_selector("#compare-photos input[type=file]", state="attached")
        self.page.set_input_files("#compare-photos input[type=file]", paths)
        self.page.wait_for_selector(f"#compare-photos >> text=/{Path(paths[-1]).stem[:3]}/")
        self.page.click("#compare-go")

    def finished(self) -> None:
        self.page.wait_for_selector("#compare-report:visible")

    def zooms(self) -> list[float]:
        """How large the first picture of each row is, by its frame."""
        return self.page.eval_on_selector_all(
            "#compare-grid .line",
            "lines => lines.map(line => line.querySelector('img').getBoundingClientRect().width / "
            "line.querySelector('.frame').clientWidth)",
        )


@pytest.fixture(scope="module")
def guest(chromium, url: str) -> Iterator[Guest]:
    one = Guest(chromium, url)
    yield one
    one.close()


@pytest.mark.browser
def test_photos_are_compared_one_by_one_and_the_report_is_taken_home(guest: Guest, files: dict[str, str]) -> None:
    page = guest.page
    Waiting.turns.hold()
    guest.compare(files["one.png"], files["gray.png"], files["two.png"])
    Waiting.turns.give()
    page.wait_for_selector("#compare-grid .line")
    page.wait_for_selector("#compare-summary td")
    assert page.locator("#compare-grid .line").count() == 1, "the second is not done yet"
    Waiting.turns.let_go()
    guest.finished()
    assert page.locator("#compare-grid .name").all_inner_texts() == ["one.png", "two.png"]
    assert "gray.png has no color" in page.inner_text("#compare-status")
    assert "ahead of gray" in page.inner_text("#compare-summary")
    assert not page.is_visible("#compare-stop")
    with page.expect_download() as waiting:
        page.click("#compare-report")
    report = waiting.value.path().read_text(encoding="utf-8")
    assert waiting.value.suggested_filename.endswith(".html")
    assert GOOD in report
    assert not re.search(r"(src|href)=.?https?:", report)
    with page.expect_download() as waiting:
        page.click("#compare-csv")
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8").splitlines()))
    assert [row["model"] for row in rows] == ["gray", GOOD, HALF]
    with page.expect_download() as waiting:
        page.click("#compare-markdown")
    assert f"| {GOOD} |" in waiting.value.path().read_text(encoding="utf-8").replace("\\", "")


@pytest.mark.browser
def test_what_zooms_one_picture_zooms_the_others(guest: Guest, files: dict[str, str]) -> None:
    page = guest.page
    guest.compare(files["one.png"], files[NASTY])
    until(lambda: page.locator("#compare-grid .name >> text=onerror").count() == 1)
    guest.finished()
    assert page.locator("#compare-grid .name img").count() == 0
    frame = page.locator("#compare-grid .frame").nth(1)
    frame.scroll_into_view_if_needed()
    frame.hover()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert guest.zooms() == pytest.approx([1, 1], abs=0.01), "the wheel is the page's until a row is chosen"
    frame.scroll_into_view_if_needed()
    frame.click()
    page.mouse.wheel(0, -300)
    until(lambda: min(guest.zooms()) > 2)
    corners = (
        "frames => frames.map(f => f.querySelector('img').getBoundingClientRect().x - f.getBoundingClientRect().x)"
    )
    before = page.eval_on_selector_all("#compare-grid .frame", corners)
    page.mouse.down()
    page.mouse.move(page.viewport_size["width"] / 2, 0)
    page.mouse.up()
    after = page.eval_on_selector_all("#compare-grid .frame", corners)
    assert max(after) - min(after) < 0.5, "all at the same place"
    assert abs(after[0] - before[0]) > 5
    frame.dblclick()
    assert guest.zooms() == pytest.approx([1, 1], abs=0.01)
    page.keyboard.press("+")
    assert guest.zooms() == pytest.approx([1.25, 1.25], abs=0.01)
    page.keyboard.press("0")
    page.uncheck("#compare-grid input")
    page.focus("#compare-grid .line >> nth=1")
    page.keyboard.press("+")
    assert guest.zooms() == pytest.approx([1, 1.25], abs=0.01)
    page.keyboard.press("-")
    page.check("#compare-grid input")


@pytest.mark.browser
def test_stop_keeps_what_is_done_and_the_next_begins_anew(guest: Guest, files: dict[str, str]) -> None:
    page = guest.page
    Waiting.turns.hold()
    guest.compare(files["one.png"], files[NASTY])
    Waiting.turns.give()
    until(lambda: page.locator("#compare-grid .name").all_inner_texts() == ["one.png"])
    page.wait_for_selector("#compare-status >> text=1 of 2")
    page.click("#compare-stop")
    page.wait_for_selector("#compare-status >> text=Stopping")
    Waiting.turns.give()
    guest.finished()
    assert "Photos compared: 1 of 2. Stopped." in page.inner_text("#compare-status")
    assert "Not finished" in page.inner_text("#compare-summary")
    Waiting.turns.let_go()
    guest.compare(files["two.png"])
    until(lambda: page.locator("#compare-grid .name").all_inner_texts() == ["two.png"])
    guest.finished()
    assert "conv9" in page.inner_text("#compare-grid .frame >> nth=2")


@pytest.mark.browser
def test_a_phone_scrolls_the_pictures_and_not_the_page_and_two_fingers_zoom(
    chromium, url: str, guest: Guest, files: dict[str, str]
) -> None:
    before = guest.page.locator("#compare-grid .name").all_inner_texts()
    phone = Guest(chromium, url, has_touch=True, viewport={"width": 390, "height": 844})
    assert not phone.sideways()
    assert phone.page.locator("#compare-grid .line").count() == 0, "another visitor's photos are theirs"
    phone.compare(files["one.png"], files["two.png"])
    phone.finished()
    assert not phone.sideways()
    assert phone.page.eval_on_selector("#compare-grid .sheet", "sheet => sheet.scrollWidth > sheet.clientWidth + 100")
    frame = phone.page.locator("#compare-grid .frame").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    touch = phone.page.context.new_cdp_session(phone.page)

    def send(kind: str, *shares: float) -> None:
        points = [
            {"x": box["x"] + share * box["width"], "y": box["y"] + box["height"] / 2, "id": i}
            for i, share in enumerate(shares)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0.4)
    send("touchStart", 0.4, 0.6)
    for apart in (0.15, 0.2, 0.3):
        send("touchMove", 0.5 - apart, 0.5 + apart)
    send("touchEnd")
    until(lambda: min(phone.zooms()) > 2)
    phone.close()
    assert guest.page.locator("#compare-grid .name").all_inner_texts() == before
