"""The tab *Text prompt*: say what should have which color, see how it was understood."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr

from demos.desks.desk import Shop
from demos.desks.prompt_desk import WORDS, PromptDesk, as_table, examples, in_language, only_parts
from demos.desks.samples import sample_at
from demos.gate.door import uploaded
from demos.parts.chooser import no_example, photo_chooser
from demos.parts.handing import handed_over
from demos.parts.prompt_sheet import prompt_sheet
from demos.parts.talk import FAILURES, HEAVY, PROGRESS, QUICK, SAVE, Hosted, Updates, answered, live, notice, watch
from demos.parts.theme import MARK
from demos.tabs.clicks import Clicks
from demos.words.i18n import both, language, t, tr
from toolkit.photo import open_photo
from toolkit.photo.pictures import data_url

WELCOME = f"""<div class="welcome">{MARK}<strong>{both("Say it in words")}</strong>
<p>{
    both(
        "“Make the dress red and the sky light blue”, in English or Korean. Add a photograph, write, "
        "and see what was understood."
    )
}</p></div>"""
SHOW = (
    "() => { document.querySelector('#prompt-sheet')?.scrollIntoView({block: 'nearest', behavior: 'smooth'}); "
    "return []; }"
)
NUMBERS = count(1)  # of photos: an answer that comes late is not taken for one about the next
SAYS = {  # what the sheet itself says
    "label": "What should have which color?",
    "placeholder": "the dress red, the sky light blue, everything else as it is",
    "go": "Color it",
    "undo": "Undo the last prompt",
    "redo": "Redo",
    "things": "In this photo",
    "examples": "For example",
    "completions": "Words that fit",
    "suggested": "Words that fit: {n}; choose one with the arrow keys.",
    "before": "The photo before",
    "after": "The photo in the colors that were asked for",
    "before_after": "Share of the photo before that is shown, from the left",
    "compare": "Drag across the picture to compare it with the photo before.",
    "read": "What was understood",
    "phrase": "Words",
    "found": "Found",
    "color": "Color",
    "instead": "Write this word instead",
    "look": "Show where it was found",
    "help": "Choose words to see where they were found: the brighter, the surer; the line goes around what was "
    "colored.",
    "empty": "These are the automatic colors. What you write replaces them where it says so.",
    "working": "Working …",
    "done": "Done; rows in the table: {n}.",
    "nothing": "There are no words yet; write what should have which color, or choose an example.",
}
UNREAD = "None of these words could be understood; name a thing and a color, like “the sky blue”."
ONLY_PARTS = (
    "The other colors are kept, so wishes for the whole picture change nothing; switch “Keep the other "
    "colors” off for them."
)
NO_HINTS = "There are no hints to send; write first what should have which color."


class Prompts(Hosted[PromptDesk]):
    """Components and handlers of the tab. A handler returns what changes, by component."""

    title, place = "Text prompt", 30

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Column() as self.chooser:
            self.photo, self.samples = photo_chooser("prompt", WELCOME)
        self.notice = gr.HTML(visible=False, elem_id="prompt-notice")
        self.sheet = prompt_sheet("prompt-sheet")
        with gr.Row(visible=False) as self.desk:
            self._layout_desk()
        self.credit = gr.Markdown(visible=False, elem_classes="small", elem_id="prompt-credit")
        self.file = gr.DownloadButton(visible="hidden")  # carries the finished file to the browser
        self._listen(demo)

    def _layout_desk(self) -> None:
        with gr.Column(min_width=280):
            self.keep = gr.Checkbox(
                value=True,
                label=t("Keep the other colors"),
                info=t("Only what you name changes"),
                visible=False,
                elem_id="prompt-keep",
            )
        with gr.Column(min_width=280):
            self.to_clicks = gr.Button(t("Send to click hints"), visible=False, elem_id="prompt-send")
            self.another = gr.Button(t("Another photo"), elem_id="prompt-another")
        with gr.Column(min_width=280):
            self.full = gr.Button(t("Download"), variant="primary", elem_id="prompt-download")

    def _listen(self, demo: gr.Blocks) -> None:
        now_live = live("prompts")
        page = [
            self.chooser,
            self.notice,
            self.sheet,
            self.desk,
            self.photo,
            self.samples,
            self.credit,
            self.full,
            self.keep,
        ]
        for event, start, source in (
            (self.photo.upload, self.start, self.photo),
            (self.samples.choose, self.start_sample, self.samples),  # an event of its script
        ):
            event(self.interrupt, None, None, **QUICK).then(
                start, source, page, show_progress_on=self.photo, trigger_mode="always_last", **HEAVY
            ).then(None, None, None, js=SHOW)
        # an event of its script, with every prompt
        self.sheet.ask(self.answer, [self.sheet, self.keep], [self.sheet, self.notice], **now_live)
        self.keep.input(self.change_keep, [self.sheet, self.keep], [self.sheet, self.notice], **now_live)
        self.another.click(lambda: gr.update(visible=True), None, self.chooser, **QUICK).then(
            no_example, None, self.samples, **QUICK
        )
        made = self.full.click(
            self.save_photo, [self.sheet, self.keep], [self.file, self.notice], show_progress_on=self.full, **HEAVY
        )
        made.success(None, self.file, None, js=SAVE)
        demo.unload(self.leave)

    def connect(self, clicks: Clicks, tabs: gr.Tabs, tab: str) -> None:
        """Let what words became be gone on with in the tab where one clicks. tab: its id among the tabs."""
        self.onward = clicks, tabs, tab
        self.to_clicks.visible = True
        outputs = [self.notice, tabs, clicks.vividness, clicks.saturation, *clicks.page]
        self.to_clicks.click(self.send, [self.sheet, self.keep], outputs, show_progress="hidden", **HEAVY)

    @answered(heavy=True)
    def send(self, value: Any, keep: bool, request: gr.Request) -> Updates:
        """What words became as hints, and the page turned to them."""
        clicks, tabs, tab = self.onward
        there, guidance, look = self.at(request)[1].to_hints(_prompt(value), keep)
        if not guidance.hints:
            return {self.notice: notice(tr(NO_HINTS, request))}
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
        for updates in self._start(lambda: uploaded(upload), request, progress):
            yield {self.credit: gr.update(visible=False)} | updates

    @answered(begins=True, heavy=True)
    def start_sample(self, index: int, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """An example photo, with whom to thank for it."""
        sample = sample_at(index)
        for updates in self._start(lambda: sample.path, request, progress):
            yield {self.credit: gr.update(value=tr(sample.credit, request), visible=True)} | updates

    def _start(self, find: Callable[[], Path], request: gr.Request, progress: gr.Progress) -> Iterator[Updates]:
        visit = self.visits.arrive(request.session_hash)
        turn = visit.turn
        try:
            desk = PromptDesk(open_photo(find()), self.shop.models[0].name, self.shop.device, next(NUMBERS))
            visit.put(desk)
            width, height = desk.photo.size
            yield {
                self.chooser: gr.update(visible=False),
                self.notice: gr.update(visible=False),
                self.desk: gr.update(visible=True),
                self.photo: None,
                self.samples: no_example(),
                self.keep: gr.update(value=True, visible=desk.colored),
                self.full: gr.update(value=tr("Download PNG, {width} × {height}", request, width=width, height=height)),
                self.sheet: gr.update(
                    photo={
                        "n": desk.number,
                        "shape": [width, height],
                        "words": {key: tr(text, request) for key, text in SAYS.items()},
                    },
                    before=desk.before(True),
                    offers={},
                    answer={},
                ),
            }
            shown = desk.ask("", True, watch(progress, visit, turn, request))
            things, tongue = desk.things(), language(request)
            if visit.turn == turn:
                offers = {
                    "things": [in_language(thing, tongue) for thing in things],
                    "words": WORDS[tongue],
                    "examples": examples(things, tongue),
                }
                answer = {"photo": desk.number, "revision": 0, "painted": data_url(shown.result.to_pil()), "rows": []}
                yield {self.sheet: gr.update(offers=offers, answer=answer)}
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

    @answered()
    def answer(self, value: Any, keep: bool, request: gr.Request) -> Updates:
        """A prompt: its picture and how it was read, or what is wrong with it."""
        _, desk = self.at(request)
        number = value.get("photo") if isinstance(value, dict) else None
        if number != desk.number:
            return gr.skip()  # about the last photo
        heard = {"photo": number, "revision": value.get("revision")}
        try:
            shown = desk.ask(_prompt(value), keep)
        except FAILURES as error:
            return {self.sheet: gr.update(answer=heard | {"message": tr(str(error), request), "ok": False})}
        unread = bool(shown.prompt) and not shown.parsed.wishes
        message = UNREAD if unread else ONLY_PARTS if only_parts(shown) else ""
        heard |= {
            "painted": data_url(shown.result.to_pil()),
            "rows": as_table(shown),
            "message": tr(message, request),
            "ok": not unread,
        }
        return {self.sheet: gr.update(answer=heard), self.notice: gr.update(visible=False)}

    @answered()
    def change_keep(self, value: Any, keep: bool, request: gr.Request) -> Updates:
        """The other colors of a color photo are kept, or made anew."""
        updates = self.answer(value, keep, request)
        if self.sheet in updates:
            updates[self.sheet]["before"] = self.at(request)[1].before(keep)
        return updates

    @answered(heavy=True)
    def save_photo(
        self, value: Any, keep: bool, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """The full size as PNG, made when asked for."""
        visit, desk = self.at(request)
        report = watch(progress, visit, visit.turn, request)

        def write(desk: PromptDesk, path: Path) -> Path:
            return desk.finish(_prompt(value), keep, report).save(path)

        yield from handed_over(desk, "color.png", write, self.file, self.notice)


def _prompt(value: Any) -> str:
    prompt = value.get("prompt") if isinstance(value, dict) else None
    if not isinstance(prompt, str):
        raise ValueError("The page sent no prompt; reload it.")
    return prompt


TAB = Prompts
