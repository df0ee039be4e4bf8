"""Notices and progress, shared by the tabs, and what every handler does whatever happens."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from html import escape
from inspect import isgeneratorfunction, signature
from pathlib import Path
from traceback import extract_tb
from typing import Any, Generic, TypeVar, cast

import gradio as gr

from demos.desks.desk import Shop
from demos.desks.visits import Visit, Visits
from demos.gate.temporary import FULL, no_room
from demos.words.i18n import tr
from toolkit.photo import PhotoError
from toolkit.pipeline import Cancelled, Progress

T = TypeVar("T")

PROGRESS = gr.Progress()  # as a default argument it tells Gradio to hand in the page's own
Updates = dict[Any, Any]  # component -> its new value
Given = dict[Any, Any]  # component -> what the page sent; its inputs are a set then
FAILURES = (PhotoError, ValueError, RuntimeError)  # what a person can be told in the error's own sentence
LOG = logging.getLogger("huepoint")
UNEXPECTED = "Something went wrong here that should not have; try again, or with another photo."
GONE = "The photo is not here any more, to make room for others; please add it again."
# Options of listeners. No value goes through Gradio's own preprocessing, which says nothing but "Error" to what it
# cannot read.
PLAIN: dict[str, Any] = {"preprocess": False, "api_visibility": "private"}
HEAVY = PLAIN | {"concurrency_id": "model", "concurrency_limit": 1}  # one at a time uses the model
# many photos: waits for its turn with the model at each
LONG = PLAIN | {"concurrency_id": "long", "concurrency_limit": 4}
QUICK = PLAIN | {"queue": False, "show_progress": "hidden"}
SAVE = (
    "(file) => { if (file) { const a = document.createElement('a'); a.href = file.url; a.download = file.orig_name; "
    "a.click(); } }"
)


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
    return PLAIN | {
        "concurrency_id": line,
        "concurrency_limit": 1,
        "show_progress": "hidden",
        "trigger_mode": "always_last",
    }


class Gone(Exception):
    """The visitor's desk gave way to others."""


class Hosted(Generic[T]):
    """What every tab does with its visitors: each has a desk, their work can be interrupted, and it is cleared when the
    page closes.
    """

    notice: gr.HTML

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.visits: Visits[T] = Visits(shop.room)

    def at(self, request: gr.Request) -> tuple[Visit[T], T]:
        """The visit of who asks, and what lies on the desk. Raises Gone."""
        visit = self.visits.find(request.session_hash)
        if visit is None or visit.desk is None:
            raise Gone
        return visit, visit.desk

    def empty(self, request: gr.Request) -> bool:
        """Whether this visitor has nothing here, and has lost nothing either."""
        visit = self.visits.find(request.session_hash)
        return visit is None or (visit.desk is None and not visit.gone)

    def interrupt(self, request: gr.Request) -> None:
        """What runs for this visitor is not wanted any more."""
        visit = self.visits.find(request.session_hash)
        if visit is not None:
            visit.interrupt()

    def leave(self, request: gr.Request) -> None:
        """The page was closed."""
        self.visits.leave(request.session_hash)

    def failed(self, error: Exception, request: gr.Request) -> Updates:
        """What went wrong, in the tab's notice, which is among the outputs of every listener."""
        return {self.notice: notice(tr(sentence(error), request))}


H = TypeVar("H", bound=Callable[..., Any])


def answered(*, begins: bool = False, heavy: bool = False) -> Callable[[H], H]:
    """For handlers: each answers, if with one sentence about what went wrong. While it works, the visitor's desk does
    not give way to others.

    begins: whether a visit may begin with it; else it is only looked up. heavy: whether it waits for its turn with the
    model.
    """

    @contextmanager
    def working(tab: Hosted[Any], request: gr.Request) -> Iterator[None]:
        visit = tab.visits.arrive(request.session_hash) if begins else tab.visits.find(request.session_hash)
        with (
            tab.visits.room.at_work(visit) if visit else nullcontext(),
            tab.shop.turns.mine() if heavy else nullcontext(),
        ):
            yield

    def decorate(handler: H) -> H:
        place = list(signature(handler).parameters).index("request") - 1

        @wraps(handler)
        def plain(tab: Any, *values: Any) -> Any:
            request = values[place]
            try:
                with working(tab, request):
                    return handler(tab, *values)
            except Cancelled:
                return {tab.notice: gr.update()}
            except Exception as error:
                return tab.failed(error, request)

        @wraps(handler)
        def stepwise(tab: Any, *values: Any) -> Iterator[Any]:
            request = values[place]
            try:
                with working(tab, request):
                    yield from handler(tab, *values)
            except Cancelled:
                return
            except Exception as error:
                yield tab.failed(error, request)

        return cast(H, stepwise if isgeneratorfunction(handler) else plain)

    return decorate


def sentence(error: Exception) -> str:
    """What a person is told of an error; what should not have happened goes to the log as well: its kind and place in
    the code, nothing of theirs.
    """
    if isinstance(error, Gone):
        return GONE
    if no_room(error):
        return FULL
    if isinstance(error, FAILURES):
        return str(error)
    where = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(extract_tb(error.__traceback__)[-4:])
    )
    LOG.error("%s at %s", type(error).__name__, where)
    return UNEXPECTED
