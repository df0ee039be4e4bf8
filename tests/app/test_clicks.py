"""The tab *Click hints*: its desk without a browser, then the page in headless Chromium. The network is a toy: quick,
and its colors are known.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demos.desks.desk import Shop
from demos.desks.hint_desk import HintDesk
from demos.tabs.clicks import Clicks, gr
from tests.browser import Visitor, served, until
from tests.toys.hints import hint, value
from tests.toys.network import Network
from tests.toys.photos import photo_of, waves
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials
from toolkit.models.cards import get_card
from toolkit.pipeline import seen


@pytest.fixture(scope="module", autouse=True)
def toy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "load_model", lambda *_: Network())
        yield


def desk(width: int = 300, height: int = 200) -> HintDesk:
    return HintDesk(photo_of(waves(width, height)), "unet", "cpu")


@pytest.mark.parametrize(
    "sent, says",
    [
        ("hello", "reload"),
        (value(*[hint()] * 2001), "2,000"),
        (value(hint(x=float("nan"))), "number"),
        (value(hint(x="1")), "number"),
        (value(hint(color="${1+1}")), "color"),
        (value(hint(lasso=[[0, 0], [1, 1]])), "three"),
        (value(hint(lasso="area")), "lasso"),
        (value(palette=["red"] * 6), "5 colors"),
        (value(palette=["<b>"]), "not a color"),
        (value(palette="red"), "palette"),
    ],
)
def test_what_a_browser_must_not_send_is_one_sentence(sent: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        desk().read(sent, 0.5, 1.0)
    assert str(caught.value).count("\n") == 0


def test_the_live_picture_is_small_and_the_last_one_full_size_with_the_same_hints() -> None:
    work = desk(1500, 900)
    guidance, look = work.read(value(hint(0.8, 0.25, size=30), palette=["navy"]), 0.5, 1.0)
    assert look.palette == ("#000080",)
    live, full = work.paint(guidance, look), work.finish(guidance, look)
    assert (live.photo.size, full.photo.size) == ((1200, 720), (1500, 900))
    reds = [(r.rgb[0].float() - r.rgb[1].float())[:, [0, -1], ...].mean() for r in (live, full)]
    assert abs(reds[0] - reds[1]) < 2
    for result in (live, full):
        width, height = result.photo.size
        r, g, _ = result.rgb[:, height // 4, width * 4 // 5].tolist()
        assert r > g + 40
    assert work.paint(guidance, look) is live, "nothing has changed, nothing is painted"
    assert work.paint(guidance, Dials(0.9)) is not live


def test_hints_come_back_from_a_file_and_from_a_mask(tmp_path: Path) -> None:
    work = desk()
    sent = value(hint(0.25, 0.5, lasso=[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]), hint(0.75, 0.5, color="#0000ff"))
    back = work.open(work.save(sent, tmp_path / "a.json"))
    assert work.read(value(*back), 0.5, 1) == work.read(sent, 0.5, 1)
    assert work.open(work.save(sent, tmp_path / "a.png")) is None
    guidance, look = work.read(value(), 0.5, 1)
    assert guidance.strokes[:, 100, 225].tolist() == [0, 0, 255, 255]
    r, g, b = work.paint(guidance, look).rgb[:, 100, 225].tolist()
    assert b > max(r, g) + 20
    for name in ("a.txt", "photo.jpg"):
        with pytest.raises(ValueError, match="neither"):
            work.open(tmp_path / name)
    with pytest.raises(ValueError, match="no hints yet"):
        work.save(value(), tmp_path / "none.json")


# ---- in the browser


@pytest.fixture(scope="module")
def clicks(chromium) -> Iterator[Clicks]:
    with gr.Blocks(analytics_enabled=False) as demo:
        tab = Clicks(demo, Shop("cpu", (get_card("unet"),)))
    with served(demo.queue()) as tab.url:  # type: ignore[attr-defined]
        yield tab


class Painter(Visitor):
    """Paints on one photo."""

    def __init__(self, browser, clicks: Clicks, photo: Path, **context: object) -> None:
        before = set(clicks.visits.pages())
        self.clicks, self.photo = clicks, photo
        super().__init__(browser, clicks.url, **{"viewport": {"width": 900, "height": 1300}} | context)  # type: ignore[attr-defined]
        (self.key,) = set(clicks.visits.pages()) - before

    def arrive(self) -> None:
        self.upload("#hint-photo button", self.photo)
        self.status("Click a thing", "Tap a thing")

    def begin(self, photo: Path) -> None:
        """The photo (again): all hints are forgotten, the color too."""
        self.page.click("#hint-another")
        last = self.value["revision"]
        self.upload("#hint-photo button", photo)
        self.page.wait_for_function(
            "last => document.querySelector('#hint-canvas .hue').value.revision > last", arg=last
        )
        self.status("Click a thing", "Tap a thing")
        assert self.value["hints"] == []
        assert self.page.input_value("#hint-canvas .hex") == ""

    @property
    def value(self) -> dict:
        """What the canvas holds."""
        return self.page.eval_on_selector("#hint-canvas .hue", "hue => hue.value")

    @property
    def desk(self) -> HintDesk:
        visit = self.clicks.visits.find(self.key)
        assert visit is not None
        assert visit.desk is not None
        return visit.desk

    def status(self, *words: str) -> None:
        self.page.wait_for_function(
            "words => words.some((word) => document.querySelector('#hint-canvas .status')?.textContent.includes(word))",
            arg=list(words),
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the photo (0..1) on the screen; the photo fills the canvas."""
        box = self.page.locator("#hint-canvas .work canvas").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, x: float, y: float, **more: object) -> None:
        self.page.mouse.click(*self.at(x, y), **more)

    def tap(self, x: float, y: float) -> None:
        self.page.touchscreen.tap(*self.at(x, y))

    def pixel(self, x: float, y: float) -> list[int]:
        """What the canvas shows at a place: r, g, b, alpha."""
        script = "(c, [x, y]) => [...c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data]"
        return self.page.eval_on_selector("#hint-canvas .work canvas", script, [x, y])

    def drag(self, *places: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=4)
        self.page.mouse.up()

    def do(self, name: str) -> None:
        self.page.click(f"#hint-canvas [data-do={name}]")

    def color(self, hex: str) -> None:
        """The next hint's."""
        self.page.keyboard.press("Escape")
        self.page.fill("#hint-canvas .hex", hex)
        self.page.keyboard.press("Enter")

    def arrived(self) -> Guidance:
        """What Python has painted, once it is what the browser holds."""
        until(lambda: self.desk.guidance.hints == Guidance.from_canvas(self.value, self.desk.photo.size).hints)
        return self.desk.guidance


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "grandpa.png"
    waves(300, 200).save(path)
    return path


@pytest.fixture(scope="module")
def someone(chromium, clicks: Clicks, photo: Path) -> Iterator[Painter]:
    visitor = Painter(chromium, clicks, photo)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def someone_else(chromium, clicks: Clicks, photo: Path) -> Iterator[Painter]:
    visitor = Painter(chromium, clicks, photo, has_touch=True, viewport={"width": 390, "height": 844})
    yield visitor
    visitor.close()
    until(lambda: visitor.key not in clicks.visits.pages())  # whoever leaves is forgotten


@pytest.fixture
def visitor(someone: Painter, photo: Path) -> Painter:
    """The same page for most tests, for opening one takes longest."""
    someone.begin(photo)
    return someone


@pytest.fixture
def phone(someone_else: Painter, photo: Path) -> Painter:
    someone_else.begin(photo)
    someone_else.page.locator("#hint-canvas .work canvas").scroll_into_view_if_needed()
    return someone_else


@pytest.mark.browser
def test_twenty_rapid_clicks_are_twenty_hints(visitor: Painter) -> None:
    visitor.color("#3a6ea5")
    places = [(0.05 + 0.045 * i, 0.15 + 0.7 * (i % 2)) for i in range(20)]
    for place in places:
        visitor.click(*place)
    hints = visitor.arrived().hints
    assert len(hints) == 20
    assert np.allclose([(h.x / 300, h.y / 200) for h in hints], places, atol=0.01), (
        "every one, in order, where it was clicked"
    )
    assert {h.color for h in hints} == {"#3a6ea5"}
    painted = visitor.desk.shown
    assert painted is not None
    assert len(painted.influence) == 20


@pytest.mark.browser
def test_every_step_is_undone_and_done_again_exactly(visitor: Painter) -> None:
    page = visitor.page
    visitor.color("#aa3311")
    states = [visitor.value["hints"]]

    def seen(count: int) -> None:
        states.append(visitor.value["hints"])
        assert len(states[-1]) == count
        assert states[-1] != states[-2]

    visitor.click(0.2, 0.3)
    seen(1)
    visitor.drag((0.2, 0.3), (0.3, 0.5), (0.4, 0.4))
    seen(1)
    assert states[-1][0]["x"] == pytest.approx(0.4, abs=0.01)
    page.mouse.move(*visitor.at(0.4, 0.4))
    page.mouse.wheel(0, -120)
    page.mouse.wheel(0, -120)
    until(lambda: visitor.value["hints"][0]["size"] >= states[-1][0]["size"] + 3)
    seen(1)
    page.wait_for_timeout(650)  # turns of the wheel that follow each other are one step
    page.fill("#hint-canvas .hex", "#0044ff")
    page.keyboard.press("Enter")
    seen(1)
    assert states[-1][0]["color"] == "#0044ff"
    page.click("#hint-canvas [data-tool=brush]")
    visitor.drag((0.1, 0.8), (0.5, 0.9), (0.9, 0.8))
    states.append(visitor.value["hints"])
    assert len(states[-1]) > 15
    assert len({h["stroke"] for h in states[-1][1:]}) == 1
    page.click("#hint-canvas [data-tool=eraser]")
    visitor.drag((0.45, 0.8), (0.55, 0.95))
    states.append(visitor.value["hints"])
    assert 1 < len(states[-1]) < len(states[-2])
    page.click("#hint-canvas [data-tool=point]")
    visitor.click(0.4, 0.4, button="right")
    states.append(visitor.value["hints"])
    assert len(states[-1]) == len(states[-2]) - 1
    visitor.do("clear")
    seen(0)
    for i, state in enumerate(states[-2::-1]):
        visitor.do("undo") if i % 2 else page.keyboard.press("Control+z")
        assert visitor.value["hints"] == state
    assert page.is_disabled("#hint-canvas [data-do=undo]")
    for i, state in enumerate(states[1:]):
        visitor.do("redo") if i % 2 == 0 else page.keyboard.press("Control+y" if i % 4 == 1 else "Control+Shift+z")
        assert visitor.value["hints"] == state
    assert visitor.arrived().hints == ()


@pytest.mark.browser
def test_a_visitor_who_only_clicks_gets_the_likeliest_color_and_a_choice(visitor: Painter) -> None:
    visitor.click(0.5, 0.5)
    colors = visitor.page.wait_for_selector("#hint-canvas .likely button") and visitor.desk.session.suggest_colors(
        149.5, 99.5
    )
    until(lambda: visitor.value["hints"][0]["color"] == colors[0].color)
    assert visitor.arrived().hints[0].color == colors[0].color
    visitor.page.locator("#hint-canvas .likely button").nth(1).click()
    assert visitor.arrived().hints[0].color == colors[1].color
    visitor.do("undo")
    assert visitor.arrived().hints[0].color == colors[0].color, "the color it waited for is part of setting it"
    plane = visitor.page.locator("#hint-canvas .plane").bounding_box()
    visitor.page.mouse.click(plane["x"] + plane["width"] * 0.6, plane["y"] + plane["height"] * 0.5)
    picked = Hint(0, 0, visitor.value["hints"][0]["color"]).ab
    assert picked == pytest.approx((22, 0), abs=2.5), "the plane goes from -110 to 110"
    visitor.click(0.5, 0.5, button="right")
    assert visitor.arrived().hints == ()


@pytest.mark.browser
def test_an_area_keeps_the_next_hint_inside(visitor: Painter) -> None:
    visitor.page.click("#hint-canvas [data-tool=lasso]")
    visitor.drag((0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8))
    visitor.status("stays in it")
    visitor.click(0.1, 0.5)
    visitor.click(0.5, 0.5)
    visitor.click(0.6, 0.5)
    free, kept, later = visitor.arrived().hints
    assert free.lasso == later.lasso == ()
    assert 3 <= len(kept.lasso) <= 120
    assert min(x for x, _ in kept.lasso) == pytest.approx(90, abs=3)
    visitor.click(0.5, 0.5)
    visitor.do("free")
    assert visitor.arrived().hints[1].lasso == ()


@pytest.mark.browser
def test_two_visitors_never_see_each_others_hints(visitor: Painter, phone: Painter) -> None:
    for i in range(4):
        visitor.click(0.1 + 0.2 * i, 0.3)
        phone.tap(0.9 - 0.2 * i, 0.7)
    phone.tap(0.5, 0.2)
    heights = [{round(h.y / 200, 1) for h in each.arrived().hints} for each in (visitor, phone)]
    assert heights == [{0.3}, {0.7, 0.2}]
    assert (len(visitor.value["hints"]), len(phone.value["hints"])) == (4, 5)


@pytest.mark.browser
def test_fingers_tap_pinch_and_hold_on_a_phone_without_sideways_scroll(phone: Painter) -> None:
    page = phone.page
    phone.tap(0.3, 0.5)
    page.wait_for_selector("#hint-canvas .likely button")
    assert phone.arrived().hints[0].x / 300 == pytest.approx(0.3, abs=0.01)
    assert not phone.sideways()
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(phone.at(*place) for place in places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (0.5, 0.5))
    send("touchStart", (0.5, 0.5), (0.6, 0.5))
    send("touchMove", (0.4, 0.5), (0.8, 0.5))
    send("touchEnd")
    page.wait_for_selector("#hint-canvas [data-do=fit]:not(:disabled)")
    assert len(phone.value["hints"]) == 1, "a pinch sets no hint"
    phone.do("fit")
    page.wait_for_selector("#hint-canvas [data-do=fit]:disabled")
    send("touchStart", (0.3, 0.5))
    until(lambda: phone.value["hints"] == [])
    send("touchEnd")


@pytest.mark.browser
def test_the_keyboard_is_enough(visitor: Painter) -> None:
    page = visitor.page
    page.focus("#hint-canvas [data-tool=point]")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.work canvas')"):
            break
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    (first,) = visitor.value["hints"]
    assert (first["x"], first["y"]) == (pytest.approx(0.52), pytest.approx(0.515))
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("]")
    (moved,) = visitor.value["hints"]
    assert (moved["x"], moved["size"]) == (pytest.approx(0.47), first["size"] + 1)
    page.keyboard.press("Enter")  # lets go
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    assert len(visitor.arrived().hints) == 2
    page.keyboard.press("Delete")
    assert visitor.arrived().hints[0].x / 300 == pytest.approx(0.47, abs=0.01)
    assert visitor.value["hints"][0]["size"] == first["size"] + 1


@pytest.mark.browser
def test_hints_are_saved_loaded_and_a_broken_file_is_one_sentence(visitor: Painter, tmp_path: Path) -> None:
    page = visitor.page
    visitor.color("#aa3311")
    visitor.click(0.25, 0.25)
    visitor.click(0.75, 0.6)
    visitor.arrived()
    kept = visitor.value["hints"]
    with page.expect_download() as waiting:
        page.click("#hint-save")
    assert waiting.value.suggested_filename == "grandpa-hints.json"
    saved = tmp_path / "hints.json"
    waiting.value.save_as(saved)
    assert len(json.loads(saved.read_text())["hints"]) == 2
    visitor.do("clear")
    broken = tmp_path / "<b>broken.json"
    broken.write_text('{"hints": [{"x": 1')
    visitor.upload("#hint-load", broken)
    notice = page.wait_for_selector("#hint-notice [role=alert]")
    assert "not JSON" in notice.inner_text()
    assert len(notice.inner_text().splitlines()) == 1
    visitor.upload("#hint-load", saved)
    visitor.status("2 hints loaded")
    assert visitor.value["hints"] == kept
    assert len(visitor.arrived().hints) == 2
    page.wait_for_selector("#hint-notice [role=alert]", state="hidden")
    visitor.do("undo")
    assert visitor.value["hints"] == []


@pytest.mark.browser
def test_the_download_is_the_full_size_with_the_hints_in_it(visitor: Painter, tmp_path: Path) -> None:
    page = visitor.page
    large = tmp_path / "large.png"
    waves(1500, 1000).save(large)
    visitor.begin(large)
    assert "1500 × 1000" in page.inner_text("#hint-download")
    visitor.color("#ff0000")
    visitor.click(0.25, 0.5)
    with page.expect_download() as waiting:
        page.click("#hint-download")
    assert waiting.value.suggested_filename == "large-color.png"
    colored = Image.open(waiting.value.path())
    assert (colored.format, colored.size) == ("PNG", (1500, 1000))
    r, g, _ = colored.getpixel((375, 500))
    assert r > g + 60
    r, g, _ = colored.getpixel((1200, 500))
    assert g > r


@pytest.mark.browser
def test_junk_is_one_sentence_and_a_photo_works_after_it(visitor: Painter, photo: Path, tmp_path: Path) -> None:
    junk = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    junk.write_text("this is not a photo")
    visitor.page.click("#hint-another")
    visitor.upload("#hint-photo button", junk)
    notice = visitor.page.wait_for_selector("#hint-notice [role=alert]")
    assert "not a photo" in notice.inner_text()
    assert visitor.page.locator("#hint-notice img").count() == 0
    assert not visitor.page.is_visible("#hint-canvas .work")
    visitor.upload("#hint-photo button", photo)
    visitor.status("Click a thing")
    visitor.page.wait_for_selector("#hint-notice [role=alert]", state="hidden")


@pytest.mark.browser
def test_a_place_is_suggested_and_the_reach_of_a_hint_shown(visitor: Painter) -> None:
    page = visitor.page
    page.click("#hint-suggest")
    visitor.status("would tell most")
    ask = visitor.value["ask"]
    x, y = visitor.desk.session.suggest_click(Guidance())
    assert (ask["x"] * 300 - 0.5, ask["y"] * 200 - 0.5) == (pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01))
    visitor.click(0.3, 0.5)
    near, far = visitor.pixel(0.34, 0.5), visitor.pixel(0.9, 0.5)
    page.check("#hint-reach input")
    until(lambda: visitor.pixel(0.9, 0.5)[1] < 0.6 * far[1])  # what it does not reach is darkened
    assert visitor.pixel(0.34, 0.5)[1] > 0.75 * near[1]
    page.uncheck("#hint-reach input")
    until(lambda: visitor.pixel(0.9, 0.5)[1] > 0.9 * far[1])
