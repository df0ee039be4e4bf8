"""The tab *Click hints*: click on a thing, give it a color, see the whole photo follow."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr

from demos.desks.desk import Shop
from demos.desks.hint_desk import HintDesk
from demos.desks.samples import sample_at
from demos.gate.door import number, uploaded
from demos.parts.canvas import hint_canvas
from demos.parts.chooser import no_example, photo_chooser
from demos.parts.handing import handed_over
from demos.parts.talk import FAILURES, HEAVY, PROGRESS, QUICK, SAVE, Hosted, Updates, answered, live, notice, watch
from demos.parts.theme import MARK
from demos.tabs.alternatives import AlternativesPanel, Given
from demos.words.i18n import both, t, tr
from toolkit.guidance import Guidance
from toolkit.models.base import Dials
from toolkit.photo import open_photo
from toolkit.photo.pictures import data_url
from toolkit.pipeline import Result

WELCOME = f"""<div class="welcome">{MARK}<strong>{both("You say what was green")}</strong>
<p>{
    both(
        "Add a photograph and click a thing in it: a coat, a wall, the sky. Choose among its likely "
        "colors; the whole of it follows."
    )
}</p></div>"""
SHOW = (
    "() => { document.querySelector('#hint-canvas')?.scrollIntoView({block: 'nearest', behavior: 'smooth'}); return "
    "[]; }"
)
NUMBERS = count(1)  # the canvas notices what it is told by a new number


class Clicks(Hosted[HintDesk]):
    """Components and handlers of the tab. A handler returns what changes, by component."""

    title, place = "Click hints", 20

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Column() as self.chooser:
            self.photo, self.samples = photo_chooser("hint", WELCOME)
        self.notice = gr.HTML(visible=False, elem_id="hint-notice")
        self.canvas = hint_canvas("hint-canvas")
        with gr.Row(visible=False, elem_classes="hint-desk") as self.desk:
            self._layout_desk()
        with gr.Column(visible=False) as self.others:
            self.alternatives = AlternativesPanel(self, self.notice, shop, "hint", self.read)
        self.file = gr.DownloadButton(visible="hidden")  # carries the finished file to the browser
        self._listen(demo)

    def _layout_desk(self) -> None:
        with gr.Column(min_width=280):
            self.vividness = gr.Slider(
                0,
                1,
                value=0.5,
                step=0.05,
                label=t("Vividness"),
                info=t("From safe to lively"),
                buttons=[],
                elem_id="hint-vividness",
            )
            self.saturation = gr.Slider(
                0,
                2,
                value=1,
                step=0.05,
                label=t("Saturation"),
                info=t("Of what you have not hinted"),
                buttons=[],
                elem_id="hint-saturation",
            )
        with gr.Column(min_width=280):
            self.suggest = gr.Button(t("Suggest a click"), elem_id="hint-suggest")
            self.influence = gr.Checkbox(
                label=t("Show how far the selected hint reaches"), container=False, elem_id="hint-reach"
            )
            self.unmask = gr.Button(t("Remove the loaded mask"), visible=False, elem_id="hint-unmask")
            self.credit = gr.Markdown(visible=False, elem_classes="small", elem_id="hint-credit")
        with gr.Column(min_width=280):
            self.full = gr.Button(t("Download"), variant="primary", elem_id="hint-download")
            with gr.Row():
                self.save_json = gr.Button(t("Save hints"), min_width=90, elem_id="hint-save")
                self.save_png = gr.Button(t("As a mask"), min_width=90, elem_id="hint-mask")
                self.load = gr.UploadButton(str(t("Load hints")), type="filepath", min_width=90, elem_id="hint-load")
            self.another = gr.Button(t("Another photo"), elem_id="hint-another")

    def _listen(self, demo: gr.Blocks) -> None:
        now_live = live("clicks")
        now = [self.canvas, self.vividness, self.saturation, self.influence]
        self.page = page = [
            self.chooser,
            self.notice,
            self.canvas,
            self.desk,
            self.photo,
            self.samples,
            self.credit,
            self.full,
            self.unmask,
            self.others,
            *self.alternatives.parts,
        ]
        for event, start, source in (
            (self.photo.upload, self.start, self.photo),
            (self.samples.choose, self.start_sample, self.samples),  # an event of its script
        ):
            event(self.interrupt, None, None, **QUICK).then(
                start, [source, self.vividness, self.saturation], page,
                show_progress_on=self.photo, trigger_mode="always_last", **HEAVY,
            ).then(None, None, None, js=SHOW)  # fmt: skip
        # an event of its script, with every change of the hints
        self.canvas.hint(self.answer, now, [self.canvas, self.notice], **now_live)
        gr.on(
            [self.vividness.input, self.saturation.input, self.influence.input],
            self.answer,
            now,
            [self.canvas, self.notice],
            **now_live,
        )
        self.suggest.click(self.suggest_click, None, [self.canvas, self.notice], **now_live)
        self.load.upload(self.load_hints, [self.load, *now], [self.canvas, self.notice, self.unmask], **now_live)
        self.unmask.click(self.remove_mask, now, [self.canvas, self.notice, self.unmask], **now_live)
        self.another.click(lambda: gr.update(visible=True), None, self.chooser, **QUICK).then(
            no_example, None, self.samples, **QUICK
        )
        self.alternatives.listen([self.canvas, self.saturation])
        self.alternatives.choices.choose(  # an event of its script
            self.take,
            [self.alternatives.choices, self.canvas],
            [self.canvas, self.notice, self.alternatives.choices],
            **now_live,
        ).then(None, None, None, js=SHOW)
        for button, save, needs in (
            (self.full, self.save_photo, now[:3]),
            (self.save_json, self.save_hints, now[:1]),
            (self.save_png, self.save_mask, now[:1]),
        ):
            made = button.click(save, needs, [self.file, self.notice], show_progress_on=button, **HEAVY)
            made.success(None, self.file, None, js=SAVE)
        demo.unload(self.leave)

    @answered(begins=True, heavy=True)
    def start(
        self,
        upload: dict[str, Any] | None,
        vividness: float,
        saturation: float,
        request: gr.Request,
        progress: gr.Progress = PROGRESS,
    ) -> Iterator[Updates]:
        """A new photo: show it, color it.

        upload: the file object as it came, for Gradio's own preprocessing says nothing but "Error" to what is no
        picture.
        """
        for updates in self._start(lambda: uploaded(upload), vividness, saturation, request, progress):
            yield {self.credit: gr.update(visible=False)} | updates

    @answered(begins=True, heavy=True)
    def start_sample(
        self, index: int, vividness: float, saturation: float, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """An example photo, with whom to thank for it."""
        sample = sample_at(index)
        for updates in self._start(lambda: sample.path, vividness, saturation, request, progress):
            yield {self.credit: gr.update(value=tr(sample.credit, request), visible=True)} | updates

    def _start(
        self, find: Callable[[], Path], vividness: Any, saturation: Any, request: gr.Request, progress: gr.Progress
    ) -> Iterator[Updates]:
        visit = self.visits.arrive(request.session_hash)
        turn = visit.turn
        try:
            look = Dials(number(vividness, 0, 1), number(saturation, 0, 2))
            desk = HintDesk(open_photo(find()), self.shop.models[0].name, self.shop.device)
            visit.put(desk)
            yield self._shown(desk, request)
            result = desk.paint(desk.guidance, look, watch(progress, visit, turn, request))
            if visit.turn == turn:
                yield {self.canvas: gr.update(painted=_url(result))}
        except FAILURES as error:
            visit.put(None)
            yield {
                self.chooser: gr.update(visible=True),
                self.notice: notice(tr(str(error), request)),
                self.desk: gr.update(visible=False),
                self.others: gr.update(visible=False),
                self.photo: None,
                self.samples: no_example(),
                self.canvas: gr.update(src=""),
            }

    def receive(self, desk: HintDesk, guidance: Guidance, look: Dials, request: gr.Request) -> Updates:
        """A photo and hints from another tab, to go on with here. Where it lies here already, its hints give way, and
        undo brings them back.
        """
        visit = self.visits.arrive(request.session_hash)
        visit.interrupt()
        hints = guidance.to_canvas(desk.photo.size)
        dials = {
            self.vividness: look.vividness,
            self.saturation: look.saturation,
            self.notice: gr.update(visible=False),
        }
        if visit.desk is not None and visit.desk.session is desk.session:
            return dials | {self.canvas: gr.update(load={"hints": hints, "n": next(NUMBERS)})}
        desk.waiting = hints
        visit.put(desk)
        shown = self._shown(desk, request)
        # of a component whose tab was never open, Gradio keeps only what it is told last
        shown[self.canvas]["module"] = self.canvas.props["module"]
        return dials | shown | {self.credit: gr.update(visible=False)}

    def _shown(self, desk: HintDesk, request: gr.Request) -> Updates:
        """A new photo, not colored yet."""
        width, height = desk.photo.size
        return {
            self.chooser: gr.update(visible=False),
            self.notice: gr.update(visible=False),
            self.desk: gr.update(visible=True),
            self.photo: None,
            self.samples: no_example(),
            self.unmask: gr.update(visible=False),
            self.others: gr.update(visible=True),
            self.full: gr.update(value=tr("Download PNG, {width} × {height}", request, width=width, height=height)),
            self.canvas: gr.update(
                src=f"{desk.before}#{next(NUMBERS)}", shape=[width, height], painted="", overlay="", suggestions=[]
            ),
        } | self.alternatives.closed()

    @answered()
    def answer(self, value: Any, vividness: float, saturation: float, reach: bool, request: gr.Request) -> Updates:
        """Hints or dials have changed: the picture, the colors of the place at hand, where the selected hint acts."""
        if self.empty(request):
            return {self.notice: gr.update()}
        _, desk = self.at(request)
        return self._answer(desk, value, vividness, saturation, reach, request)

    def _answer(
        self, desk: HintDesk, value: Any, vividness: float, saturation: float, reach: bool, request: gr.Request
    ) -> Updates:
        if desk.waiting:  # the canvas has the photo now, so it can take them, and answers with them
            hints, desk.waiting = desk.waiting, []
            return {self.canvas: gr.update(load={"hints": hints, "n": next(NUMBERS)})}
        before = desk.shown
        result = desk.paint(*desk.read(value, vividness, saturation))
        news: dict[str, Any] = {"overlay": desk.reach(value) if reach else ""}
        colors = desk.suggestions(value.get("ask"))
        if result is not before:
            news["painted"] = _url(result)
        if colors is not None:
            news["suggestions"] = [color | {"name": tr(color["name"], request)} for color in colors]
        return {self.canvas: gr.update(**news), self.notice: gr.update(visible=False)}

    def read(self, desk: HintDesk, value: Any, saturation: float) -> Given:
        """What alternatives respect: the hints of a hand, and the look. Raises GuidanceError, ValueError."""
        return desk.read(desk.own(value), Dials.vividness, saturation)

    @answered()
    def take(self, index: int, value: Any, request: gr.Request) -> Updates:
        """An alternative was chosen: its colors become hints beside those of a hand; undo takes them back."""
        _, desk = self.at(request)
        hints = desk.add_alternative(index, value)
        load = gr.update(load={"hints": hints, "n": next(NUMBERS)})
        return {self.canvas: load, self.notice: gr.update(visible=False)} | self.alternatives.marked(desk, request)

    @answered()
    def suggest_click(self, request: gr.Request) -> Updates:
        """Mark the place where one more hint would tell most."""
        _, desk = self.at(request)
        return {self.canvas: gr.update(mark=desk.next_click() | {"n": next(NUMBERS)})}

    @answered()
    def load_hints(
        self,
        upload: dict[str, Any] | None,
        value: Any,
        vividness: float,
        saturation: float,
        reach: bool,
        request: gr.Request,
    ) -> Updates:
        """Hints from a file replace those in the canvas; a mask lies under them."""
        _, desk = self.at(request)
        hints = desk.open(uploaded(upload))
        if hints is not None:  # the canvas answers with them
            return {
                self.canvas: gr.update(load={"hints": hints, "n": next(NUMBERS)}),
                self.notice: gr.update(visible=False),
            }
        return self._answer(desk, value, vividness, saturation, reach, request) | {self.unmask: gr.update(visible=True)}

    @answered()
    def remove_mask(self, value: Any, vividness: float, saturation: float, reach: bool, request: gr.Request) -> Updates:
        """Only the hints in the canvas count again."""
        _, desk = self.at(request)
        desk.mask = None
        return self._answer(desk, value, vividness, saturation, reach, request) | {
            self.unmask: gr.update(visible=False)
        }

    @answered(heavy=True)
    def save_photo(
        self, value: Any, vividness: float, saturation: float, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """The full size as PNG, made when asked for."""
        visit, _ = self.at(request)
        report = watch(progress, visit, visit.turn, request)
        yield from self._save(
            "color.png",
            request,
            lambda desk, path: desk.finish(*desk.read(value, vividness, saturation), report).save(path),
        )

    @answered()
    def save_hints(self, value: Any, request: gr.Request) -> Iterator[Updates]:
        """The hints as JSON."""
        yield from self._save("hints.json", request, lambda desk, path: desk.save(value, path))

    @answered()
    def save_mask(self, value: Any, request: gr.Request) -> Iterator[Updates]:
        """The hints painted on a transparent PNG."""
        yield from self._save("hints.png", request, lambda desk, path: desk.save(value, path))

    def _save(self, what: str, request: gr.Request, write: Callable[[HintDesk, Path], Path]) -> Iterator[Updates]:
        yield from handed_over(self.at(request)[1], what, write, self.file, self.notice)


def _url(result: Result) -> str:
    return data_url(result.to_pil())


TAB = Clicks
