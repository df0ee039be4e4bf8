"""Several photos at once: progress, stop, one zip; a bad file costs one sentence and not the others."""

import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from demos.desks.desk import Shop
from demos.gate import temporary
from demos.gate.door import all_uploaded, number, one_of
from demos.parts.talk import FAILURES, LONG, PROGRESS, QUICK, Hosted, Updates, answered
from demos.words.i18n import t, tr
from toolkit.models.base import Dials
from toolkit.pipeline import Cancelled, Progress, Session

MOST = 100  # photos in one go; a queue is shared with others


class Batch(Hosted[None]):
    """The section for several photos; vividness and model are those of the page around it."""

    def __init__(self, demo: gr.Blocks, shop: Shop, vividness: gr.Slider, model: gr.Dropdown) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Accordion(t("Several photos at once"), open=False):
            gr.Markdown(
                t(
                    f"Up to {MOST} photos, each in its full size, together in one zip. The vividness is the one set "
                    "above."
                ),
                elem_classes="small",
            )
            self.files = gr.Files(label=t("Photos"), height=180)
            with gr.Row():
                self.go = gr.Button(t("Color all"), variant="primary", min_width=120)
                self.stop = gr.Button(t("Stop"), visible=False, min_width=120)
            self.notice = gr.HTML(visible=False, elem_id="batch-notice")
            self.report = gr.HTML(elem_classes="small", elem_id="batch-report")
            self.zip = gr.DownloadButton(str(t("Download zip")), visible=False, variant="primary", elem_id="batch-zip")
        self.go.click(
            self.run, [self.files, vividness, model], [self.go, self.stop, self.report, self.zip, self.notice],
            show_progress_on=self.report, **LONG,
        )  # fmt: skip
        self.stop.click(self.halt, None, [self.report, self.notice], **QUICK)
        demo.unload(self.leave)

    @answered(begins=True)
    def run(
        self, uploads: Any, vividness: float, model: str, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Updates]:
        """Color one after the other; what was done before a stop is kept."""
        paths = all_uploaded(uploads)
        if not paths:
            yield {self.report: _list(tr("Add some photos first.", request), [])}
            return
        visit = self.visits.arrive(request.session_hash)
        turn = visit.interrupt()
        failed: list[str] = []
        done = 0
        with temporary.place() as folder:
            target = folder / "huepoint.zip"
            with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not get smaller
                for i, path in enumerate(paths[:MOST]):
                    yield {
                        self.go: gr.update(interactive=False),
                        self.stop: gr.update(visible=True),
                        self.zip: gr.update(visible=False),
                        self.report: _list(tr("Photo {i} of {n} …", request, i=i + 1, n=min(len(paths), MOST)), failed),
                    }
                    try:
                        step = _step(progress, request, i, len(paths), lambda: visit.turn == turn)
                        done += self._one(path, archive, number(vividness, 0, 1), one_of(model, self.shop.names), step)
                    except Cancelled:
                        break
                    except FAILURES as error:
                        failed.append(_sentence(tr(str(error), request), path.name))
            said = [tr("{done} of {n} photos colored.", request, done=done, n=len(paths))]
            said += [tr("Stopped.", request)] if visit.turn != turn else []
            said += [tr("Only the first {most} were taken.", request, most=MOST)] if len(paths) > MOST else []
            yield {
                self.go: gr.update(interactive=True),
                self.stop: gr.update(visible=False),
                self.report: _list(" ".join(said), failed),
                self.zip: gr.update(value=str(target) if done else None, visible=bool(done)),
            }

    def _one(self, path: Path, archive: zipfile.ZipFile, vividness: float, model: str, progress: Progress) -> int:
        """One photo into the archive; returns 1."""
        with self.shop.turns.mine():  # others have theirs between two photos
            result = Session(path, model, device=self.shop.device).colorize(
                dials=Dials(vividness=vividness), progress=progress
            )
        with temporary.place() as folder:
            archive.write(result.save(folder / "color.png"), _free(f"{path.stem}-color.png", archive.namelist()))
        return 1

    @answered()
    def halt(self, request: gr.Request) -> Updates:
        """Ask the running batch to end; it does so within a strip of the photo at hand."""
        self.interrupt(request)
        return {self.report: _list(tr("Stopping …", request), [])}


def _step(progress: gr.Progress, request: gr.Request, index: int, count: int, current: Any) -> Progress:
    def report(done: int, of: int, what: str) -> bool:
        progress(
            (index + done / of) / count, desc=tr("Photo {i} of {n}: {what}", request, i=index + 1, n=count, what=what)
        )
        return bool(current())

    return report


def _free(name: str, taken: list[str]) -> str:
    """`name`, or `name-2`, `name-3`... where two photos are called alike."""
    stem, suffix = name.rsplit(".", 1)
    number = 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}.{suffix}"
    return name


def _sentence(text: str, name: str) -> str:
    return text if name in text else f"{name}: {text}"


def _list(headline: str, failed: list[str]) -> str:
    """Names of files come from people: everything is escaped."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in failed)
    return f"<p>{escape(headline)}</p>" + (f"<ul>{items}</ul>" if items else "")
