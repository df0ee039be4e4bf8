"""The tab *Automatic*: drop a photo, see it in color, choose, take it home."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demos.desks import pictures
from demos.desks.desk import Desk, Shop
from demos.desks.samples import sample_at, samples
from demos.gate.door import number, one_of, uploaded
from demos.parts.choices import choices
from demos.parts.chooser import example_photos, photo_input
from demos.parts.handing import handed_over
from demos.parts.talk import FAILURES, HEAVY, PLAIN, PROGRESS, QUICK, SAVE, Hosted, Updates, answered, notice, watch
from demos.parts.theme import MARK
from demos.tabs.alternatives import AlternativesPanel
from demos.tabs.batch import Batch
from demos.tabs.clicks import Clicks
from demos.words.i18n import both, t, tr
from toolkit.models.base import Dials
from toolkit.photo import open_photo
from toolkit.photo.pictures import to_pil
from toolkit.pipeline import Progress
from toolkit.pipeline.advice import CANDIDATES

WELCOME = f"""<div class="welcome">{MARK}<strong>{both("Your photo, in color")}</strong>
<p>{both("Add a black-and-white photograph, or begin with one of the examples.")}</p></div>"""
SHOW = "() => { document.querySelector('#slider')?.scrollIntoView({block: 'nearest', behavior: 'smooth'}); return []; }"


class Automatic(Hosted[Desk]):
    """Components and handlers of the tab. A handler returns what changes, by component."""

    title, place = "Automatic", 10

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Row(elem_classes="board"):  # four places in two columns, or below each other on a phone
            with gr.Column(min_width=0, elem_classes="at-photo"):
                self._layout_photo()
            with gr.Column(min_width=0, elem_classes="at-result"):
                self._layout_result()
            with gr.Column(min_width=0, elem_classes="at-dials"):
                self._layout_dials()
            with gr.Column(min_width=0, elem_classes="at-more", visible=False) as self.more:
                self._layout_more()
        Batch(demo, shop, self.vividness, self.model)
        with gr.Accordion(t("Where the examples come from"), open=False):
            gr.HTML("".join(f"<p>{both(s.credit)}</p>" for s in samples()), elem_classes="small")
        self._listen(demo)

    def _layout_photo(self) -> None:
        self.photo = photo_input("photo")
        self.notice = gr.HTML(visible=False, elem_id="notice")
        self.samples = example_photos("samples")
        self.credit = gr.Markdown(visible=False, elem_classes="small", elem_id="credit")

    def _layout_dials(self) -> None:
        self.vividness = gr.Slider(
            0,
            1,
            value=0.5,
            step=0.05,
            label=t("Vividness"),
            info=t("From safe to lively"),
            buttons=[],
            elem_id="vividness",
        )
        names = [card.name for card in self.shop.models]
        self.model = gr.Dropdown(names, value=names[0], label=t("Model"), visible=len(names) > 1)

    def _layout_result(self) -> None:
        self.welcome = gr.HTML(WELCOME)
        with gr.Column(visible=False) as self.result:
            self.slider = gr.ImageSlider(
                label=str(t("Before and after")),
                show_label=False,
                format="png",
                interactive=False,
                max_height=620,
                buttons=["fullscreen"],
                elem_id="slider",
            )
            with gr.Row():
                self.full = gr.Button(t("Download"), variant="primary", scale=3, min_width=200, elem_id="download")
                self.layer = gr.Button(t("Color layer"), scale=2, min_width=130, elem_id="layer")
            self.to_clicks = gr.Button(t("Go on with click hints"), visible=False, elem_id="to-clicks")
        self.file = gr.DownloadButton(visible="hidden")  # carries the finished file to the browser

    def _layout_more(self) -> None:
        self.about = gr.Markdown(elem_id="about")
        self.unsure = gr.Checkbox(
            label=t("Show where it is unsure: red places could have other colors"), container=False, elem_id="unsure"
        )
        gr.Markdown(t("Or take another proposal"), elem_classes="small")
        self.choices = choices(waiting=len(CANDIDATES), cell=104, elem_id="candidates")
        self.alternatives = AlternativesPanel(self, self.notice, self.shop, "auto")
        gr.Markdown(
            t(
                "Downloads are PNG at full size, with the photo's own lightness. The color layer lies over the "
                "original in an image editor, blend mode Color. Colors are plausible, not a historical record."
            ),
            elem_classes="small",
        )

    def _listen(self, demo: gr.Blocks) -> None:
        shown = [
            self.notice,
            self.welcome,
            self.result,
            self.more,
            self.slider,
            self.about,
            self.unsure,
            self.to_clicks,
        ]
        shown += [self.choices, self.alternatives.choices]
        self.page = page = [
            *shown,
            self.photo,
            self.credit,
            self.samples,
            self.full,
            self.vividness,
            *self.alternatives.parts,
        ]
        dials = [self.model, self.vividness]
        starts = (
            self.photo.upload(self.interrupt, None, None, **QUICK).then(
                self.start,
                [self.photo, *dials],
                page,
                show_progress_on=self.slider,
                trigger_mode="always_last",
                **HEAVY,
            ),
            self.samples.choose(self.interrupt, None, None, **QUICK).then(  # an event of its script
                self.start_sample,
                [self.samples, *dials],
                page,
                show_progress_on=self.slider,
                trigger_mode="always_last",
                **HEAVY,
            ),
            self.model.input(
                self.change_model, dials, page, show_progress_on=self.slider, trigger_mode="always_last", **HEAVY
            ),
        )
        for started in starts:  # proposals wait in a line of their own: the dials answer meanwhile
            started.then(
                self.propose,
                None,
                [self.choices, self.notice],
                js=SHOW,
                show_progress="hidden",
                trigger_mode="always_last",
                concurrency_limit=1,
                **PLAIN,
            )
        self.photo.clear(self.clear, None, page, **QUICK)
        self.vividness.release(
            self.recolor,
            self.vividness,
            shown,
            show_progress="minimal",
            show_progress_on=self.slider,
            trigger_mode="always_last",
            **HEAVY,
        )
        self.choices.choose(  # an event of its script
            self.adopt,
            self.choices,
            [*shown, self.vividness],
            show_progress_on=self.slider,
            trigger_mode="always_last",
            **HEAVY,
        )
        self.alternatives.listen()
        self.alternatives.choices.choose(
            self.alternatives.halt, None, [*self.alternatives.parts, self.notice], **QUICK
        ).then(  # what is wanted now is this one, large
            self.take,
            self.alternatives.choices,
            shown,
            show_progress_on=self.slider,
            trigger_mode="always_last",
            **HEAVY,
        ).then(None, None, None, js=SHOW)
        self.unsure.input(self.look, self.unsure, shown, show_progress="hidden", trigger_mode="always_last", **PLAIN)
        for button, make in ((self.full, self.save_photo), (self.layer, self.save_layer)):
            made = button.click(make, None, [self.file, self.notice], show_progress_on=button, **HEAVY)
            made.success(None, self.file, None, js=SAVE)
        demo.unload(self.leave)

    @answered(begins=True, heavy=True)
    def start(
        self,
        upload: dict[str, Any] | None,
        model: str,
        vividness: float,
        request: gr.Request,
        progress: gr.Progress = PROGRESS,
    ) -> Iterator[Updates]:
        """A new photo: show it, color it.

        upload: the file object as it came, for Gradio's own preprocessing says nothing but "Error" to what is no
        picture.
        """
        for updates in self._start(lambda: uploaded(upload), model, vividness, request, progress):
            yield {self.credit: gr.update(visible=False), self.samples: gr.update(chosen=-1)} | updates

    @answered(begins=True, heavy=True)
    def start_sample(
        self, index: int, model: str, vividness: float, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """An example photo, with whom to thank for it."""
        sample = sample_at(index)
        for updates in self._start(lambda: sample.path, model, vividness, request, progress):
            yield {self.credit: gr.update(value=tr(sample.credit, request), visible=True)} | updates

    def _start(
        self, find: Callable[[], Path], model: str, vividness: float, request: gr.Request, progress: gr.Progress
    ) -> Iterator[Updates]:
        visit = self.visits.arrive(request.session_hash)
        turn = visit.turn
        try:
            vividness, model = number(vividness, 0, 1), one_of(model, self.shop.names)
            desk = Desk(open_photo(find()), model, self.shop.device)
            visit.put(desk)
            width, height = desk.photo.size
            yield self._shown(desk, desk.before) | {
                self.photo: to_pil(desk.preview.rgb),
                self.choices: gr.update(items=[], waiting=len(CANDIDATES), chosen=-1),
                **self.alternatives.closed(),
                self.full: gr.update(value=tr("Download PNG, {width} × {height}", request, width=width, height=height)),
            }
            desk.colorize(vividness, watch(progress, visit, turn, request))
            if visit.turn == turn:
                yield self._colored(desk, request)
        except FAILURES as error:
            visit.put(None)
            yield self._blank(tr(str(error), request))

    @answered(heavy=True)
    def change_model(
        self, model: str, vividness: float, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """The same photo with another model."""
        if self.empty(request):
            yield {self.notice: gr.update(visible=False)}
            return
        self.at(request)[1].use(one_of(model, self.shop.names))
        yield {self.choices: gr.update(items=[], waiting=len(CANDIDATES), chosen=-1)}
        yield self._again(request, lambda desk, watch: desk.colorize(number(vividness, 0, 1), watch), progress)

    @answered(heavy=True)
    def recolor(self, vividness: float, request: gr.Request, progress: gr.Progress = PROGRESS) -> Updates:
        """The dial was turned: decode anew."""
        if self.empty(request):
            return {self.notice: gr.update(visible=False)}
        vividness = number(vividness, 0, 1)
        return self._again(request, lambda desk, watch: desk.colorize(vividness, watch), progress) | {
            self.choices: gr.update(chosen=-1)
        }

    @answered(heavy=True)
    def adopt(self, index: int, request: gr.Request, progress: gr.Progress = PROGRESS) -> Updates:
        """A proposal was chosen: its size and vividness become the page's."""
        _, desk = self.at(request)
        return self._again(request, lambda desk, watch: desk.adopt(index, watch), progress) | {
            self.vividness: desk.vividness
        }

    @answered(heavy=True)
    def take(self, index: int, request: gr.Request, progress: gr.Progress = PROGRESS) -> Updates:
        """An alternative was chosen: it becomes the page's result."""
        return self._again(request, lambda desk, watch: desk.take(index, watch), progress) | {
            self.choices: gr.update(chosen=-1)
        }

    def connect(self, clicks: Clicks, tabs: gr.Tabs, tab: str) -> None:
        """Let an alternative be gone on with in the tab where one clicks. tab: its id among the tabs."""
        self.onward = clicks, tabs, tab
        outputs = [*self.page, tabs, clicks.vividness, clicks.saturation, *clicks.page]
        self.to_clicks.click(self.send, None, outputs, show_progress="hidden", **HEAVY)

    @answered(heavy=True)
    def send(self, request: gr.Request) -> Updates:
        """The colors of an alternative as hints, and the page turned to them."""
        clicks, tabs, tab = self.onward
        there, guidance = self.at(request)[1].to_hints(self.shop.models[0].name)
        return {self.notice: gr.update(visible=False), tabs: gr.update(selected=tab)} | clicks.receive(
            there, guidance, Dials(), request
        )

    def _again(self, request: gr.Request, work: Callable[[Desk, Progress], Any], progress: gr.Progress) -> Updates:
        visit, desk = self.at(request)
        work(desk, watch(progress, visit, visit.turn, request))
        return self._colored(desk, request)

    @answered()
    def propose(self, request: gr.Request) -> Updates:
        """The row of proposals, small."""
        if self.empty(request) or self.at(request)[1].result is None:
            return {self.choices: gr.update(items=[], waiting=0)}
        visit, desk = self.at(request)
        turn = visit.turn
        found = desk.propose(lambda done, of, what: visit.turn == turn)
        items = []
        for candidate in found:
            label = tr(candidate.label, request)
            title = tr("Take this one: {label}", request, label=label)
            items.append(
                {"src": pictures.thumbnail(candidate.result.to_pil(), 256), "label": label.capitalize(), "title": title}
            )
        return {self.choices: gr.update(items=items, waiting=0)}

    @answered()
    def look(self, unsure: bool, request: gr.Request) -> Updates:
        """Colors, or where the model hesitates."""
        _, desk = self.at(request)
        if desk.result is None:
            return {self.notice: gr.update()}
        if unsure:
            return {self.slider: (desk.before, pictures.doubt(desk.preview, desk.session.uncertainty().cpu()))}
        return {self.slider: (desk.before, desk.result.to_pil())}

    @answered(heavy=True)
    def save_photo(self, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """The full size as PNG, made when asked for."""
        yield from self._save("color", request, progress)

    @answered(heavy=True)
    def save_layer(self, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """The color alone."""
        yield from self._save("layer", request, progress)

    def _save(self, what: str, request: gr.Request, progress: gr.Progress) -> Iterator[Updates]:
        visit, desk = self.at(request)
        report = watch(progress, visit, visit.turn, request)

        def write(desk: Desk, path: Path) -> Path:
            result = desk.finish(report)
            return result.save(path) if what == "color" else result.save_layer(path)

        yield from handed_over(desk, f"{what}.png", write, self.file, self.notice)

    @answered()
    def clear(self, request: gr.Request) -> Updates:
        """The photo was taken away."""
        visit = self.visits.find(request.session_hash)
        if visit is not None:
            visit.interrupt()
            visit.put(None)
        return self._blank()

    def _shown(self, desk: Desk, after: Image.Image) -> Updates:
        return {
            self.notice: gr.update(visible=False),
            self.welcome: gr.update(visible=False),
            self.result: gr.update(visible=True),
            self.more: gr.update(visible=True),
            self.slider: (desk.before, after),
            self.about: "",
            self.unsure: False,
            self.to_clicks: gr.update(visible=desk.taken is not None),
        }

    def _colored(self, desk: Desk, request: gr.Request) -> Updates:
        assert desk.result is not None
        return (
            self._shown(desk, desk.result.to_pil())
            | self.alternatives.marked(desk, request)
            | {self.about: " ".join(tr(remark, request) for remark in desk.remarks())}
        )

    def _blank(self, error: str | None = None) -> Updates:
        return {
            self.photo: None,
            self.notice: notice(error),
            self.welcome: gr.update(visible=True),
            self.result: gr.update(visible=False),
            self.more: gr.update(visible=False),
            self.samples: gr.update(chosen=-1),
            self.credit: gr.update(visible=False),
        }


TAB = Automatic
