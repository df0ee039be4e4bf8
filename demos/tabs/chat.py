"""The tab *Chat*: the photo is sent and talked about, as in a messenger. It serves where nobody can click, and is read
out by screen readers.
"""

import shutil
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demos.desks.desk import Shop
from demos.desks.samples import sample_at, samples
from demos.desks.visits import Visit
from demos.gate import temporary
from demos.gate.door import NO_PHOTO, all_uploaded
from demos.parts.choices import choices
from demos.parts.handing import handed_over
from demos.parts.talk import FAILURES, GONE, HEAVY, PROGRESS, QUICK, SAVE, Hosted, Updates, answered, watch
from demos.words.i18n import language, t, tr
from demos.words.translation import Language, translate
from toolkit.photo import SUFFIXES, Photo, open_photo
from toolkit.photo.pictures import to_pil
from toolkit.pipeline import Result
from toolkit.text.conversation import Conversation

SCREEN = 1200  # px, long side of the pictures in the chat
SENT = 480  # px, of the photo as the visitor sees it sent
MOST_LINES = 80  # of a conversation that stay on the page
MOST_PICTURES = 12
MOST_WAITING = 8  # messages without an answer; a hand writes slower than that
LONGEST = 20_000  # characters of a message that are kept
EXAMPLES = ("make the sky light blue", "no, darker", "warmer", "everything else black and white", "undo", "help")
HELLO = (
    "**Talk a photo into color**\n\nSend a photo, then write what should have which color: “make the jacket navy”, "
    "“no, darker”, “now the wall”."
)

Line = dict[str, Any]  # a message as gr.Chatbot takes it


@dataclass(frozen=True)
class Heard:
    """A message that waits for its answer."""

    text: str
    path: Path | None  # of a photo


class ChatDesk:
    """What one visitor has in front of them: the conversation, and what of it is on the page. Its pictures lie in a
    folder of its own, which goes with it.
    """

    def __init__(self, model: str, device: str, language: Language) -> None:
        """Cheap: no model runs yet."""
        self.conversation = Conversation(model, device=device, screen=SCREEN, language=language)
        self.waiting: deque[Heard] = deque()
        self.lines: list[Line] = []
        self._folder = temporary.lasting()
        self._count = 0
        self.close = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def photo(self) -> Photo:
        """What is talked about. Raises ValueError where nothing was sent yet."""
        if self.conversation.session is None:
            raise ValueError(NO_PHOTO)
        return self.conversation.session.photo

    def hear(self, text: str, path: Path | None) -> None:
        """A message of the visitor, to be answered."""
        self.waiting.append(Heard(text, path))
        if text:
            self.add("user", text)

    def add(self, role: str, text: str) -> None:
        """A line of text; escaped, for the page takes even plain text for HTML."""
        self.lines = [*self.lines, {"role": role, "content": escape(text, quote=False)}][-MOST_LINES:]

    def show(self, role: str, image: Image.Image | Result) -> None:
        """A picture, exact: PNG. Old ones leave the page. The line of text after it says what it shows."""
        self._count += 1
        path = self._folder / f"{self._count}.png"
        if isinstance(image, Result):
            image.save(path)
        else:
            image.save(path, "PNG")
        self.lines.append({"role": role, "content": {"path": str(path)}})
        shown = [line for line in self.lines if isinstance(line["content"], dict)]
        for line in shown[:-MOST_PICTURES]:
            Path(line["content"]["path"]).unlink(missing_ok=True)
            line["content"] = "…"


class Chat(Hosted[ChatDesk]):
    """Components and handlers of the tab. A handler returns what changes, by component."""

    title, place = "Chat", 50

    def __init__(self, demo: gr.Blocks, shop: Shop) -> None:
        """Adds its components where it is called."""
        super().__init__(shop)
        with gr.Row():
            with gr.Column(scale=7, min_width=320):
                self._layout_talk()
            with gr.Column(scale=3, min_width=280):
                self._layout_help()
        self.file = gr.DownloadButton(visible="hidden")  # carries the finished file to the browser
        self._listen(demo)

    def _layout_talk(self) -> None:
        self.chat = gr.Chatbot(
            label=t("Conversation"),
            show_label=False,
            height=560,
            buttons=[],
            render_markdown=False,  # what people write stays what they wrote
            feedback_options=None,
            placeholder=str(t(HELLO)),
            elem_id="chat",
        )
        self.box = gr.MultimodalTextbox(
            label=t("Message"),
            show_label=False,
            placeholder=str(t("Send a photo, or write what should change")),
            sources=["upload"],
            file_types=list(SUFFIXES),
            max_plain_text_length=1_000_000,  # a long text stays text, and is answered as such
            elem_id="chat-box",
        )
        self.notice = gr.HTML(visible=False, elem_id="chat-notice")

    def _layout_help(self) -> None:
        gr.Markdown(t("Begin with one of these"), elem_classes="small")
        self.samples = choices([s.choice for s in samples()], cell=50, elem_id="chat-samples")
        self.credit = gr.Markdown(visible=False, elem_classes="small", elem_id="chat-credit")
        gr.Markdown(t("Or say"), elem_classes="small")
        with gr.Row(elem_id="chat-examples"):
            self.examples = [gr.Button(t(text), size="sm", min_width=90) for text in EXAMPLES]
        self.full = gr.Button(t("Download"), variant="primary", visible=False, elem_id="chat-download")
        gr.Markdown(
            t(
                "English and Korean are understood. Pictures in the chat are small copies; the download has the full "
                "size."
            ),
            elem_classes="small",
        )

    def _listen(self, demo: gr.Blocks) -> None:
        quick = QUICK | {"trigger_mode": "multiple"}
        heard = [self.box.submit(self.hear, self.box, [self.chat, self.box, self.notice], **quick)]
        heard.append(
            self.samples.choose(
                self.hear_sample, self.samples, [self.chat, self.samples, self.credit, self.notice], **quick
            )
        )  # an event of its script
        for button, text in zip(self.examples, EXAMPLES, strict=True):

            def say(request: gr.Request, text: str = text) -> Updates:
                """As if it had been written."""
                return self.say(text, request)

            heard.append(button.click(say, None, [self.chat, self.notice], **quick))
        for event in heard:
            event.then(self.answer, None, [self.chat, self.full, self.notice], trigger_mode="multiple", **HEAVY)
        self.chat.clear(self.clear, None, [self.full, self.credit, self.notice], **quick)
        made = self.full.click(self.save_photo, None, [self.file, self.notice], show_progress_on=self.full, **HEAVY)
        made.success(None, self.file, None, js=SAVE)
        demo.unload(self.leave)

    @answered(begins=True)
    def hear(self, value: Any, request: gr.Request) -> Updates:
        """A message was sent: it is on the page at once, and answered when its turn comes."""
        value = value if isinstance(value, dict) else {}
        text, files = value.get("text"), value.get("files")
        path = next(iter(all_uploaded(files)), None)
        return self._hear(text if isinstance(text, str) else "", path, request) | {self.box: {"text": "", "files": []}}

    @answered(begins=True)
    def hear_sample(self, index: int, request: gr.Request) -> Updates:
        """An example photo, with whom to thank for it."""
        sample = sample_at(index)
        updates = self._hear("", sample.path, request)
        return updates | {
            self.samples: gr.update(chosen=-1),
            self.credit: gr.update(value=tr(sample.credit, request), visible=True),
        }

    @answered(begins=True)
    def say(self, text: str, request: gr.Request) -> Updates:
        """One of the examples, as if it had been written."""
        return self._hear(tr(text, request), None, request)

    def _hear(self, text: str, path: Path | None, request: gr.Request) -> Updates:
        visit = self.visits.arrive(request.session_hash)
        desk = visit.desk or ChatDesk(self.shop.models[0].name, self.shop.device, language(request))
        if visit.gone:
            desk.add("assistant", tr(GONE, request))
        visit.put(desk)
        if len(desk.waiting) < MOST_WAITING:
            desk.hear(text[:LONGEST], path)
        return {self.chat: desk.lines}

    @answered(heavy=True)
    def answer(self, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """Whatever waits for an answer gets it, the oldest first."""
        if self.empty(request) or not self.at(request)[1].waiting:
            yield {self.notice: gr.update(visible=False)}
            return
        visit, desk = self.at(request)
        while desk.waiting:
            yield from self._answer(visit, desk, desk.waiting.popleft(), request, progress)

    def _answer(
        self, visit: Visit[ChatDesk], desk: ChatDesk, heard: Heard, request: gr.Request, progress: gr.Progress
    ) -> Iterator[Updates]:
        spoken = desk.conversation.language
        try:
            photo = None
            if heard.path is not None:
                photo = open_photo(heard.path)
                small = to_pil(photo.rgb)
                small.thumbnail((SENT, SENT))
                desk.show("user", small)
                yield {self.chat: desk.lines}
            reply = desk.conversation.send(heard.text, photo, progress=watch(progress, visit, visit.turn, request))
        except FAILURES as error:
            desk.add("assistant", translate(str(error), spoken))
            yield {self.chat: desk.lines}
            return
        if reply.result is not None:
            desk.show("assistant", reply.result)
        desk.add("assistant", reply.text)
        yield {self.chat: desk.lines} | self._download(desk, request)

    def _download(self, desk: ChatDesk, request: gr.Request) -> Updates:
        session = desk.conversation.session
        if session is None:
            return {}
        width, height = session.photo.size
        return {
            self.full: gr.update(
                value=tr("Download PNG, {width} × {height}", request, width=width, height=height), visible=True
            )
        }

    @answered(heavy=True)
    def save_photo(self, request: gr.Request, progress: gr.Progress = PROGRESS) -> Iterator[Updates]:
        """The full size as PNG, made when asked for."""
        visit, desk = self.at(request)
        report = watch(progress, visit, visit.turn, request)
        yield from handed_over(
            desk, "color.png", lambda desk, path: desk.conversation.finish(report).save(path), self.file, self.notice
        )

    @answered()
    def clear(self, request: gr.Request) -> Updates:
        """The conversation was thrown away, with its photo."""
        self.leave(request)
        return {self.full: gr.update(visible=False), self.credit: gr.update(visible=False)}

    def leave(self, request: gr.Request) -> None:
        """The page was closed: its pictures go."""
        visit = self.visits.leave(request.session_hash)
        if visit is not None and visit.desk is not None:
            visit.desk.close()


TAB = Chat
