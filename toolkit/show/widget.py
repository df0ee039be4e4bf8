"""Color hints in a notebook: each click on the photo colors it again.

    widget = hint_widget(Session("grandma.jpg"))
    widget                       # the cell's last line shows it
    widget.result.save("grandma-color.png")

Two ways to the same `guidance` and `result`: `hint_widget` is the canvas of the app (canvas.js, through anywidget:
Jupyter, Colab, VS Code), `hint_form` has only sliders and buttons, for places that allow no scripts of their own. Both
paint a small copy for the screen; the full size is painted when `result` is asked for. The only module that imports
ipywidgets.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets
from PIL import ImageDraw
from torch import Tensor

from toolkit.guidance import Guidance, GuidanceError, Hint
from toolkit.models.base import Dials
from toolkit.photo.pictures import data_url, jpeg, to_pil
from toolkit.photo.places import to_share
from toolkit.show import canvas

if TYPE_CHECKING:
    from toolkit.pipeline import Result, Session

SCREEN = 640  # px, long side of the copy that is shown: the states of all widgets are saved with a notebook
ADAPTER = Path(__file__).with_name("widget.js").read_text(encoding="utf-8")


class Easel:
    """A photo, colored under the present guidance; both widgets use it."""

    def __init__(self, session: "Session", screen: int = SCREEN, dials: Dials = Dials()) -> None:
        """screen: px, long side of what is shown. Encodes the photo and colors it."""
        self.session, self.dials = session, dials
        self.small = session.preview(screen)
        self.guidance = Guidance()
        self.shown: Result = self.small.colorize(dials=dials)
        self._result: Result | None = None

    def use(self, guidance: Guidance, palette: Sequence[str] | None = None) -> None:
        """Color again, unless nothing has changed. guidance: in pixels of the full photo; palette: None keeps it.
        Raises ValueError.
        """
        guidance = guidance.checked(self.session.photo.size)
        dials = self.dials if palette is None else replace(self.dials, palette=tuple(palette))
        if (guidance, dials) != (self.guidance, self.dials) or guidance.strokes is not self.guidance.strokes:
            small = guidance.scaled(self.session.photo.size, self.small.photo.size)
            self.shown = self.small.colorize(small, dials)
            self.guidance, self.dials, self._result = guidance, dials, None

    @property
    def result(self) -> "Result":
        """The photo at full size under the present guidance, painted when first asked for."""
        if self._result is None:
            self._result = self.session.colorize(self.guidance, self.dials)
        return self._result

    def influence(self, indices: Sequence[int]) -> Tensor | None:
        """Where some hints act together: (h, w) in [0, 1]; None for none."""
        maps = self.shown.influence
        return None if maps is None or not indices else maps[list(indices)].sum(0).clamp(0, 1)


class Pictured:
    """A widget that shows its picture where a notebook is only read, and no script runs."""

    easel: Easel

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # of the widget that comes next
        data, about = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "image/jpeg": jpeg(self.easel.shown.to_pil())}, about


class HintWidget(Pictured, anywidget.AnyWidget):
    """The canvas. The browser owns the list of hints and sends all of it each time, so that no quick click is lost."""

    _esm = canvas.script() + ADAPTER
    _css = canvas.style()
    # Python speaks
    src = traitlets.Unicode("").tag(sync=True)  # data URL of the gray photo
    shape = traitlets.List([1, 1]).tag(sync=True)  # its width and height in px, of the full size
    painted = traitlets.Unicode("").tag(sync=True)  # data URL of the photo in colors
    overlay = traitlets.Unicode("").tag(sync=True)  # data URL of where the selected hint acts
    # [{color, share, name}] for the point that was asked for
    suggestions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    load = traitlets.Dict().tag(sync=True)  # {hints, n}: hints that replace the browser's
    epoch = traitlets.Int(0).tag(sync=True)  # changed: clear
    mark = traitlets.Any(None).tag(sync=True)  # {x, y, n}: a place to try next
    message = traitlets.Unicode("").tag(sync=True)
    # the browser speaks: {hints: [{x, y, color, size, lasso}], selected, ask: {x, y} or None, palette, revision},
    # places in 0..1 of the photo
    value = traitlets.Any({"hints": [], "selected": -1, "ask": None, "palette": [], "revision": 0}).tag(sync=True)

    def __init__(self, easel: Easel) -> None:
        self.easel = easel
        gray, painted = data_url(to_pil(easel.small.photo.gray())), data_url(easel.shown.to_pil())
        super().__init__(src=gray, shape=list(easel.session.photo.size), painted=painted)
        self.value = {**self.value, "palette": list(easel.dials.palette)}
        self.observe(self._answer, "value")

    @property
    def guidance(self) -> Guidance:
        """The hints, in pixels of the full photo; setting it replaces what the canvas shows. Raises GuidanceError."""
        return self.easel.guidance

    @guidance.setter
    def guidance(self, guidance: Guidance) -> None:
        self.easel.use(guidance)
        hints = self.easel.guidance.to_canvas(self.easel.session.photo.size)
        self.unobserve(self._answer, "value")  # these are our own words
        self.value = {**self.value, "hints": hints, "selected": -1}
        self.observe(self._answer, "value")
        self.load = {"hints": hints, "n": self.load.get("n", 0) + 1}
        self.painted, self.overlay, self.message = data_url(self.easel.shown.to_pil()), "", ""

    @property
    def result(self) -> "Result":
        """The photo at full size under the present guidance."""
        return self.easel.result

    def clear(self) -> None:
        """Remove all hints."""
        self.guidance = Guidance()

    def suggest_click(self) -> None:
        """Mark the place where one more hint would help most."""
        photo = self.easel.session.photo
        x, y = to_share(self.easel.session.suggest_click(self.guidance), photo.size)
        self.mark = {"x": x, "y": y, "n": (self.mark or {"n": 0})["n"] + 1}

    def _answer(self, change: dict[str, Any]) -> None:
        value, before = change["new"], self.easel.shown
        try:
            mask = Guidance(strokes=self.easel.guidance.strokes)  # of it the canvas knows nothing
            guidance = Guidance.from_canvas(value, self.easel.session.photo.size) + mask
            self.easel.use(guidance, _colors(value.get("palette")))
            reach = self.easel.influence(canvas.selected_hints(value))
            suggestions = self._suggest(value["ask"]) if value.get("ask") else []
        except ValueError as error:  # GuidanceError is one
            self.message = str(error)
            return
        with self.hold_sync():  # one message, so that picture and map change together
            if self.easel.shown is not before:
                self.painted = data_url(self.easel.shown.to_pil())
            self.overlay = "" if reach is None else data_url(canvas.reached(reach))
            self.suggestions = suggestions
            self.message = ""

    def _suggest(self, ask: Any) -> list[dict[str, Any]]:
        where = {**ask, "color": "gray"} if isinstance(ask, dict) else ask
        here = Guidance.from_canvas({"hints": [where]}, self.easel.session.photo.size).hints[0]
        found = self.easel.session.suggest_colors(here.x, here.y)
        return [{"color": s.color, "share": s.share, "name": s.name, "x": ask["x"], "y": ask["y"]} for s in found]


class HintForm(Pictured, ipywidgets.VBox):
    """Sliders, a color and three buttons: hints without a script of our own."""

    def __init__(self, easel: Easel) -> None:
        self.easel = easel
        width, height = easel.session.photo.size
        self.image = ipywidgets.Image(
            format="jpeg", layout=ipywidgets.Layout(max_width="100%", align_self="flex-start")
        )
        slider = partial(ipywidgets.IntSlider, min=0, layout=ipywidgets.Layout(width="480px"))
        self.x = slider(max=width - 1, value=width // 2, description="x")
        self.y = slider(max=height - 1, value=height // 2, description="y")
        self.size = slider(min=1, max=99, value=9, description="size")
        self.color = ipywidgets.ColorPicker(value="#3a6ea5", description="color")
        self.add, self.undo, self.clear = (ipywidgets.Button(description=word) for word in ("add", "undo", "clear"))
        self.message = ipywidgets.Label()
        super().__init__(
            [
                self.image,
                self.x,
                self.y,
                self.size,
                self.color,
                ipywidgets.HBox([self.add, self.undo, self.clear]),
                self.message,
            ]
        )
        self.add.on_click(
            lambda button: self._use(
                lambda hints: (*hints, Hint(self.x.value, self.y.value, self.color.value, self.size.value))
            )
        )
        self.undo.on_click(lambda button: self._use(lambda hints: hints[:-1]))
        self.clear.on_click(lambda button: self._use(lambda hints: ()))
        for slider in (self.x, self.y):
            slider.observe(lambda change: self._show(), "value")
        self._show()

    @property
    def guidance(self) -> Guidance:
        """The hints, in pixels of the full photo; can be set. Raises GuidanceError."""
        return self.easel.guidance

    @guidance.setter
    def guidance(self, guidance: Guidance) -> None:
        self.easel.use(guidance)
        self._show()

    @property
    def result(self) -> "Result":
        """The photo at full size under the present guidance."""
        return self.easel.result

    def _use(self, change: Callable[[tuple[Hint, ...]], tuple[Hint, ...]]) -> None:
        try:
            self.easel.use(Guidance(change(self.guidance.hints), self.guidance.strokes))
            self.message.value = ""
        except GuidanceError as error:
            self.message.value = str(error)
        self._show()

    def _show(self) -> None:
        """The photo in colors, a ring around every hint, a cross where the next one would be."""
        picture = self.easel.shown.to_pil()
        pen = ImageDraw.Draw(picture)
        scale = picture.width / self.easel.session.photo.width
        for hint in self.guidance.hints:
            x, y = hint.x * scale, hint.y * scale
            pen.ellipse((x - 6, y - 6, x + 6, y + 6), fill=hint.color, outline="white", width=2)
        x, y = self.x.value * scale, self.y.value * scale
        for line in ((x - 9, y, x + 9, y), (x, y - 9, x, y + 9)):
            pen.line(line, fill="black", width=3)
            pen.line(line, fill="white", width=1)
        self.image.value = jpeg(picture)


def hint_widget(session: "Session", *, screen: int = SCREEN, dials: Dials = Dials()) -> HintWidget:
    """The photo as a canvas to click on; every click colors it again.

    screen: px, long side of what is shown.
    `.guidance` are the hints in pixels of the full photo (may be set), `.result` is the full size.
    """
    return HintWidget(Easel(session, screen, dials))


def hint_form(session: "Session", *, screen: int = SCREEN, dials: Dials = Dials()) -> HintForm:
    """The same without a canvas: two sliders for the place, a color, and buttons add, undo, clear."""
    return HintForm(Easel(session, screen, dials))


def _colors(palette: Any) -> list[str] | None:
    """The palette that a canvas sent; one that has none sends nothing, and changes nothing."""
    if palette is None or (isinstance(palette, list) and all(isinstance(color, str) for color in palette)):
        return palette
    raise ValueError("The palette is not a list of colors; reload the page.")
