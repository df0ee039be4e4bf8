"""The tab *Chat* in headless Chromium, as someone uses it who cannot click into a photo. The network is a toy, and a
thing is where we say.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demos.desks.desk import Shop
from demos.tabs import chat
from demos.tabs.chat import Chat, ChatDesk, gr
from tests.browser import Visitor, served
from tests.toys.network import Flood
from tests.toys.scene import MIDDLE, PLACES, gray
from toolkit.models.cards import get_card
from toolkit.pipeline import seen


@pytest.fixture(scope="module", autouse=True)
def toy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "load_model", lambda *_: Flood())
        patch.setattr("toolkit.text.localizer.load_localizer", lambda *_: PLACES)
        yield


def test_a_conversation_stays_small_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MOST_PICTURES", 3)
    desk = ChatDesk("unet", "cpu", "en")
    for _ in range(10):
        desk.show("assistant", Image.new("RGB", (8, 8)))
    for _ in range(200):
        desk.add("user", "x")
    assert len(desk.lines) == chat.MOST_LINES
    desk.lines = []
    desk.show("assistant", Image.new("RGB", (8, 8)))
    folder = Path(desk.lines[0]["content"]["path"]).parent
    assert len(list(folder.iterdir())) == 4
    desk.close()
    assert not folder.exists()


def test_a_folder_goes_with_its_desk() -> None:
    desk = ChatDesk("unet", "cpu", "en")
    desk.show("user", Image.new("RGB", (8, 8)))
    folder = Path(desk.lines[0]["content"]["path"]).parent
    del desk
    assert not folder.exists()


@pytest.fixture(scope="module")
def tab(chromium) -> Iterator[Chat]:
    with gr.Blocks(analytics_enabled=False) as demo:
        tab = Chat(demo, Shop("cpu", (get_card("unet"),)))
    with served(demo.queue()) as tab.url:  # type: ignore[attr-defined]
        yield tab


class Talker(Visitor):
    """Talks with the photo."""

    def arrive(self) -> None:
        self.page.wait_for_selector("#chat-samples button")
        self.page.wait_for_selector("#chat-box textarea")

    def hears(self, text: str) -> None:
        """Wait until the answer says it."""
        self.page.wait_for_function(
            "text => [...document.querySelectorAll('#chat .bot')].some((line) => line.textContent.includes(text))",
            arg=text,
        )

    def say(self, text: str, answer: str) -> None:
        self.page.fill("#chat-box textarea", text)
        self.page.keyboard.press("Enter")
        self.hears(answer)

    def send(self, path: Path, answer: str) -> None:
        self.page.set_input_files("#chat-box input[type=file]", path)
        self.page.wait_for_selector("#chat-box .thumbnail-item, #chat-box .thumbnails")
        self.page.wait_for_function("!document.querySelector('#chat-box .submit-button')?.disabled")
        self.page.focus("#chat-box textarea")
        self.page.keyboard.press("Enter")
        self.hears(answer)

    def picture(self) -> np.ndarray:
        """The last picture as the browser has it."""
        sources = self.page.eval_on_selector_all("#chat .bot img", "images => images.map(image => image.src)")
        return np.asarray(Image.open(io.BytesIO(self.page.request.get(sources[-1]).body())).convert("RGB"))


@pytest.fixture
def visitor(chromium, tab: Chat) -> Iterator[Talker]:
    visitor = Talker(chromium, tab.url)
    yield visitor
    visitor.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "grandpa.png"
    Image.fromarray(gray().rgb.permute(1, 2, 0).numpy()).save(path)
    return path


def desk_of(tab: Chat) -> ChatDesk:
    visit = tab.visits.find(tab.visits.pages()[-1])
    assert visit is not None
    assert visit.desk is not None
    return visit.desk


@pytest.mark.browser
def test_a_photo_is_talked_into_color_exactly(visitor: Talker, tab: Chat, photo: Path) -> None:
    visitor.say("make the wall red", "Send me a photo first")
    visitor.send(photo, "automatic colors")
    visitor.say("make the wall red", "wall: red")
    x, y = MIDDLE["wall"]
    shown = visitor.picture()
    red, _, blue = shown[y, x].tolist()
    assert red > blue + 40
    talk = desk_of(tab).conversation
    assert (shown == talk.finish().rgb.permute(1, 2, 0).numpy()).all(), "not one level off"
    visitor.say("no, darker", "darker")
    visitor.page.get_by_role("button", name="undo").click()
    visitor.hears("Undone")
    assert (visitor.picture() == shown).all()
    with visitor.page.expect_download() as waiting:
        visitor.page.click("#chat-download")
    assert waiting.value.suggested_filename == "grandpa-color.png"
    assert (np.asarray(Image.open(waiting.value.path())) == shown).all()
    assert visitor.page.locator("#chat [aria-label*='Share']:visible").count() == 0, "nothing goes to another host"
    visitor.page.click("#chat button[aria-label='Clear']")
    visitor.say("make the wall red", "Send me a photo first")
    assert visitor.page.locator("#chat img").count() == 0


@pytest.mark.browser
def test_what_people_send_is_text_and_junk_is_answered(visitor: Talker, photo: Path, tmp_path: Path) -> None:
    visitor.send(photo, "automatic colors")
    for text in (
        "<img src=x onerror=alert(1)> ${alert(1)} {{alert(1)}} [a](javascript:alert(1))",
        "**bold** <b>bold</b>",
    ):
        visitor.say(text, "Name a thing" if "bold" not in text else "not understood")
        visitor.page.locator("#chat .user").get_by_text(text, exact=True).wait_for()
    assert visitor.page.locator("#chat b, #chat strong, #chat img[src=x], #chat a[href^=javascript]").count() == 0
    visitor.say("sky " * 2500, "too long")
    junk = tmp_path / "notes.jpg"
    junk.write_text("this is not a photo")
    visitor.send(junk, "text file")
    visitor.say("the wall red", "wall: red")


@pytest.mark.browser
def test_a_korean_visitor_is_answered_in_korean(chromium, tab: Chat, photo: Path, tmp_path: Path) -> None:
    visitor = Talker(chromium, tab.url, locale="ko-KR")
    visitor.say("벽을 빨간색으로", "먼저 사진을")
    junk = tmp_path / "메모.jpg"
    junk.write_text("this is not a photo")
    visitor.send(junk, "텍스트 파일")
    visitor.send(photo, "자동으로 고른 색")
    visitor.say("벽을 빨간색으로", "벽: 빨간색")
    visitor.page.get_by_role("button", name="취소").click()
    visitor.hears("취소했습니다")
    visitor.close()


@pytest.mark.browser
def test_an_example_photo_is_credited_and_a_phone_scrolls_in_one_direction(chromium, tab: Chat) -> None:
    visitor = Talker(chromium, tab.url)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.click("#chat-samples button[title='Head of a ginger tabby cat']")
    visitor.hears("colors of its own")
    assert "Stefan van der Walt" in visitor.page.locator("#chat-credit").inner_text()
    assert not visitor.sideways()
    visitor.close()
