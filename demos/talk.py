"""What tabs tell a visitor, and what they hear from the toolkit while it works."""

from html import escape
from typing import Any, Generic, TypeVar

import gradio as gr

from demos.i18n import tr
from demos.visits import Visit, Visits
from toolkit.photo import PhotoError
from toolkit.pipeline import Progress

T = TypeVar("T")

PROGRESS = gr.Progress()  # as a default argument it tells Gradio to hand in the page's own
Updates = dict[Any, Any]  # component -> its new value
FAILURES = (PhotoError, ValueError, RuntimeError)  # what a person can be told in the error's own sentence
GONE = "The photo is not here any more, to make room for others; please add it again."
# Options of listeners. No value goes through Gradio's own preprocessing, which says nothing but "Error" to what it cannot read.
PLAIN: dict[str, Any] = {"preprocess": False, "api_visibility": "private"}
HEAVY = PLAIN | {"concurrency_id": "model", "concurrency_limit": 1}  # one at a time uses the model
QUICK = PLAIN | {"queue": False, "show_progress": "hidden"}
SAVE = "(file) => { if (file) { const a = document.createElement('a'); a.href = file.url; a.download = file.orig_name; a.click(); } }"


def notice(error: str | None) -> dict[str, Any]:
    """The update of a notice: one sentence, or nothing and out of sight."""
    return gr.update(value=f'<div class="notice" role="alert">{escape(error or "")}</div>', visible=error is not None)


def watch(progress: gr.Progress, visit: Visit[Any], turn: int, request: gr.Request) -> Progress:
    """The toolkit's callback as the page's progress bar; ends the work once it is out of date."""

    def report(done: int, of: int, what: str) -> bool:
        progress(done / of, desc=tr(what, request).capitalize())
        return visit.turn == turn

    return report


def live(line: str) -> dict[str, Any]:
    """Options of listeners that answer while a person goes on: the last call counts. line: their queue."""
    return PLAIN | {"concurrency_id": line, "concurrency_limit": 1, "show_progress": "hidden", "trigger_mode": "always_last"}


class Hosted(Generic[T]):
    """What every tab does with its visitors: each has a desk, their work can be interrupted, and it is cleared when the page closes."""

    def __init__(self) -> None:
        self.visits: Visits[T] = Visits()

    def interrupt(self, request: gr.Request) -> None:
        """What runs for this visitor is not wanted any more."""
        self.visits[request.session_hash].interrupt()

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.visits.leave(request.session_hash)
