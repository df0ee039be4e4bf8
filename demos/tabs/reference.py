"""The tab *Reference*: color a photo like another one or with a few colors, or change one thing of a color photo."""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demos.desks.desk import Shop
from demos.desks.reference_desk import ReferenceDesk, Shown, lenders
from demos.desks.reference_wish import ReferenceDials, Wish
from demos.desks.samples import sample_at, samples
from demos.gate.door import uploaded
from demos.parts.chooser import example_photos, no_example, photo_input
from demos.parts.handing import handed_over
from demos.parts.reference_sheet import SAYS, reference_sheet
from demos.parts.talk import (
    FAILURES,
    HEAVY,
    PROGRESS,
    QUICK,
    SAVE,
    Given,
    Hosted,
    Updates,
    answered,
    live,
    notice,
    watch,
)
from demos.parts.theme import MARK
from demos.tabs.clicks import Clicks
from demos.words.i18n import both, t, tr
from toolkit.photo import SUFFIXES, open_photo
from toolkit.photo.pictures import data_url

WELCOME = f"""<div class="welcome">{MARK}<strong>{both("Color it like another photo")}</strong>
<p>{
    both(
        "Skin from skin, sky from sky: give a photo, and one whose colors it shall have. Or choose a "
        "few colors, or change one thing."
    )
}</p></div>"""
SHOW = (
    "() => { document.querySelector('#reference-sheet')?.scrollIntoView({block: 'nearest', behavior: 'smooth'}); "
    "return []; }"
)
BUSY = "(...all) => { document.querySelector('#reference-sheet .lend')?.setAttribute('aria-busy', true); return all; }"
# a photo and a reference that show at once what this is
PAIR = ("historical-portrait-man.jpg", "portrait-grace-hopper.jpg")
PLAINLY = ReferenceDials(weight=0.8)  # for them
NUMBERS = count(1)  # of photos and references: the sheet notices what it is told by a new number


class References(Hosted[ReferenceDesk]):
    """Components and handlers of the tab. A handler returns what changes, by component."""

    title, place = "Reference", 40

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Column() as self.chooser:
            self._layout_chooser()
        self.notice = gr.HTML(visible=False, elem_id="reference-notice")
        self.sheet = reference_sheet("reference-sheet")
        self.upload = gr.UploadButton(
            visible="hidden", type="filepath", file_types=list(SUFFIXES), elem_id="reference-upload"
        )
        with gr.Row(visible=False) as self.desk:
            self._layout_desk()
        self.credit = gr.Markdown(visible=False, elem_classes="small", elem_id="reference-credit")
        self.file = gr.DownloadButton(visible="hidden")  # carries the finished file to the browser
        self._listen(demo)

    def _layout_chooser(self) -> None:
        with gr.Row(elem_classes="board"):
            with gr.Column(min_width=0, elem_classes="at-photo"):
                self.photo, self.samples = photo_input("reference-photo"), example_photos("reference-samples")
            with gr.Column(min_width=0, elem_classes="at-result"):
                gr.HTML(WELCOME)
                self.pair = gr.Button(t("Show me an example"), elem_id="reference-pair")

    def _layout_desk(self) -> None:
        plain: dict[str, Any] = {"step": 0.05, "buttons": []}
        with gr.Column(min_width=280, visible=False) as self.lively:
            self.weight = gr.Slider(
                0,
                1,
                value=ReferenceDials.weight,
                label=t("Weight of the reference"),
                info=t("From none of it to all of it"),
                elem_id="reference-weight",
                **plain,
            )
            self.vividness = gr.Slider(
                0,
                1,
                value=ReferenceDials.vividness,
                label=t("Vividness"),
                info=t("From safe to lively"),
                elem_id="reference-vividness",
                **plain,
            )
        with gr.Column(min_width=280, visible=False) as self.tinted:
            self.saturation = gr.Slider(
                0,
                2,
                value=ReferenceDials.saturation,
                label=t("Saturation"),
                info=t("From gray to twice as much"),
                elem_id="reference-saturation",
                **plain,
            )
            self.warmth = gr.Slider(
                -1,
                1,
                value=ReferenceDials.warmth,
                label=t("Warmth"),
                info=t("From cool to warm"),
                elem_id="reference-warmth",
                **plain,
            )
        with gr.Column(min_width=280):
            self.full = gr.Button(t("Download"), variant="primary", elem_id="reference-download")
            with gr.Row():
                self.to_clicks = gr.Button(
                    t("Send to click hints"), visible=False, min_width=120, elem_id="reference-send"
                )
                self.another = gr.Button(t("Another photo"), min_width=120, elem_id="reference-another")

    def _listen(self, demo: gr.Blocks) -> None:
        now_live = live("references")
        self.dials = dials = [self.weight, self.vividness, self.saturation, self.warmth]
        now: set[Block] = {self.sheet, *dials}
        shown = [self.sheet, self.notice, self.lively, self.tinted, self.weight, self.vividness]
        page = [
            *shown,
            self.saturation,
            self.warmth,
            self.chooser,
            self.desk,
            self.photo,
            self.samples,
            self.credit,
            self.full,
        ]
        for event, start, source in (
            (self.photo.upload, self.start, self.photo),
            (self.samples.choose, self.start_sample, self.samples),  # an event of its script
            (self.pair.click, self.start_pair, None),
        ):
            event(self.interrupt, None, None, **QUICK).then(
                start, source, page, show_progress_on=self.photo, trigger_mode="always_last", **HEAVY
            ).then(None, None, None, js=SHOW)
        self.sheet.ask(self.answer, now, shown, **now_live)  # an event of its script, with every wish
        gr.on([dial.input for dial in dials], self.answer, now, shown, js=BUSY, **now_live)
        self.upload.upload(self.lend, self.upload, [self.sheet, self.notice], show_progress_on=self.sheet, **HEAVY)
        self.another.click(lambda: gr.update(visible=True), None, self.chooser, **QUICK).then(
            no_example, None, self.samples, **QUICK
        )
        made = self.full.click(self.save_photo, now, [self.file, self.notice], show_progress_on=self.full, **HEAVY)
        made.success(None, self.file, None, js=SAVE)
        demo.unload(self.leave)

    def connect(self, clicks: Clicks, tabs: gr.Tabs, tab: str) -> None:
        """Let the colors be gone on with in the tab where one clicks. tab: its id among the tabs."""
        self.onward = clicks, tabs, tab
        self.to_clicks.visible = True
        outputs = [self.notice, tabs, clicks.vividness, clicks.saturation, *clicks.page]
        self.to_clicks.click(self.send, {self.sheet, *self.dials}, outputs, show_progress="hidden", **HEAVY)

    @answered(heavy=True)
    def send(self, given: Given, request: gr.Request) -> Updates:
        """The colors as hints, and the page turned to them."""
        clicks, tabs, tab = self.onward
        there, guidance, look = self.at(request)[1].to_hints(*self._asked(given))
        return {self.notice: gr.update(visible=False), tabs: gr.update(selected=tab)} | clicks.receive(
            there, guidance, look, request
        )

    @answered(begins=True, heavy=True)
    def start(
        self, upload: dict[str, Any] | None, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """A new photo: show it, color it.

        upload: the file object as it came, for Gradio's own preprocessing says nothing but "Error" to what is no
        picture.
        """
        for updates in self._start(lambda: uploaded(upload), (), ReferenceDials(), request, progress):
            yield {self.credit: gr.update(visible=False)} | updates

    @answered(begins=True, heavy=True)
    def start_sample(self, index: int, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """An example photo, with whom to thank for it."""
        sample = sample_at(index)
        for updates in self._start(lambda: sample.path, (), ReferenceDials(), request, progress):
            yield {self.credit: gr.update(value=tr(sample.credit, request), visible=True)} | updates

    @answered(begins=True, heavy=True)
    def start_pair(self, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """An example photo in the colors of another."""
        at = {sample.path.name: i for i, sample in enumerate(samples())}
        photo, reference = (samples()[at[name]] for name in PAIR)
        credit = "\n\n".join(tr(sample.credit, request) for sample in (photo, reference))
        for updates in self._start(lambda: photo.path, (f"s{at[PAIR[1]]}",), PLAINLY, request, progress):
            yield {self.credit: gr.update(value=credit, visible=True)} | updates

    def _start(
        self,
        find: Callable[[], Path],
        names: tuple[str, ...],
        dials: ReferenceDials,
        request: gr.Request,
        progress: gr.Progress,
    ) -> Iterator[Updates]:
        visit = self.visits.arrive(request.session_hash)
        turn = visit.turn
        try:
            desk = ReferenceDesk(open_photo(find()), self.shop.models[0].name, self.shop.device, next(NUMBERS))
            visit.put(desk)
            width, height = desk.photo.size
            takes = [{"name": name, "source": [], "target": []} for name in names]
            wish = Wish.read({"mode": "reference", "takes": takes, "colors": [], "changes": []})
            yield {
                self.chooser: gr.update(visible=False),
                self.notice: gr.update(visible=False),
                self.desk: gr.update(visible=True),
                self.photo: None,
                self.samples: no_example(),
                self.full: gr.update(value=tr("Download PNG, {width} × {height}", request, width=width, height=height)),
                self.sheet: gr.update(photo=self._photo(desk, takes, request), lent={}, answer={}),
                **dict(zip(self.dials, astuple(dials), strict=True)),
            }
            yield self._turned(desk, wish)
            shown = desk.ask(wish, dials, watch(progress, visit, turn, request))
            if visit.turn == turn:
                yield {self.sheet: gr.update(answer=self._answer(desk, shown, wish, {}, request))}
        except FAILURES as error:
            visit.put(None)
            yield {
                self.chooser: gr.update(visible=True),
                self.notice: notice(tr(str(error), request)),
                self.desk: gr.update(visible=False),
                self.photo: None,
                self.samples: no_example(),
                self.sheet: gr.update(photo={}),
            }

    def _photo(self, desk: ReferenceDesk, takes: list[dict[str, Any]], request: gr.Request) -> dict[str, Any]:
        return {
            "n": desk.number, "shape": list(desk.photo.size), "takes": takes,
            "gray": desk.before("reference"), "own": desk.before("recolor") if desk.colored else "",
            "lenders": [lender | {"title": tr(lender["title"], request)} for lender in lenders()],
            "words": {key: tr(text, request) for key, text in SAYS.items()},
        }  # fmt: skip

    @answered(heavy=True)
    def lend(self, upload: dict[str, Any] | None, request: gr.Request) -> Updates:
        """A reference of the visitor's own: looked at once."""
        _, desk = self.at(request)
        name = desk.lend(open_photo(uploaded(upload)))
        lent = {"n": next(NUMBERS), "name": name, "picture": desk.describe(name)}
        return {self.sheet: gr.update(lent=lent), self.notice: gr.update(visible=False)}

    @answered()
    def answer(self, given: Given, request: gr.Request) -> Updates:
        """A wish, or a dial: its picture, or what is wrong with it."""
        value = given[self.sheet]
        asked = value.get("photo") if isinstance(value, dict) else None
        if self.empty(request) or not asked:
            return {self.notice: gr.update()}
        _, desk = self.at(request)
        if asked not in (desk.number, 0):
            return gr.skip()  # about the last photo
        wish, revision = Wish(), value.get("revision")
        try:
            wish, dials = self._asked(given)
            before = desk.shown
            shown = desk.ask(wish, dials)
            answer = self._answer(desk, shown, wish, value, request, painted=shown is not before)
        except FAILURES as error:
            wrong = {"photo": desk.number, "revision": revision, "message": tr(str(error), request), "ok": False}
            return {self.sheet: gr.update(answer=wrong)} | self._turned(desk, wish)
        return {self.sheet: gr.update(answer=answer), self.notice: gr.update(visible=False)} | self._turned(desk, wish)

    def _asked(self, given: Given) -> tuple[Wish, ReferenceDials]:
        """What the page asks for, checked. Raises ValueError."""
        return Wish.read(given[self.sheet]), ReferenceDials.read(*(given[dial] for dial in self.dials))

    def _answer(
        self,
        desk: ReferenceDesk,
        shown: Shown,
        wish: Wish,
        value: dict[str, Any],
        request: gr.Request,
        painted: bool = True,
    ) -> dict[str, Any]:
        known = value.get("known")
        names = {lent.name for lent in wish.takes} - {str(name) for name in (known if isinstance(known, list) else ())}
        answer = {
            "photo": desk.number,
            "revision": value.get("revision", 0),
            "points": desk.points(),
            "reach": desk.reach() if wish.reach else "",
            "heat": desk.where_from(wish.at) if wish.at else [],
            "pictures": {name: desk.describe(name) for name in names},
            "message": " ".join(tr(note, request) for note in shown.notes),
        }
        return answer | ({"painted": data_url(shown.result.to_pil())} if painted else {})

    def _turned(self, desk: ReferenceDesk, wish: Wish) -> Updates:
        """The dials that mean something now, where that has changed."""
        lends = (
            bool(wish.takes)
            if wish.mode == "reference"
            else wish.mode == "recolor" and any(change.lent for change in wish.changes)
        )
        lively, tinted = wish.mode != "recolor", wish.mode == "palette"
        seen = {self.lively: lends or lively, self.weight: lends, self.vividness: lively, self.tinted: tinted}
        before, desk.dials = desk.dials, tuple(seen.values())
        return {} if desk.dials == before else {part: gr.update(visible=visible) for part, visible in seen.items()}

    @answered(heavy=True)
    def save_photo(self, given: Given, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """The full size as PNG, made when asked for."""
        visit, desk = self.at(request)
        report = watch(progress, visit, visit.turn, request)

        def write(desk: ReferenceDesk, path: Path) -> Path:
            return desk.finish(*self._asked(given), report).save(path)

        yield from handed_over(desk, "color.png", write, self.file, self.notice)


TAB = References
