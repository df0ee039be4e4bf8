"""What stands before Gradio: who may ask, how much, and what every answer says about itself. ASGI middleware."""

import json
import socket
from collections.abc import Callable, Collection
from ipaddress import ip_address
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.gate import temporary
from demos.gate.door import uploaded
from demos.gate.temporary import FULL
from demos.words.translation import asked_in, translate
from toolkit.photo import PhotoError

MOST_WAITING = 4  # pieces of work that wait for one page; its own controls wait with one each
LONGEST_LINE = 400  # that wait in all
LARGEST_CALL = 8_000_000  # bytes of values that a page sends; photos are uploads
CALLS = ("/queue/join", "/run/", "/call/", "/api/")
WAIT = "Several things that you asked for are still waiting; wait for them, then go on."
CROWDED = "Too many people are waiting just now; try again in a minute."
TOO_LONG = "The page sent more than can be taken; reload it."
STRANGER = "This app does not answer to that name; who runs it can let the name in with --allow-host."
LOCAL = ("localhost",)


class Guard:
    """Answers only to names that are known, lest a stranger's page reach the app by a name of its own (DNS rebinding);
    adds headers.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = (), framed_by: str = "") -> None:
        """names: beside localhost and plain addresses, which nobody can point elsewhere; ".example.org": all below it.
        framed_by: pages, as CSP.
        """
        self.app = app
        self.names = (*LOCAL, *names)
        self.headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", f"frame-ancestors 'self' {framed_by}".strip().encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers; or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message) | {"headers": [*message["headers"], *self.headers]}
            await send(message)

        app = self.app if self.knows(host) else PlainTextResponse(STRANGER, 403)
        await app(scope, receive, with_headers)

    def knows(self, host: str) -> bool:
        """Whether the app answers to a Host header."""
        name = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
        name = name.strip("[]").lower().rstrip(".")
        try:
            ip_address(name)
        except ValueError:
            return any(name == known or (known.startswith(".") and name.endswith(known)) for known in self.names)
        return True


class Admission:
    """A page waits with a few pieces of work at a time and names only its own uploads; a full disk takes no more of
    them.
    """

    def __init__(self, app: ASGIApp, queue: Callable[[], Any]) -> None:
        """queue: gives Gradio's."""
        self.app, self.queue = app, queue
        self.joining: list[Any] = []  # pages whose calls are let in but not in the line yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with a sentence."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
        elif path.endswith("/upload"):
            await self._upload(scope, receive, send)
        elif any(call in f"{path}/" for call in CALLS):
            await self._call(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LARGEST_CALL:
                await _refuse(TOO_LONG, 413)(scope, receive, send)
                return
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        page = asked.get("session_hash") if isinstance(asked, dict) else None
        refusal = self._refusal(page) if "/run/" not in scope["path"] else None  # those are answered without waiting
        if refusal:
            await _refuse(refusal, 429)(scope, receive, send)
            return
        if isinstance(asked, dict) and "path" in str(asked.get("data")):
            body = bytearray(json.dumps(asked | {"data": _own(asked["data"])}).encode())
            headers = [
                (name, str(len(body)).encode() if name == b"content-length" else value)
                for name, value in scope["headers"]
            ]
            scope = dict(scope) | {"headers": headers}
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        self.joining.append(page)
        try:
            await self.app(scope, replay, send)
        finally:
            self.joining.remove(page)

    def _refusal(self, page: Any) -> str | None:
        waiting = [
            event.session_hash for line in self.queue().event_queue_per_concurrency_id.values() for event in line.queue
        ] + self.joining
        if len(waiting) >= LONGEST_LINE:
            return CROWDED
        return WAIT if waiting.count(page) >= MOST_WAITING else None

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        if temporary.full():
            await _refuse(FULL, 507)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, noted)
        except OSError as error:
            if begun or not temporary.no_room(error):
                raise
            await _refuse(FULL, 507)(scope, receive, send)


def _refuse(sentence: str, status: int) -> ASGIApp:
    """An answer in the language of who asked."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"detail": translate(sentence, asked_in(scope))}, status)(scope, receive, send)

    return answer


def _own(value: Any) -> Any:
    """What a page sent, without file objects that name anything but an upload: Gradio would tell those apart that
    exist.
    """
    if isinstance(value, list):
        return [_own(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "path" in value:
        try:
            uploaded(value)
        except PhotoError:
            return None
    return {name: _own(item) for name, item in value.items()}


def own_names(host: str | None) -> list[str]:
    """Names of this machine, where it answers to others than itself."""
    if host in (None, "127.0.0.1", "localhost", "::1"):
        return []
    name = socket.gethostname().lower()
    return [name, f"{name.split('.')[0]}.local", socket.getfqdn().lower()]
