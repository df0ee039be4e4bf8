"""The tab *Text prompt*: its desk without a browser, then the page in headless Chromium. The network and the localizer
are toys: quick, and known.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from demos.desks import prompt_desk
from demos.desks.desk import Shop
from demos.desks.prompt_desk import OTHERS, USUAL, WORDS, PromptDesk, as_table, examples, outline
from demos.tabs.clicks import Clicks, gr
from demos.tabs.prompts import NO_HINTS, ONLY_PARTS, SAYS, UNREAD, Prompts
from demos.words.translation import translate
from tests.browser import Visitor, served, until
from tests.toys.localizer import EYES
from tests.toys.network import Network
from tests.toys.photos import at, green_and_orange, opened, photo_of, waves
from toolkit.guidance import Guidance
from toolkit.models.cards import get_card
from toolkit.pipeline import seen
from toolkit.text.grammar.parser import PromptError, parse

MARKUP = ("<img src=x onerror=alert(1)>", "${alert(1)}", "{{x}}", "<b>the dress red</b>")


@pytest.fixture(scope="module", autouse=True)
def toys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "load_model", lambda *_: Network())
        patch.setattr(prompt_desk, "load_localizer", lambda *_: EYES)
        yield


def desk(image: Image.Image | None = None) -> PromptDesk:
    return PromptDesk(photo_of(image or waves()), "unet", "cpu")


def test_the_prompt_is_the_whole_state() -> None:
    work = desk()
    red = work.ask("the dress red", True)
    r, g, b = at(red.result.rgb, 0.25, 0.6)
    assert r > max(g, b) + 30
    assert work.ask("the dress red", True) is red, "nothing was asked, nothing is painted"
    blue = work.ask("the dress blue", True)
    assert (blue.result.rgb == desk().ask("the dress blue", True).result.rgb).all(), "whatever was asked before"
    assert (work.ask("", True).result.rgb == work.session.colorize().rgb).all(), "no words, the automatic colors"


def test_the_table_says_what_was_found_where_and_what_was_not() -> None:
    rows = as_table(desk().ask("the gown red, the bicycle blue, the sky grene, blorf", True))
    dress, bicycle, sky, *unknown = rows
    assert (dress["phrase"], dress["thing"], dress["ok"]) == ("the gown red", "dress", True)
    assert dress["confidence"] == pytest.approx(0.9)
    assert re.fullmatch("#[0-9a-f]{6}", dress["color"])
    alpha = np.asarray(opened(dress["heat"]))[..., 3]
    h, w = alpha.shape
    assert alpha[h * 6 // 10, w // 4] > 150
    assert alpha[h * 6 // 10, w * 8 // 10] < 30
    corners = np.array(re.findall(r"(\d+) (\d+)", dress["outline"]), dtype=int)
    assert corners.min(0).tolist() == pytest.approx([100, 300], abs=25)
    assert corners.max(0).tolist() == pytest.approx([400, 900], abs=25)
    assert not bicycle["ok"]
    assert "no bicycle found" in bicycle["note"]
    assert not bicycle["outline"]
    assert not sky["color"]
    assert {row["phrase"]: row["instead"] for row in unknown} == {"grene": "green", "blorf": None}
    assert as_table(desk().ask("드레스는 빨간색으로", True))[0]["thing"] == "드레스"


def test_an_outline_closes_at_the_border_of_the_photo() -> None:
    everything = outline(torch.ones(1, 1, 10, 20, dtype=torch.bool))
    corners = np.array(re.findall(r"(\d+) (\d+)", everything), dtype=int)
    assert (corners.min(), corners.max()) == (0, 1000)
    assert everything.count("M") == everything.count("Z") == 1
    assert outline(torch.zeros(1, 1, 10, 20, dtype=torch.bool)) == ""


@pytest.mark.slow
def test_of_a_color_photo_only_what_is_named_changes_unless_all_shall() -> None:
    work = desk(green_and_orange(1500, 1000))
    assert work.colored
    assert not desk().colored
    own = work.photo.rgb
    kept = work.finish("the dress blue", True).rgb
    assert kept.shape == own.shape
    assert (kept[:, :, 800:] == own[:, :, 800:]).all()
    assert at(kept, 0.25, 0.6)[2] > at(own, 0.25, 0.6)[2] + 20
    assert (work.ask("", True).result.rgb == work.screen.photo.rgb).all()
    anew = work.finish("the dress blue", False).rgb
    assert (anew[:, :, 800:] != own[:, :, 800:]).any()
    r, g, b = opened(work.before(True)).getpixel((900, 400))
    assert r > 1.5 * b, "the photo as it came"
    r, g, b = opened(work.before(False)).getpixel((900, 400))
    assert max(r, g, b) - min(r, g, b) < 3


def test_words_become_hints_for_the_hand_on_the_same_photo() -> None:
    work = desk(waves(1500, 1000))
    there, guidance, look = work.to_hints("the dress red", True)
    assert there.session is work.session
    assert guidance.hints
    assert all(hint.lasso and 150 < hint.x < 600 and 300 < hint.y < 900 for hint in guidance.hints)
    sent = {"hints": guidance.to_canvas(there.photo.size), "palette": []}
    painted = there.paint(*there.read(sent, look.vividness, look.saturation)).rgb
    said = work.ask("the dress red", True).result.rgb
    assert (painted.float() - said.float()).abs().mean() < 1
    vivid = work.to_hints("more vivid, the dress red", True)[2]
    assert (vivid.vividness, vivid.saturation) != (0.5, 1.0)


def test_a_prompt_that_is_too_long_costs_a_sentence_and_not_the_picture() -> None:
    work = desk()
    before = work.ask("the dress red", True)
    with pytest.raises(PromptError, match="10,000 characters") as caught:
        work.ask("x" * 10_000, True)
    assert str(caught.value).count("\n") == 0
    assert work.shown is before


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_offered_is_understood(language: str) -> None:
    for word in WORDS[language]:
        assert not parse(word).unknown, word
    for thing in (*USUAL, "dress", "car", "person"):
        for prompt in examples([thing, "dress", "car"], language):
            read = parse(prompt)
            assert read.wishes, prompt
            assert not read.unknown, prompt
            assert all(wish.change or (wish.color and wish.color.color) for wish in read.wishes), prompt
            assert read.language == language
    assert examples([], language)
    assert len(OTHERS) > 0


def test_everything_is_said_in_korean_too() -> None:
    for text in (*SAYS.values(), UNREAD, ONLY_PARTS, NO_HINTS):
        korean = translate(text, "ko")
        assert korean != text
        assert re.findall(r"{\w+}", korean) == re.findall(r"{\w+}", text)


# ---- in the browser


@pytest.fixture(scope="module")
def tabs(chromium) -> Iterator[tuple[Prompts, Clicks, str]]:
    shop = Shop("cpu", (get_card("unet"),))
    with gr.Blocks(analytics_enabled=False) as demo:
        with gr.Tabs() as strip:
            with gr.Tab("Text prompt", id="words"):
                prompts = Prompts(demo, shop)
            with gr.Tab("Click hints", id="hints"):
                clicks = Clicks(demo, shop)
        prompts.connect(clicks, strip, "hints")
    with served(demo.queue()) as url:
        yield prompts, clicks, url


class Writer(Visitor):
    """Writes what is to have which color."""

    def arrive(self) -> None:
        self.page.wait_for_selector("#prompt-photo button")

    def open(self, photo: Path) -> None:
        """A photo (again): the prompt is forgotten."""
        page = self.page
        page.get_by_role("tab").first.click()
        if not page.is_visible("#prompt-photo"):
            page.click("#prompt-another")
        before = page.evaluate("document.querySelector('#prompt-sheet .before')?.getAttribute('src')")
        self.upload("#prompt-photo button", photo)
        page.wait_for_selector("#prompt-photo", state="hidden")
        page.wait_for_selector("#prompt-sheet .sheet[aria-busy=false]")
        assert before is None or self.field() == ""

    def field(self) -> str:
        return self.page.input_value("#prompt-sheet textarea")

    def write(self, prompt: str) -> None:
        self.page.fill("#prompt-sheet textarea", prompt)
        self.page.press("#prompt-sheet textarea", "Enter")
        self.answered()

    def answered(self) -> None:
        self.page.wait_for_selector("#prompt-sheet .sheet[aria-busy=false]")

    def rows(self) -> list[str]:
        return [" ".join(text.split()) for text in self.page.locator("#prompt-sheet tbody tr").all_inner_texts()]

    def pixel(self, x: float, y: float) -> list[int]:
        """What the colored picture has at a place."""
        return self.shown("#prompt-sheet .after", x, y)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    made = {"gray": waves(), "large": waves(1500, 1000), "color": green_and_orange()}
    for name, image in made.items():
        image.save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in made}


@pytest.fixture(scope="module")
def someone(chromium, tabs: tuple[Prompts, Clicks, str]) -> Iterator[Writer]:
    visitor = Writer(chromium, tabs[2])
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(someone: Writer, photos: dict[str, Path]) -> Writer:
    """The same page for most tests, for opening one takes longest."""
    someone.open(photos["gray"])
    return someone


@pytest.mark.browser
def test_a_prompt_gives_a_picture_a_table_and_its_heat(visitor: Writer) -> None:
    page = visitor.page
    assert page.locator("[data-is=things] .chip").all_inner_texts() == ["sky", "dress"]
    before = visitor.pixel(0.25, 0.6)
    visitor.write("the dress red, the bicycle blue, blorf")
    first, second, third = visitor.rows()
    assert "dress" in first
    assert "90 %" in first
    assert "no bicycle found" in second
    assert "blorf" in third
    r, g, _ = visitor.pixel(0.25, 0.6)
    assert r > g + 30
    assert before[0] < before[1] + 10
    swatch = page.locator("#prompt-sheet .swatch").first.evaluate("i => getComputedStyle(i).backgroundColor")
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", swatch)
    button = page.get_by_role("button", name="the dress red", exact=True)
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.is_visible("#prompt-sheet .heat")
    assert page.get_attribute("#prompt-sheet .rim >> nth=0", "d").startswith("M")
    button.press("Escape")
    assert not page.is_visible("#prompt-sheet .heat")
    assert button.get_attribute("aria-pressed") == "false"


@pytest.mark.browser
def test_words_are_completed_and_chosen_with_the_keyboard_alone(visitor: Writer) -> None:
    page = visitor.page
    page.focus("#prompt-sheet textarea")
    page.keyboard.type("the dr")
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#prompt-sheet textarea", "aria-activedescendant")
    assert page.inner_text(f"[id='{chosen}']") == "dress"
    page.keyboard.press("Enter")
    assert visitor.field() == "the dress "
    page.keyboard.type("bl")
    assert page.locator("#prompt-sheet [role=option]").all_inner_texts() == ["blue", "black", "black and white"]
    page.keyboard.press("Escape")
    assert not page.is_visible("#prompt-sheet [role=listbox]")
    page.keyboard.type("ue")
    page.click("[data-is=things] .chip >> text=sky")
    assert visitor.field() == "the dress blue, sky "
    page.keyboard.type("pink")
    page.keyboard.press("Enter")
    visitor.answered()
    assert len(visitor.rows()) == 2
    page.focus("#prompt-sheet [type=range]")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#prompt-sheet .stage')).getPropertyValue('--share')")
        == "3%"
    )


@pytest.mark.browser
def test_each_prompt_is_undone_and_done_again(visitor: Writer) -> None:
    page = visitor.page
    plain = visitor.pixel(0.25, 0.6)
    assert page.is_disabled("[data-do=undo]")
    visitor.write("the dress red")
    red = visitor.pixel(0.25, 0.6)
    page.click("[data-is=examples] .chip >> nth=0")
    visitor.answered()
    assert "sky" in visitor.field()
    assert visitor.pixel(0.25, 0.6) == plain, "the prompt is the whole state"
    page.click("[data-do=undo]")
    visitor.answered()
    assert (visitor.field(), visitor.pixel(0.25, 0.6)) == ("the dress red", red)
    page.click("[data-do=undo]")
    visitor.answered()
    assert (visitor.field(), visitor.rows(), visitor.pixel(0.25, 0.6)) == ("", [], plain)
    page.click("[data-do=redo]")
    visitor.answered()
    assert (visitor.field(), visitor.pixel(0.25, 0.6)) == ("the dress red", red)
    visitor.write("the dress grene")
    page.click("#prompt-sheet tbody .chip >> text=green")
    visitor.answered()
    assert visitor.field() == "the dress green"
    r, g, _ = visitor.pixel(0.25, 0.6)
    assert g > r + 20


@pytest.mark.browser
def test_whatever_is_written_gets_an_answer_and_nothing_is_rendered(visitor: Writer) -> None:
    page = visitor.page
    visitor.write("   ")
    assert "no words yet" in page.inner_text("#prompt-sheet .message")
    for prompt in (*MARKUP, "👗🔴", "робот красный", "x y z " * 80):
        visitor.write(prompt)
        assert visitor.rows()
        assert visitor.field() == prompt
    visitor.write(" ".join(MARKUP))
    text = page.inner_text("#prompt-sheet tbody")
    assert all(word in text for word in ("<img", "onerror", "${", "{{"))
    assert page.locator("#prompt-sheet tbody img, #prompt-sheet [onerror], #prompt-sheet .message *").count() == 0
    visitor.write("👗🔴")
    assert "could be understood" in page.inner_text("#prompt-sheet [role=alert]")
    table = visitor.rows()
    visitor.write("<b>" + "x" * 9_997)
    assert "10,000 characters" in page.inner_text("#prompt-sheet [role=alert]")
    assert page.get_attribute("#prompt-sheet textarea", "aria-invalid") == "true"
    assert visitor.rows() == table, "what was there stays"
    visitor.write("the dress red")
    assert not page.is_visible("#prompt-sheet [role=alert]")
    assert len(visitor.rows()) == 1


@pytest.mark.browser
def test_hints_arrive_in_the_canvas_and_are_a_hands_own_there(
    visitor: Writer, tabs: tuple[Prompts, Clicks, str]
) -> None:
    page = visitor.page
    page.click("#prompt-send")
    page.wait_for_selector("#prompt-notice [role=alert]")
    visitor.write("the dress red")

    def hints() -> list[dict]:
        return page.evaluate("document.querySelector('#hint-canvas .hue')?.value?.hints ?? []")

    def place(hint: dict) -> tuple[float, float]:
        box = page.locator("#hint-canvas .work canvas").bounding_box()
        return box["x"] + hint["x"] * box["width"], box["y"] + hint["y"] * box["height"]

    def painted() -> Guidance:
        (there,) = [
            visit.desk
            for page in tabs[1].visits.pages()
            if (visit := tabs[1].visits.find(page)) and visit.desk is not None
        ]
        until(lambda: there.guidance.hints == Guidance.from_canvas({"hints": hints()}, there.photo.size).hints)
        return there.guidance

    page.click("#prompt-send")
    until(lambda: len(hints()) > 1)
    sent = hints()
    assert all(hint["lasso"] and 0.1 < hint["x"] < 0.4 for hint in sent)
    assert painted().hints
    page.wait_for_selector("#hint-canvas .work canvas")
    page.mouse.click(*place(sent[0]), button="right")
    until(lambda: len(hints()) == len(sent) - 1)
    page.mouse.move(*place(sent[1]))
    page.mouse.down()
    page.mouse.move(*place({"x": 0.7, "y": 0.5}), steps=5)
    page.mouse.up()
    until(lambda: any(hint["x"] > 0.65 for hint in hints()))
    page.keyboard.press("Escape")
    page.mouse.click(*place({"x": 0.9, "y": 0.9}))
    until(lambda: len(hints()) == len(sent))
    mine = [{key: hint[key] for key in ("x", "y")} for hint in hints()]
    assert len(painted().hints) == len(sent)
    page.get_by_role("tab").first.click()
    assert visitor.field() == "the dress red"
    page.click("#prompt-send")
    until(lambda: hints() == sent)
    page.click("#hint-canvas [data-do=undo]")
    assert [{key: hint[key] for key in ("x", "y")} for hint in hints()] == mine, "what the hand had made is not lost"


@pytest.mark.browser
def test_a_color_photo_keeps_its_other_colors_until_told_otherwise(visitor: Writer, photos: dict[str, Path]) -> None:
    page = visitor.page
    assert not page.is_visible("#prompt-keep")
    visitor.open(photos["color"])
    assert page.is_checked("#prompt-keep input")
    own = visitor.pixel(0.8, 0.6)
    assert own[0] > own[2] + 20
    visitor.write("warmer, the dress blue")
    assert visitor.pixel(0.8, 0.6) == pytest.approx(own, abs=2)
    assert visitor.pixel(0.25, 0.6)[2] > own[2]
    assert "Keep the other colors" in page.inner_text("#prompt-sheet .message")
    page.uncheck("#prompt-keep input")
    until(lambda: abs(visitor.pixel(0.8, 0.6)[0] - own[0]) > 10)
    assert not page.is_visible("#prompt-sheet .message")


@pytest.mark.browser
def test_the_download_is_the_full_size_with_the_colors_of_the_words(visitor: Writer, photos: dict[str, Path]) -> None:
    page = visitor.page
    visitor.open(photos["large"])
    assert "1500 × 1000" in page.inner_text("#prompt-download")
    visitor.write("the dress red")
    with page.expect_download() as waiting:
        page.click("#prompt-download")
    assert waiting.value.suggested_filename == "large-color.png"
    colored = Image.open(waiting.value.path())
    assert (colored.format, colored.size) == ("PNG", (1500, 1000))
    r, g, _ = colored.getpixel((375, 600))
    assert r > g + 30
    r, g, _ = colored.getpixel((1200, 600))
    assert g > r


@pytest.mark.browser
def test_junk_is_one_sentence_and_a_photo_works_after_it(
    visitor: Writer, photos: dict[str, Path], tmp_path: Path
) -> None:
    page = visitor.page
    junk = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    junk.write_text("this is not a photo")
    page.click("#prompt-another")
    with page.expect_file_chooser() as waiting:
        page.click("#prompt-photo button")
    waiting.value.set_files(junk)
    notice = page.wait_for_selector("#prompt-notice [role=alert]")
    assert "not a photo" in notice.inner_text()
    assert page.locator("#prompt-notice img").count() == 0
    assert not page.is_visible("#prompt-sheet textarea")
    visitor.open(photos["gray"])
    assert not page.is_visible("#prompt-notice")


@pytest.mark.browser
def test_a_korean_phone(chromium, tabs: tuple[Prompts, Clicks, str], photos: dict[str, Path]) -> None:
    phone = Writer(chromium, tabs[2] + "?lang=ko", has_touch=True, viewport={"width": 390, "height": 844})
    page = phone.page
    phone.open(photos["gray"])
    assert page.inner_text("#prompt-sheet label") == "무엇을 어떤 색으로 할까요?"
    assert page.locator("[data-is=things] .chip").all_inner_texts() == ["하늘", "드레스"]
    page.locator("[data-is=examples] .chip").first.tap()
    phone.answered()
    (row,) = phone.rows()
    assert "하늘" in row
    page.locator("#prompt-sheet tbody button").first.tap()
    assert page.is_visible("#prompt-sheet .heat")
    phone.write("드레스는 빨간색으로")
    r, g, _ = phone.pixel(0.25, 0.6)
    assert r > g + 30
    assert not phone.sideways()
    phone.close()
