"""The panel *Show me alternatives*, alike in all tabs that have it: many colorings of the photo that lies there, drawn
while one looks on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any, Protocol

import gradio as gr

from demos.desks.alternatives_desk import Alternatives, Draw
from demos.desks.desk import Shop
from demos.desks.visits import Visit
from demos.gate.door import number
from demos.parts.choices import choices
from demos.parts.talk import FAILURES, HEAVY, QUICK, Gone, Hosted, Updates, answered, notice
from demos.words.i18n import t, tr
from toolkit.guidance import Guidance
from toolkit.models.base import MOST_STEPS, STRONGEST, Dials
from toolkit.photo import Photo
from toolkit.photo.pictures import data_url, to_pil
from toolkit.pipeline import Cancelled

NUMBERS = (4, 6, 8)  # of pictures in a row
Given = tuple[Guidance, Dials]  # hints in pixels of the photo, and how the picture is looked at


class HasAlternatives(Protocol):
    """A desk of the tab around the panel."""

    photo: Photo
    alternatives: Alternatives | None  # made when first asked for


class AlternativesPanel:
    """A button and what it opens. `parts` change with every answer; which picture was chosen the tab hears from
    `choices`.
    """

    def __init__(
        self,
        host: Hosted[Any],
        errors: gr.HTML,
        shop: Shop,
        prefix: str,
        read: Callable[..., Given] = lambda desk: (Guidance(), Dials()),
    ) -> None:
        """Adds its components where it is called.

        errors: the tab's notice. prefix: of the elem_ids. read(desk, *values of what `listen` was given): what samples
        respect; may raise ValueError.
        """
        # what `answered` asks a tab for
        self.host, self.shop, self.visits, self.failed = host, shop, host.visits, host.failed
        self.notice = errors
        self.read = read
        self.device = shop.device
        self.model = next((card.name for card in shop.models if card.draws), None)
        self.show = gr.Button(
            t("Show me alternatives"), visible=self.model is not None, elem_id=f"{prefix}-alternatives"
        )
        with gr.Column(visible=False, elem_classes="alternatives", elem_id=f"{prefix}-others") as self.panel:
            gr.Markdown(
                t("Nobody knows the true colors. Here are several that fit the photo; choose one to take it."),
                elem_classes="small",
            )
            self.choices = choices(waiting=NUMBERS[1], cell=170, elem_id=f"{prefix}-gallery")
            self.status = gr.HTML(elem_classes="small", elem_id=f"{prefix}-drawing")
            with gr.Row():
                self.more = gr.Button(t("Draw others"), variant="primary", min_width=120, elem_id=f"{prefix}-draw")
                self.stop = gr.Button(t("Stop"), visible=False, min_width=120, elem_id=f"{prefix}-stop")
                self.close = gr.Button(t("Close"), min_width=120, elem_id=f"{prefix}-close")
            with gr.Row():
                with gr.Column(min_width=280, visible=False) as self.beside:
                    self.map = gr.HTML(elem_id=f"{prefix}-map")
                with gr.Column(min_width=280):
                    self._layout_dials(prefix)
        self.parts = [self.show, self.panel, self.choices, self.status, self.more, self.stop, self.beside, self.map]

    def _layout_dials(self, prefix: str) -> None:
        self.n = gr.Radio(NUMBERS, value=NUMBERS[1], label=t("How many"), elem_id=f"{prefix}-count")
        self.variety = gr.Slider(
            0, 1, value=Dials.vividness, step=0.05, label=t("Variety"), buttons=[], elem_id=f"{prefix}-variety",
            info=t("How far they may go from the safest colors; at 0 they are all alike. Costs nothing."),
        )  # fmt: skip
        self.steps = gr.Slider(
            1, 25, value=Dials.steps, step=1, label=t("Steps"), buttons=[], elem_id=f"{prefix}-steps",
            info=t("Number of drawing steps: more is cleaner; twice as many take twice as long."),
        )  # fmt: skip
        self.strength = gr.Slider(
            1, 4, value=Dials.strength, step=0.25, label=t("Guidance"), buttons=[], elem_id=f"{prefix}-guidance",
            info=t("Above 1, the photo and your hints decide more and chance less; takes twice as long."),
        )  # fmt: skip

    def listen(self, given: Sequence[gr.components.Component] = ()) -> None:
        """given: whose values `read` gets."""
        model = HEAVY | {"show_progress": "hidden"}
        parts = [*self.parts, self.notice]
        for button, begin in ((self.show, self.open), (self.more, self.ask)):
            button.click(begin, self.n, parts, **QUICK).then(
                self.draw, [self.n, self.variety, self.steps, self.strength, *given], parts, **model
            )
        self.stop.click(self.halt, None, parts, **QUICK)
        self.close.click(self.shut, None, parts, **QUICK)

    @answered()
    def open(self, n: int, request: gr.Request) -> Updates:
        """The panel as it was left; where nothing was drawn yet, that is asked for."""
        _, desk = self._at(request)
        if desk.alternatives is not None and desk.alternatives.drawn:
            return self.closed(False) | self._state(desk.alternatives, request)
        return self._ask(desk, n, request)

    @answered()
    def ask(self, n: int, request: gr.Request) -> Updates:
        """Places for the pictures to come, which are drawn once the model is free."""
        return self._ask(self._at(request)[1], n, request)

    def _ask(self, desk: HasAlternatives, n: Any, request: gr.Request) -> Updates:
        if self.model is None:
            raise Gone
        if desk.alternatives is None:
            desk.alternatives = Alternatives(desk.photo, self.model, self.device)
        desk.alternatives.ask()
        return self.closed(False) | self._state(
            desk.alternatives, request, "Waiting for the model …", to_come=int(number(n, 1, NUMBERS[-1])), fresh=True
        )

    @answered(heavy=True)
    def draw(
        self, request: gr.Request, n: int, variety: float, steps: int, strength: float, *given: Any
    ) -> Iterator[Updates]:
        """The pictures, one by one, each while it takes shape."""
        visit, desk = self._at(request)
        turn, found = visit.turn, desk.alternatives
        if found is None or not found.begin():
            yield {self.notice: gr.update()}
            return
        wrong, said = None, "Choose one to take it."
        try:
            n, steps = int(number(n, 1, NUMBERS[-1])), int(number(steps, 1, MOST_STEPS))
            variety, strength = number(variety, 0, 1), number(strength, 0, STRONGEST)
            guidance, dials = self.read(desk, *given)
            wish = Draw(replace(dials, vividness=variety, steps=steps, strength=strength), guidance)
            yield self._state(found, request, "Looking at the photo …", to_come=n, fresh=True)
            for news in found.draw(n, wish, lambda: visit.turn == turn and visit.desk is desk):
                if isinstance(news, tuple):
                    yield {self.choices: gr.update(forming=data_url(to_pil(news[1])))}
                elif len(found.drawn) < n:
                    yield self._state(found, request, "Drawing …", to_come=n - len(found.drawn))
        except Cancelled:
            said = "Stopped."
        except FAILURES as error:
            wrong, said = tr(str(error), request), ""
        finally:
            found.busy = False
        if visit.desk is desk and not found.waits:  # else the page shows something newer
            yield self._state(found, request, said) | {self.notice: notice(wrong)}

    @answered()
    def halt(self, request: gr.Request) -> Updates:
        """No more of them; the one at hand is given up within a step."""
        if self.host.empty(request) or (desk := self._at(request)[1]).alternatives is None:
            return {self.notice: gr.update()}
        waited = desk.alternatives.waits
        desk.alternatives.stop()
        if waited:
            return self._state(desk.alternatives, request, "Stopped.")
        return {self.status: _said("Stopping …", request)} if desk.alternatives.busy else {self.notice: gr.update()}

    @answered()
    def shut(self, request: gr.Request) -> Updates:
        """Out of the way; nothing is drawn unseen."""
        if not self.host.empty(request) and (found := self._at(request)[1].alternatives) is not None:
            found.stop()
        return self.closed()

    def _at(self, request: gr.Request) -> tuple[Visit[Any], HasAlternatives]:
        return self.host.at(request)

    def closed(self, closed: bool = True) -> Updates:
        """The page before the button is pressed, or after it."""
        return {
            self.show: gr.update(visible=closed and self.model is not None),
            self.panel: gr.update(visible=not closed),
        }

    def marked(self, desk: HasAlternatives, request: gr.Request) -> Updates:
        """The gallery where only what is chosen has changed."""
        return {} if desk.alternatives is None else {self.choices: _gallery(desk.alternatives, request)}

    def _state(
        self, found: Alternatives, request: gr.Request, said: str = "", *, to_come: int = 0, fresh: bool = False
    ) -> Updates:
        """Everything in the panel. to_come: places for pictures; 0: nothing is being drawn. fresh: those that are there
        give way.
        """
        doubt = "" if fresh else found.doubt()
        return {
            self.choices: _gallery(found, request, to_come, fresh), self.status: _said(said, request),
            self.more: gr.update(visible=not to_come), self.stop: gr.update(visible=to_come > 0),
            self.beside: gr.update(visible=bool(doubt)), self.map: _figure(doubt, request),
        }  # fmt: skip


def _gallery(found: Alternatives, request: gr.Request, to_come: int = 0, fresh: bool = False) -> dict[str, Any]:
    """Says everything anew: a gr.HTML that is hidden keeps only what an update names."""
    items = []
    for drawn in [] if fresh else found.drawn:
        title = tr("Take this one: {label}", request, label=tr("number {n}", request, n=drawn.number))
        items.append({"src": drawn.picture, "label": f"{drawn.number}", "title": title})
    return gr.update(items=items, waiting=to_come, chosen=-1 if fresh else found.chosen, forming="")


def _said(sentence: str, request: gr.Request) -> str:
    return f'<p role="status">{escape(tr(sentence, request))}</p>'


def _figure(source: str, request: gr.Request) -> str:
    words = escape(tr("Where they disagree: the redder a place, the more its colors differ.", request))
    return f'<figure class="doubt"><img src="{source}" alt=""><figcaption class="small">{words}</figcaption></figure>'
