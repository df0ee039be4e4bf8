"""The tab *Compare*: models side by side on photos whose colors are known; pictures, numbers, a report to take home."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from demos.desks.desk import Shop
from demos.desks.samples import FIRST, samples
from demos.gate import temporary
from demos.gate.door import all_uploaded, number, some_of
from demos.parts.compare_grid import compare_grid, grid_row
from demos.parts.compare_table import STYLE, summary, table
from demos.parts.talk import FAILURES, LONG, PROGRESS, QUICK, Given, Hosted, Updates, answered, notice
from demos.words.i18n import both, t, tr
from toolkit.measure.compare import TRUTH, CompareSetup, Comparison
from toolkit.measure.compare.run import compare_steps
from toolkit.measure.contestants import CLASSICAL
from toolkit.measure.protocols import PROTOCOLS
from toolkit.models.cards import list_models
from toolkit.photo import Photo, PhotoError, open_photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Progress

MOST = 24  # photos in one go; a queue is shared with others
SIZE = 256  # px, short side at which they are compared; with hints their protocol says another
HINTS = (0, 1, 10, 100)
LONGEST = 6  # times its width a photo may be high, or the other way: its short side decides how large it gets
BAR = "mean-color"
METRICS = ("psnr", "ssim", "ciede2000", "colorfulness")

Wanted = Callable[[], bool]  # whether the work is still wanted


class Compare(Hosted[None]):
    """Components and handlers of the tab. Nothing is kept on its desk: what is done is on the page and in the files
    handed over.
    """

    title, place = "Compare", 60

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        gr.Markdown(
            t("Every model gets your photo in gray; what it paints is compared with the true colors."),
            elem_classes="small",
        )
        with gr.Row(elem_classes="board"):
            with gr.Column(min_width=0, elem_classes="at-photo"):
                self._layout_photos()
            with gr.Column(min_width=0, elem_classes="at-result"):
                self._layout_choice()
            with gr.Column(min_width=0, elem_classes="at-dials"):
                self._layout_start()
        self._layout_result()
        self._listen(demo)

    def _layout_photos(self) -> None:
        self.files = gr.Files(label=t("Photos in color"), height=220, elem_id="compare-photos")
        gr.Markdown(
            t(f"Up to {MOST}; they are compared as small copies, {SIZE} pixels on the short side."),
            elem_classes="small",
        )

    def _layout_start(self) -> None:
        self.go = gr.Button(t("Compare"), variant="primary", elem_id="compare-go")
        self.examples = gr.Button(t("Compare on the example photos"), elem_id="compare-examples")
        with gr.Accordion(t("Where the examples come from"), open=False):
            gr.HTML("".join(f"<p>{both(s.credit)}</p>" for s in _examples()), elem_classes="small")

    def _layout_choice(self) -> None:
        names = self.shop.names
        self.zoo_names = zoo = [card.name for card in list_models(zoo=True) if card.zoo and card.name not in names]
        quick = [card.name for card in self.shop.models if not card.draws]
        third = zoo[:1] or [BAR]
        self.models = gr.CheckboxGroup(
            [*names, BAR],
            value=[*quick[:2], *(third if third == [BAR] else [])],
            label=t("Models"),
            elem_id="compare-models",
            info=t("The gray photo is always among them; mean-color is one color everywhere, the true average."),
        )
        self.zoo = gr.CheckboxGroup(
            zoo, value=third if zoo else [], label=t("Teaching zoo"), visible=bool(zoo), elem_id="compare-zoo",
            info=t("Small textbook networks, all trained alike."),
        )  # fmt: skip
        self.hints = gr.Radio(
            HINTS, value=0, label=t("Hints per photo"), elem_id="compare-hints",
            info=t("So many points of the true color are given to each model, at random places."),
        )  # fmt: skip
        self.classical = gr.CheckboxGroup(
            list(CLASSICAL),
            value=list(CLASSICAL)[:1],
            label=t("Classical methods"),
            visible=False,
            elem_id="compare-classical",
            info=t("They have learned nothing: they spread the hints over the photo."),
        )
        self.vividness = gr.Slider(
            0, 1, value=0.5, step=0.05, label=t("Vividness"), buttons=[], elem_id="compare-vividness",
            info=t("From safe to lively, for all models; safe colors score better than they look."),
        )  # fmt: skip

    def _layout_result(self) -> None:
        self.notice = gr.HTML(visible=False, elem_id="compare-notice")
        self.status = gr.HTML(css_template="min-height: 64px;", elem_classes="small", elem_id="compare-status")
        self.stop = gr.Button(t("Stop"), visible=False, elem_id="compare-stop")
        self.grid = compare_grid("compare-grid")
        self.summary = gr.HTML(css_template=STYLE, apply_default_css=False, elem_id="compare-summary")
        with gr.Row(visible=False) as self.downloads:
            self.report = gr.DownloadButton(
                str(t("Download report")), variant="primary", scale=2, min_width=200, elem_id="compare-report"
            )
            self.csv = gr.DownloadButton(str(t("Table as CSV")), min_width=130, elem_id="compare-csv")
            self.markdown = gr.DownloadButton(str(t("Table as Markdown")), min_width=130, elem_id="compare-markdown")

    def _listen(self, demo: gr.Blocks) -> None:
        long = LONG | {"show_progress_on": self.status}
        choice: set[Block] = {self.models, self.zoo, self.classical, self.hints, self.vividness}
        page = [self.notice, self.status, self.stop, self.go, self.examples, self.grid, self.summary, self.downloads]
        page += [self.report, self.csv, self.markdown]
        self.go.click(self.run, {self.files, *choice}, page, **long)
        self.examples.click(self.run_examples, choice, page, **long)
        self.hints.input(self.offer, self.hints, self.classical, **QUICK)
        self.stop.click(self.halt, None, [self.status, self.notice], **QUICK)
        demo.unload(self.leave)

    def offer(self, hints: int) -> Updates:
        """Classical methods where there is something to spread."""
        return {self.classical: gr.update(visible=bool(hints))}

    @answered(begins=True)
    def run(self, given: Given, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """Compare on the visitor's own photos."""
        photos = [(path.name, path) for path in all_uploaded(given[self.files])]
        if not photos:
            yield {self.notice: notice(tr("Add some photos first.", request))}
            return
        yield from self._compare(photos, given, request, progress)

    @answered(begins=True)
    def run_examples(self, given: Given, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """Compare on the examples that have color."""
        photos = [(tr(sample.title, request), sample.path) for sample in _examples()]
        yield from self._compare(photos, given, request, progress)

    def _compare(
        self, photos: Sequence[tuple[str, Path]], given: Given, request: gr.Request, progress: gr.Progress
    ) -> Iterator[Updates]:
        """From the first word to the files; what was done before a stop is kept."""
        visit = self.visits.arrive(request.session_hash)
        turn = visit.interrupt()
        told = [tr("Only the first {most} were taken.", request, most=MOST)] if len(photos) > MOST else []
        last, said, wrong = None, "", None
        rows: list[dict[str, Any]] = []
        yield self._begun(request)
        try:
            hints, vividness = int(number(given[self.hints], 0, HINTS[-1])), number(given[self.vividness], 0, 1)
            models = self._chosen(given, hints)
            setup = CompareSetup(
                hints=(hints,), metrics=METRICS, size=SIZE, vividness=vividness, device=self.shop.device, keep=MOST
            )
            opened = _opened(photos[:MOST], setup, told, lambda: visit.turn == turn, request)
            report = _watch(progress, request, lambda: visit.turn == turn)
            for last in self._in_turns(compare_steps(models, opened, setup=setup, progress=report)) if opened else ():
                rows += _fresh(last, rows, turn, request)
                said = tr("Photos compared: {done} of {n}.", request, done=last.tried(), n=len(opened))
                yield {
                    self.status: _said(said, told),
                    self.grid: gr.update(rows=list(rows)),
                    self.summary: table(last, request),
                }
            if not opened and visit.turn == turn:
                raise ValueError("None of these photos can be compared; add photos in color.")
        except FAILURES as error:
            wrong = tr(str(error), request)
        stopped = tr("Stopped.", request) if visit.turn != turn else ""
        if last is not None:
            yield {self.summary: summary(last, request)}
        yield from self._ended(last, _said(f"{said} {stopped}".strip(), told), wrong)

    def _in_turns(self, steps: Iterator[Comparison]) -> Iterator[Comparison]:
        """Others have the model between two steps."""
        while True:
            with self.shop.turns.mine():
                step = next(steps, None)
            if step is None:
                return
            yield step

    def _chosen(self, given: Given, hints: int) -> list[str]:
        """Names of what is compared. Raises ValueError."""
        offered = some_of(given[self.models], [*self.shop.names, BAR]) + some_of(given[self.zoo], self.zoo_names)
        found = offered + (some_of(given[self.classical], CLASSICAL) if hints else [])
        if not found:
            raise ValueError("No model is chosen; choose one or more.")
        return found

    def _begun(self, request: gr.Request) -> Updates:
        return {
            self.notice: notice(None),
            self.status: _said(tr("Looking at the photos …", request), []),
            self.stop: gr.update(visible=True),
            self.go: gr.update(interactive=False),
            self.examples: gr.update(interactive=False),
            self.grid: gr.update(rows=[]),
            self.summary: "",
            self.downloads: gr.update(visible=False),
        }

    def _ended(self, last: Comparison | None, said: str, wrong: str | None) -> Iterator[Updates]:
        """The page at rest, with the files where there is something to take home."""
        rest: Updates = {
            self.notice: notice(wrong),
            self.status: said,
            self.stop: gr.update(visible=False),
            self.go: gr.update(interactive=True),
            self.examples: gr.update(interactive=True),
        }
        if last is None or not last.tried():
            yield rest
            return
        with temporary.place() as place:  # the app copies the files to its own cache when they are handed over
            page = last.to_html(place / "comparison.html")
            numbers = last.to_csv(place / "comparison.csv")
            text = place / "comparison.md"
            last.to_markdown(text)
            yield rest | {
                self.downloads: gr.update(visible=True),
                self.report: str(page),
                self.csv: str(numbers),
                self.markdown: str(text),
            }

    @answered()
    def halt(self, request: gr.Request) -> Updates:
        """Ask the comparison to end; it does so once the model at hand has painted its photo."""
        self.interrupt(request)
        return {self.status: _said(tr("Stopping …", request), [])}


def _examples() -> list[Any]:
    """Those photographs that have color."""
    return [sample for sample in samples() if sample.path.name not in FIRST]


def _opened(
    photos: Sequence[tuple[str, Path]], setup: CompareSetup, told: list[str], wanted: Wanted, request: gr.Request
) -> list[Photo]:
    """The photos that can be compared; `told` why others cannot. None where they are not wanted any more."""
    opened: list[Photo] = []
    for name, path in photos:
        if not wanted():
            return []
        try:
            opened.append(_small(name, path, setup))
        except PhotoError as error:
            told.append(tr(str(error), request))
    return opened


def _small(name: str, path: Path, setup: CompareSetup) -> Photo:
    """A photo in color at the size at which it is compared. Raises PhotoError."""
    photo = open_photo(path)
    if photo.tone == "gray":
        raise PhotoError(f"{name} has no color to compare with; give one in color.")
    if max(photo.size) > LONGEST * min(photo.size):
        raise PhotoError(f"{name} is too long and narrow to be compared; cut a part out of it.")
    scale = (PROTOCOLS[setup.protocol].side if setup.hinted else setup.size) / min(photo.size)
    small = shrink(photo, (round(photo.height * scale), round(photo.width * scale)))
    return replace(small, name=name)


def _watch(progress: gr.Progress, request: gr.Request, wanted: Wanted) -> Progress:
    def report(done: int, of: int, what: str) -> bool:
        progress(done / of, desc=tr(what, request))
        return wanted()

    return report


def _fresh(comparison: Comparison, rows: Sequence[Any], turn: int, request: gr.Request) -> list[dict[str, Any]]:
    """Rows of the photos that are not on the page yet."""
    names = comparison.names()
    there = sorted(photo for photo, model, _ in comparison.pictures if model == TRUTH and photo in names)
    return [grid_row(comparison, photo, f"{turn}-{photo}", names[photo], request) for photo in there[len(rows) :]]


def _said(headline: str, told: Sequence[str]) -> str:
    """Names of files come from people: everything is escaped."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in told)
    return f'<p role="status">{escape(headline)}</p>' + (f"<ul>{items}</ul>" if items else "")


TAB = Compare
