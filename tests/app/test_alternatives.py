"""Alternatives in the tabs *Automatic* and *Click hints*: their desks without a browser, then the app in headless
Chromium. The networks are toys.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from demos.desks.alternatives_desk import Alternatives, Draw
from demos.desks.desk import Desk, Shop
from demos.desks.hint_desk import HintDesk
from demos.tabs.automatic import Automatic
from demos.tabs.batch import gr
from tests.browser import Visitor, until
from tests.toys.hints import hint, value
from tests.toys.network import Network
from tests.toys.photos import opened, photo_of, waves
from tests.toys.turns import Turns
from toolkit import pipeline
from toolkit.models.base import Dials
from toolkit.models.cards import get_card, list_models
from toolkit.pipeline import Cancelled, Session, seen

SIZE = 240, 160


class Drawer(Network):
    """Another seed, another hue; hints count as they do for the toy. Each step takes a turn."""

    card = get_card("diffusion")
    turns = Turns()

    def decode(self, encoded, points, dials, seed):
        return self.draw(encoded, points, dials, seed)

    def draw(self, encoded, points, dials, seed, step=None):
        hue = 35 * torch.tensor([math.cos(2 * seed), math.sin(2 * seed)]).view(1, 2, 1, 1).expand_as(encoded.ab)
        for i in range(dials.steps):
            if step is not None:
                self.turns.take()
                step(i + 1, dials.steps, hue * (i + 1) / dials.steps)
        return super().decode(replace(encoded, ab=hue), points, dials, seed)


@pytest.fixture(scope="module", autouse=True)
def toys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "load_model", lambda name, *_: Drawer() if name == "diffusion" else Network())
        yield


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    yield
    Drawer.turns.let_go()  # whatever still waits goes on


def drawn(n: int, draw: Draw | None = None) -> Alternatives:
    found = Alternatives(photo_of(waves(*SIZE)), "diffusion", "cpu")
    found.ask()
    assert found.begin()
    list(found.draw(n, draw or Draw(Dials(steps=1)), lambda: True))
    return found


def test_each_sample_is_the_one_of_its_seed_at_every_size() -> None:
    found = drawn(3, Draw(Dials(vividness=0.8, steps=2)))
    again = Session(photo_of(waves(*SIZE)), "diffusion").colorize(dials=Dials(vividness=0.8, steps=2), seed=1)
    assert (found.paint(found.pick(1).draw).rgb == again.rgb).all()
    small = found.paint(found.pick(1).draw, pipeline.shrink(photo_of(waves(*SIZE)), 120))
    assert small.photo.size == (120, 80)
    assert [one.number for one in found.drawn] == [1, 2, 3]
    found.ask()
    assert found.begin()
    list(found.draw(2, Draw(Dials(steps=1)), lambda: True))
    assert [one.number for one in found.drawn] == [4, 5], "others are others"


def test_what_was_stopped_before_it_began_is_never_drawn_and_what_began_ends_within_a_step() -> None:
    found = Alternatives(photo_of(waves(*SIZE)), "diffusion", "cpu")
    found.ask()
    found.stop()
    assert not found.begin()
    found.ask()
    assert found.begin()
    assert not found.begin(), "asked for once, drawn once"
    Drawer.turns.hold()
    Drawer.turns.give()
    news = found.draw(6, Draw(Dials(steps=50)), lambda: True)
    assert next(news)[0] == 0
    found.stop()
    Drawer.turns.give()
    with pytest.raises(Cancelled):
        next(news)
    assert found.drawn == []


def test_a_hand_comes_first_and_an_alternative_fills_the_rest() -> None:
    desk = HintDesk(photo_of(waves(*SIZE)), "unet", "cpu")
    desk.alternatives = drawn(2)
    corner = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
    mine = [hint(0.25, 0.25, lasso=corner), hint(0.75, 0.75, stroke=3)]
    sent = desk.add_alternative(0, value(*mine))
    assert sent[:2] == mine, "as they were"
    added = [(item["x"], item["y"]) for item in sent[2:]]
    assert len(added) > 20
    assert not [place for place in added if max(place) < 0.49], "the area belongs to its hint"
    assert all(math.hypot((x - 0.75) * SIZE[0], (y - 0.75) * SIZE[1]) > 24 for x, y in added)
    rounded = [item | {"x": round(item["x"], 5), "y": round(item["y"], 5)} for item in sent]
    moved = rounded[2] | {"color": "#00aa00"}
    other = desk.add_alternative(1, value(*rounded[:2], moved, *rounded[3:]))
    assert other[:3] == [*mine, moved], "what was changed by hand is a hand's"
    assert len(other) <= 63, "the last one's hints give way"
    with pytest.raises(ValueError, match="draw others"):
        desk.add_alternative(7, value())
    with pytest.raises(ValueError, match="draw others"):
        HintDesk(photo_of(waves(*SIZE)), "unet", "cpu").add_alternative(0, value())


def test_a_dial_goes_back_from_an_alternative_to_the_model() -> None:
    desk = Desk(photo_of(waves(*SIZE)), "unet", "cpu")
    plain = desk.colorize(0.5)
    with pytest.raises(ValueError, match="choose one"):
        desk.to_hints("unet")
    desk.alternatives = drawn(2)
    taken = desk.take(1)
    assert (taken.rgb != plain.rgb).any()
    assert (
        desk.finish().rgb == Session(photo_of(waves(*SIZE)), "diffusion").colorize(dials=Dials(steps=1), seed=1).rgb
    ).all()
    assert "number 2 of many" in desk.remarks()[0]
    there, guidance = desk.to_hints("unet")
    assert len(guidance.hints) > 20
    assert there.session is desk.to_hints("unet")[0].session, "the canvas knows the photo again"
    assert (desk.colorize(0.5).rgb == plain.rgb).all()
    assert (desk.finish().rgb == plain.rgb).all()
    assert "many" not in desk.remarks()[0]


def test_without_a_photo_or_a_model_that_draws_nothing_happens() -> None:
    visitor = SimpleNamespace(session_hash="someone", query_params={}, headers={})
    for models in (tuple(list_models()), (get_card("unet"),)):
        with gr.Blocks() as demo:
            tab = Automatic(demo, Shop("cpu", models))
        panel = tab.alternatives
        assert panel.show.visible == (len(models) > 1)
        assert panel.panel.visible is False
        assert "not here any more" in panel.open(6, visitor)[tab.notice]["value"]
        assert len(list(panel.draw(visitor, 6, 0.5, 8, 1.0))) == 1
        assert "not here any more" in tab.take(0, visitor, lambda *_, **__: None)[tab.notice]["value"]
        panel.halt(visitor)
        panel.shut(visitor)


# ---- in the browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / "grandpa.png", folder / "grandma.png"]
    for path, size in zip(paths, (SIZE, (160, 200)), strict=True):
        waves(*size).save(path)
    return paths


class Artist(Visitor):
    """Asks for alternatives, in two tabs."""

    def color(self, path: Path) -> None:
        """A photo in Automatic."""
        self.page.get_by_role("tab").nth(0).click()
        if self.page.is_visible("#about p"):
            self.page.locator("#photo button:has(svg)").first.click()  # away with the last one
            self.page.wait_for_selector("#about", state="hidden")
        self.page.set_input_files("#photo input[type=file]", path)
        self.page.wait_for_selector("#about p")

    def click_hints(self, path: Path) -> None:
        """A photo in Click hints."""
        self.page.get_by_role("tab").nth(1).click()
        if self.page.is_visible("#hint-another"):
            self.page.click("#hint-another")
        self.upload("#hint-photo button", path)
        self.page.wait_for_selector("#hint-canvas .work canvas")
        until(lambda: self.hints() == [])

    def ask(self, prefix: str, n: int = 4, steps: int = 2) -> int:
        """Open the panel, set its dials, and when the first pictures are there have n others drawn; returns the number
        of the first of these.
        """
        page = self.page
        page.click(f"#{prefix}-alternatives")
        page.wait_for_selector(f"#{prefix}-draw:visible")
        page.check(f"#{prefix}-count input[value='{n}']")
        page.fill(f"#{prefix}-steps input[type=number]", str(steps))
        page.press(f"#{prefix}-steps input[type=number]", "Tab")
        page.wait_for_timeout(200)  # the page has told the dial
        first = int(self.names(prefix)[-1]) + 1
        page.click(f"#{prefix}-draw")
        self.drawn(prefix, first)
        return first

    def drawn(self, prefix: str, first: int) -> None:
        """Wait until as many pictures as the dial says are there, the first with this number."""
        n = int(self.page.input_value(f"#{prefix}-count input:checked"))
        until(lambda: self.names(prefix) == [str(number) for number in range(first, first + n)])
        self.page.wait_for_selector(f"#{prefix}-draw:visible")
        # it may come a moment after the button
        until(lambda: self.page.inner_text(f"#{prefix}-drawing") == "Choose one to take it.")

    def names(self, prefix: str) -> list[str]:
        return self.page.locator(f"#{prefix}-gallery button span").all_inner_texts()

    def count(self, prefix: str) -> tuple[int, int]:
        """Pictures, places for more."""
        return self.page.locator(f"#{prefix}-gallery button").count(), self.page.locator(f"#{prefix}-gallery i").count()

    def pictures(self, prefix: str) -> list[np.ndarray]:
        sources = self.page.eval_on_selector_all(f"#{prefix}-gallery img", "images => images.map(image => image.src)")
        return [np.asarray(opened(source).convert("RGB")).astype(int) for source in sources]

    def hints(self) -> list[dict]:
        """What the canvas holds."""
        return self.page.evaluate("document.querySelector('#hint-canvas .hue')?.value?.hints ?? []")

    def slider(self) -> str:
        return self.page.eval_on_selector_all("#slider img", "images => images.map(image => image.src).join(' ')")


@pytest.fixture(scope="module")
def someone(chromium, url: str) -> Iterator[Artist]:
    visitor = Artist(chromium, url)
    yield visitor
    visitor.close()


def forming(visitor: Visitor) -> str:
    return visitor.page.eval_on_selector("#auto-gallery i", "place => place.style.backgroundImage")


@pytest.mark.browser
def test_samples_arrive_one_by_one_each_taking_shape_and_stop_stops(someone: Artist, files: list[Path]) -> None:
    page = someone.page
    someone.color(files[0])
    assert not page.is_visible("#auto-others"), "closed until it is wanted"
    Drawer.turns.hold()
    page.click("#auto-alternatives")
    until(lambda: someone.count("auto") == (0, 6))
    for _ in range(8):
        before = forming(someone)
        Drawer.turns.give()
        until(lambda before=before: someone.count("auto")[0] == 1 or forming(someone) != before)
        if someone.count("auto")[0] == 1:
            break
    until(lambda: someone.count("auto") == (1, 5))
    Drawer.turns.give(Dials.steps)  # those of one sample
    until(lambda: someone.count("auto") == (2, 4))
    page.wait_for_selector("#auto-map img")
    page.click("#auto-stop")
    page.wait_for_selector("#auto-drawing >> text=Stopping")  # the word has arrived; the next step hears it
    Drawer.turns.give()
    page.wait_for_selector("#auto-drawing >> text=Stopped.")
    assert someone.count("auto") == (2, 0)
    Drawer.turns.let_go()
    page.click("#auto-close")
    page.wait_for_selector("#auto-alternatives:visible")
    assert not page.is_visible("#auto-others")
    assert someone.ask("auto") == 3, "the next ones"
    assert not page.is_visible("#auto-stop")


@pytest.mark.browser
def test_a_sample_becomes_the_picture_the_download_and_hints_to_go_on_with(someone: Artist, files: list[Path]) -> None:
    page = someone.page
    someone.color(files[0])
    plain = someone.slider()
    assert not page.is_visible("#to-clicks")
    assert not page.is_visible("#auto-others"), "a new photo begins without"
    first = someone.ask("auto")
    page.click("#auto-gallery button >> nth=1")
    page.wait_for_selector(f"#about >> text=number {first + 1} of many")
    assert someone.slider() != plain
    with page.expect_download() as waiting:
        page.click("#download")
    expected = Session(files[0], "diffusion").colorize(dials=Dials(steps=2), seed=first)
    assert (np.asarray(Image.open(waiting.value.path())) == expected.rgb.permute(1, 2, 0).numpy()).all()
    page.click("#to-clicks")
    page.wait_for_selector("#hint-canvas .work canvas")
    until(lambda: len(someone.hints()) > 20)
    page.get_by_role("tab").nth(0).click()
    page.locator("#candidates button").nth(1).click()
    page.wait_for_selector("#to-clicks", state="hidden")
    assert "many" not in page.inner_text("#about")
    assert page.locator("#auto-gallery button[aria-pressed=true]").count() == 0


@pytest.mark.browser
def test_hints_are_honored_and_a_choice_adds_to_them_until_undone(someone: Artist, files: list[Path]) -> None:
    page = someone.page
    someone.click_hints(files[0])
    page.fill("#hint-canvas .hex", "#dd1111")
    page.keyboard.press("Enter")
    box = page.locator("#hint-canvas .work canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
    until(lambda: len(someone.hints()) == 1)
    mine = someone.hints()
    page.click("#hint-alternatives")
    someone.drawn("hint", 1)
    pictures = someone.pictures("hint")
    assert len(pictures) > 3
    for picture in pictures:
        r, g, b = picture[int(0.4 * picture.shape[0]), int(0.3 * picture.shape[1])]
        assert r > max(g, b) + 25
    assert max(np.abs(picture[-5, -5] - pictures[0][-5, -5]).max() for picture in pictures) > 20, (
        "elsewhere they differ"
    )
    page.click("#hint-gallery button >> nth=2")
    until(lambda: len(someone.hints()) > 20)
    first = someone.hints()
    assert {**first[0], "stroke": 0} == {**mine[0], "stroke": 0}
    page.click("#hint-gallery button >> nth=3")
    until(lambda: someone.hints()[5]["color"] != first[5]["color"])
    assert len(someone.hints()) < 62, "in place of the first one's"
    page.click("#hint-canvas [data-do=undo]")
    assert someone.hints() == first
    page.click("#hint-canvas [data-do=undo]")
    assert someone.hints() == mine


@pytest.mark.browser
def test_a_new_photo_ends_the_drawing(someone: Artist, files: list[Path]) -> None:
    page = someone.page
    someone.color(files[0])
    Drawer.turns.hold()
    page.click("#auto-alternatives")
    until(lambda: someone.count("auto")[1] > 0)
    page.wait_for_selector("#auto-drawing >> text=Looking at the photo")
    page.click("#samples button >> nth=0")
    page.wait_for_timeout(300)  # the page has told
    Drawer.turns.give(2)
    page.wait_for_selector("#auto-alternatives:visible")
    assert not page.is_visible("#auto-others")
    Drawer.turns.let_go()
    page.click("#auto-alternatives")
    someone.drawn("auto", 1)
    assert all(max(picture.shape) == 320 for picture in someone.pictures("auto"))


@pytest.mark.browser
def test_a_phone_and_another_visitor_have_their_own(chromium, url: str, someone: Artist, files: list[Path]) -> None:
    someone.color(files[0])
    someone.page.click("#auto-alternatives")
    someone.drawn("auto", 1)
    phone = Artist(chromium, url, viewport={"width": 390, "height": 1400})
    phone.color(files[1])
    assert not phone.page.is_visible("#auto-others")
    assert phone.count("auto")[0] == 0
    phone.page.click("#auto-alternatives")
    phone.drawn("auto", 1)
    assert phone.pictures("auto")[0].shape[:2] == (200, 160)
    phone.page.wait_for_selector("#auto-map img")
    assert not phone.sideways()
    assert phone.page.locator("#auto-map img").bounding_box()["width"] > 300
    phone.click_hints(files[1])
    phone.page.click("#hint-alternatives")
    phone.drawn("hint", 1)
    assert not phone.sideways()
    phone.close()
    assert len(someone.pictures("auto")) > 3
    assert someone.pictures("auto")[0].shape[:2] == (160, 240)
