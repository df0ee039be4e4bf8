"""The widgets without a browser: its messages are set by hand. That a click arrives is tested with the app, which has
the same canvas.
"""

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.toys.photos import opened
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.show.widget import hint_form, hint_widget

HINT = {"x": 0.5, "y": 0.25, "color": "#ff0000", "size": 8, "lasso": []}


class Toy:
    """A session whose colors are those of the last hint, everywhere; notes what it was asked."""

    def __init__(self, height=60, width=80):
        self.photo = Photo.from_array(np.full((height, width), 128, np.uint8))
        self.asked, self.places = [], []

    def preview(self, long_side):
        small = Toy(self.photo.height * long_side // 80, long_side)
        self.small = small
        return small

    def colorize(self, guidance=None, dials=Dials()):
        guidance = (guidance or Guidance()).checked(self.photo.size)
        self.asked.append((guidance, dials))
        color = Image.new("RGB", self.photo.size, guidance.hints[-1].color if guidance.hints else "#808080")
        influence = torch.full((len(guidance.hints), 3, 4), 1 / len(guidance.hints)) if guidance.hints else None
        return SimpleNamespace(
            rgb=torch.from_numpy(np.array(color)).permute(2, 0, 1), influence=influence, to_pil=lambda: color
        )

    def suggest_colors(self, x, y):
        self.places.append((x, y))
        return [SimpleNamespace(color="#aa5500", share=0.75, name="brown")]

    def suggest_click(self, guidance):
        return 60.0, 15.0


def say(widget, *hints, selected=-1, ask=None):
    """What the browser would send."""
    widget.set_state(
        {"value": {"hints": list(hints), "selected": selected, "ask": ask, "revision": widget.value["revision"] + 1}}
    )


def color_of(url):
    """The middle pixel, JPEG's rounding taken away."""
    picture = opened(url).convert("RGB")
    return tuple(round(c / 16) * 16 for c in picture.getpixel((picture.width // 2, picture.height // 4)))


@pytest.fixture
def session():
    return Toy()


@pytest.fixture
def widget(session):
    return hint_widget(session, screen=40, dials=Dials(vividness=0.3))


@pytest.fixture
def form(session):
    return hint_form(session, screen=40)


def test_the_canvas_starts_with_the_photo_in_gray_and_in_colors(widget, session):
    assert opened(widget.src).size == opened(widget.painted).size == (40, 30)
    assert widget.shape == [80, 60]
    assert len(widget.guidance) == 0
    assert session.small.asked == [(Guidance(), Dials(0.3))]
    assert session.asked == []  # the full size is painted when it is asked for


def test_a_click_colors_the_small_copy_and_gives_guidance_in_pixels_of_the_photo(widget, session):
    say(widget, HINT)
    assert widget.guidance == Guidance((Hint(39.5, 14.5, "#ff0000", 8),))
    assert color_of(widget.painted) == (256, 0, 0)
    assert session.small.asked[-1][0] == Guidance((Hint(19.5, 7, "#ff0000", 4),))
    assert widget.message == ""


def test_twenty_clicks_one_message_each_are_twenty_hints(widget):
    clicks = [{**HINT, "x": i / 20} for i in range(20)]
    for n in range(1, 21):
        say(widget, *clicks[:n])
    assert len(widget.guidance) == 20
    say(widget)  # all undone
    assert widget.guidance == Guidance()
    assert color_of(widget.painted) == (128, 128, 128)


def test_the_lasso_arrives(widget):
    say(widget, {**HINT, "lasso": [[0, 0], [1, 0], [1, 1]]})
    assert widget.guidance.hints[0].lasso == ((-0.5, -0.5), (79.5, -0.5), (79.5, 59.5))


def test_the_result_is_the_full_size_and_painted_once(widget, session):
    say(widget, HINT)
    assert widget.result.rgb.shape == (3, 60, 80)
    assert widget.result is widget.result
    assert session.asked == [(widget.guidance, Dials(0.3))]
    before = widget.result
    say(widget, {**HINT, "color": "#0000ff"})
    assert widget.result is not before


def test_choosing_a_hint_shows_where_it_acts_and_paints_nothing(widget, session):
    say(widget, HINT)
    painted, times = widget.painted, len(session.small.asked)
    assert widget.overlay == ""
    say(widget, HINT, selected=0)
    overlay = opened(widget.overlay)
    assert overlay.mode == "RGBA"
    assert overlay.getpixel((3, 3)) == (0, 0, 0, 0)  # it acts everywhere: nothing is darkened
    assert (widget.painted, len(session.small.asked)) == (painted, times)
    say(widget, HINT, selected=5)
    assert widget.overlay == ""


def test_a_brush_stroke_is_shown_as_one(widget):
    say(widget, *[{**HINT, "stroke": 1}] * 2, {**HINT, "stroke": 0}, selected=0)
    two_of_three = opened(widget.overlay).getpixel((3, 3))[3]
    say(widget, *[{**HINT, "stroke": 1}] * 2, {**HINT, "stroke": 0}, selected=2)
    assert opened(widget.overlay).getpixel((3, 3))[3] == pytest.approx(2 * two_of_three, abs=2)


def test_a_question_is_answered_with_colors_at_the_place(widget, session):
    say(widget, ask={"x": 0.5, "y": 0.25})
    assert session.places == [(39.5, 14.5)]
    (suggestion,) = widget.suggestions
    assert suggestion.items() >= {"color": "#aa5500", "share": 0.75, "name": "brown"}.items()
    say(widget)
    assert session.places == [(39.5, 14.5)]


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "hints",
        {"hints": 3},
        {"hints": [None]},
        {"hints": [{**HINT, "color": "ultragreenish"}]},
        {"hints": [{**HINT, "x": float("nan")}]},
        {"hints": [{**HINT, "x": None}]},
        {"hints": [{**HINT, "lasso": [[0, 0], [1, 1]]}]},
        {"hints": [HINT] * 10_000},
        {"hints": [HINT], "palette": "red"},
        {"hints": [HINT], "palette": [1]},
        {"hints": [], "ask": {"x": "left"}},
        {"hints": [], "ask": 3},
        {"hints": [], "ask": {"y": 0.5}},
    ],
)
def test_a_message_that_makes_no_sense_is_one_sentence_and_changes_nothing(widget, value):
    say(widget, HINT)
    painted, guidance = widget.painted, widget.guidance
    widget.set_state({"value": value})
    assert widget.message.endswith(".")
    assert "\n" not in widget.message
    if not (isinstance(value, dict) and "ask" in value):
        assert (widget.painted, widget.guidance) == (painted, guidance)
    widget.value = {"hints": [HINT], "revision": 9}
    assert widget.message == ""


def test_guidance_can_be_given_from_python(widget):
    widget.guidance = Guidance((Hint(39.5, 14.5, "#00ff00", 8, ((0, 0), (9, 0), (0, 9))),))
    assert color_of(widget.painted) == (0, 256, 0)
    (hint,) = widget.load["hints"]
    assert (hint["x"], hint["y"], hint["color"], hint["size"]) == (0.5, 0.25, "#00ff00", 8)
    assert len(hint["lasso"]) == 3
    assert widget.load["n"] == 1
    assert widget.value["hints"] == widget.load["hints"]  # what a canvas that is shown only now begins with
    say(widget, *widget.load["hints"])  # the browser says what it has now
    assert len(widget.guidance) == 1
    widget.guidance = Guidance()
    assert widget.load == {"hints": [], "n": 2}


def test_a_mask_from_python_stays_under_the_clicks(widget):
    strokes = torch.zeros(4, 60, 80, dtype=torch.uint8)
    strokes[:, 5:20, 5:20] = 255
    widget.guidance = Guidance(strokes=strokes)
    say(widget, HINT)
    assert len(widget.guidance.hints) == 1
    assert widget.guidance.strokes is strokes
    widget.clear()
    assert widget.guidance.strokes is None


def test_clear_empties_canvas_and_guidance(widget):
    say(widget, HINT, selected=0)
    widget.clear()
    assert len(widget.guidance) == 0
    assert widget.overlay == ""
    assert widget.load["hints"] == []
    assert color_of(widget.painted) == (128, 128, 128)


def test_the_palette_of_the_canvas_reaches_the_session(widget, session):
    widget.value = {**widget.value, "palette": ["#112233"]}
    assert session.small.asked[-1][1].palette == ("#112233",)
    assert widget.result
    assert session.asked[-1][1].palette == ("#112233",)
    widget.guidance = Guidance((Hint(1, 1, "red"),))
    assert session.small.asked[-1][1].palette == ("#112233",)


def test_the_place_to_try_next_is_marked(widget):
    widget.suggest_click()
    assert widget.mark == {"x": 60.5 / 80, "y": 15.5 / 60, "n": 1}, "the middle of the pixel"
    widget.suggest_click()
    assert widget.mark["n"] == 2


def test_the_canvas_is_one_module_without_imports(widget):
    script = str(widget._esm)
    assert script.count("export function mount(") == script.count("export default {") == 1
    assert "\nimport " not in script


def set_and_add(form, x, y, color="#0000ff", size=5):
    form.x.value, form.y.value, form.color.value, form.size.value = x, y, color, size
    form.add.click()


def test_the_form_adds_undoes_and_clears(form):
    start = form.image.value
    set_and_add(form, 10, 20)
    assert form.guidance == Guidance((Hint(10, 20, "#0000ff", 5),))
    assert form.image.value != start
    set_and_add(form, 70, 50, "#00ff00")
    assert [hint.color for hint in form.guidance.hints] == ["#0000ff", "#00ff00"]
    assert form.result.rgb[:, 0, 0].tolist() == [0, 255, 0]
    form.undo.click()
    assert form.guidance == Guidance((Hint(10, 20, "#0000ff", 5),))
    form.clear.click()
    form.undo.click()  # nothing left: nothing happens
    assert form.guidance == Guidance()
    assert form.message.value == ""


def test_the_sliders_reach_every_pixel_and_show_the_place(form):
    assert (form.x.max, form.y.max) == (79, 59)
    before = form.image.value
    form.x.value = 3
    assert form.image.value != before


def test_the_form_says_in_one_sentence_what_cannot_be(form):
    form.color.value = "chartreuse"  # a name the browser knows, and so do we
    form.add.click()
    assert len(form.guidance) == 1
    form.guidance = Guidance((Hint(1, 1, "red"),) * 2000)
    form.add.click()
    assert "2,001 hints" in form.message.value
    assert len(form.guidance) == 2000
    form.undo.click()
    assert form.message.value == ""


PAGE = """
<!doctype html><style>%s</style><div id="cell" style="width: 1000px"></div><script type="module">
  const module = await import("data:text/javascript;charset=utf-8;base64,%s");
  const state = %s, listeners = {};
  window.model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => window.said(JSON.stringify(state.value)),
    on: (event, fn) => { (listeners[event] ??= []).push(fn); },
    off: (event, fn) => { listeners[event] = (listeners[event] ?? []).filter((each) => each !== fn); },
  };
  window.hear = (name, value) => { state[name] = value; for (const fn of listeners["change:" + name] ?? []) fn(); };
  window.listening = () => Object.values(listeners).flat().length;
  window.stop = module.default.render({ model, el: document.querySelector("#cell") });
</script>
"""
SYNCED = ("src", "shape", "painted", "overlay", "suggestions", "load", "epoch", "mark", "message", "value")


class Cell:
    """A notebook's cell: a page that shows a widget, and the messages between them."""

    def __init__(self, page, widget):
        self.page, self.widget = page, widget
        self.errors, self.messages = [], []
        page.on("pageerror", lambda error: self.errors.append(error))
        page.expose_function("said", self._said)
        state = json.dumps({name: getattr(widget, name) for name in SYNCED})
        page.set_content(PAGE % (widget._css, base64.b64encode(widget._esm.encode()).decode(), state))
        page.wait_for_selector(".hue:not([hidden])")
        self.canvas = page.locator(".work canvas")

    def _said(self, value):
        self.messages.append(json.loads(value))

    def until(self, true):
        for _ in range(200):
            if true():
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"It does not happen; the browser said {self.messages[-1:]}.")

    def deliver(self):
        """What the browser said last goes to Python, whose answer goes to the browser, as a kernel does it."""
        before = {name: getattr(self.widget, name) for name in SYNCED}
        self.widget.set_state({"value": self.messages[-1]})
        for name in SYNCED[:-1]:
            if getattr(self.widget, name) != before[name]:
                self.page.evaluate("([name, value]) => window.hear(name, value)", [name, getattr(self.widget, name)])


@pytest.fixture
def cell(chromium, widget):
    context = chromium.new_context(viewport={"width": 1100, "height": 1000})
    yield lambda: Cell(context.new_page(), widget)
    context.close()


@pytest.mark.browser
def test_a_click_in_a_notebook_arrives_and_takes_the_likeliest_color(cell):
    cell = cell()
    cell.until(lambda: cell.messages)  # the canvas says that it is empty
    box = cell.canvas.bounding_box()
    cell.canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
    cell.until(lambda: cell.messages[-1]["hints"])
    cell.deliver()
    (hint,) = cell.widget.guidance.hints
    assert (hint.x, hint.y) == pytest.approx((39.5, 14.5), abs=1)
    cell.until(lambda: cell.messages[-1]["hints"][0]["color"] == "#aa5500")
    cell.deliver()
    assert cell.widget.guidance.hints[0].color == "#aa5500"
    cell.page.evaluate("window.hear('message', '<b>One</b> sentence.')")
    assert cell.page.locator("#cell > p[role=status]").inner_text() == "<b>One</b> sentence."
    assert not cell.errors


@pytest.mark.browser
def test_a_canvas_that_is_shown_later_keeps_the_hints(cell, widget):
    widget.guidance = Guidance((Hint(39.5, 14.5, "#00ff00", 8, ((0, 0), (9, 0), (0, 9))),))
    cell = cell()
    cell.until(lambda: cell.messages)
    assert len(cell.messages[0]["hints"]) == 1
    cell.deliver()
    assert widget.guidance.hints[0].color == "#00ff00"
    assert len(widget.guidance.hints[0].lasso) == 3
    cell.page.get_by_role("button", name="Remove all hints").click()
    cell.until(lambda: not cell.messages[-1]["hints"])
    cell.deliver()
    assert widget.guidance == Guidance()
    cell.page.evaluate("window.stop()")
    assert cell.page.evaluate("window.listening()") == 0
    assert not cell.errors
