"""The running app without a browser: the process it runs in, and pages that speak HTTP with it as a program of a
stranger would.
"""

import base64
import io
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import demos  # its privacy switches come before Gradio

import httpx  # isort: skip
import numpy as np
import psutil
from gradio_client.utils import apply_diff
from PIL import Image, UnidentifiedImageError

ROOT = Path(demos.__file__).resolve().parent.parent
FILES = {"image", "file", "uploadbutton", "multimodaltextbox"}  # kinds of components that take a file
PATIENCE = 120.0  # s, for a machine that has much else to do
PICTURE = re.compile(r"data:image/(?:png|jpeg|webp);base64,([A-Za-z0-9+/=]+)")
SAID = re.compile(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", re.DOTALL)
NOTICE = re.compile(r'<div class="notice"[^>]*>(.*?)</div>', re.DOTALL)


# ---- the process


@dataclass(frozen=True)
class App:
    """The app as it runs: what a visitor reaches, and what only its owner sees."""

    url: str
    process: psutil.Process
    tmp: Path  # its temporary folder
    log: Path  # what it says on stdout and stderr

    def memory(self) -> float:
        """MB of memory in use."""
        return self.process.memory_info().rss / 2**20

    def left(self) -> list[str]:
        """What lies in its temporary folder and is a picture, a zip, or a folder of the app's or Gradio's."""
        ours = [p for p in self.tmp.iterdir() if p.is_dir() and re.search("huepoint|gradio", p.name)]
        files = [
            p
            for p in self.tmp.rglob("*")
            if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".zip", ".tif", ".tiff")
        ]
        return [str(p.relative_to(self.tmp)) for p in [*ours, *files]]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def begin(arguments: Sequence[str], tmp: Path, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """`python -m demos` in a process of its own; tmp: its temporary folder."""
    own = {"OMP_NUM_THREADS": "1", "TMPDIR": str(tmp), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRADIO_")}
    with log.open("ab") as said:
        command = [sys.executable, "-m", "demos", *arguments]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=kept | own | environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=_hears_interrupts,
        )


def _hears_interrupts() -> None:
    """As from a terminal, even where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def running(folder: Path, *arguments: str, port: int | None = None) -> Iterator[App]:
    """The app, ready; it is stopped at the end. Its temporary folder is folder/tmp."""
    tmp, log, port = folder / "tmp", folder / "log.txt", port or free_port()
    tmp.mkdir(parents=True, exist_ok=True)
    started = begin(["--port", str(port), *arguments], tmp, log)
    app = App(f"http://127.0.0.1:{port}", psutil.Process(started.pid), tmp, log)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert started.poll() is None, f"it ended: {log.read_text()}"
            assert time.monotonic() < deadline, "waited in vain"
            try:
                httpx.get(app.url + "/config", timeout=PATIENCE, trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield app
    finally:
        started.terminate()
        try:
            started.wait(5)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


# ---- what the app says of itself


@dataclass(frozen=True)
class Component:
    """One of the page's parts; words: what it is labelled with."""

    kind: str
    elem_id: str
    words: str
    value: Any


@dataclass(frozen=True)
class Handler:
    """A function that answers an event; begins: (elem_id or words of a component, event) of what it answers, or follows
    in the end.
    """

    number: int
    name: str  # of the Python function
    begins: frozenset[tuple[str, str]]
    inputs: tuple[Component, ...]

    @property
    def files(self) -> list[int]:
        """Which inputs take a file."""
        return [i for i, component in enumerate(self.inputs) if component.kind in FILES]

    def usual(self) -> list[Any]:
        """What a fresh page sends."""
        return [component.value for component in self.inputs]


def handlers(config: dict[str, Any]) -> list[Handler]:
    """Every handler of GET /config that runs Python."""
    there = {-1: Component("", "", "", None)} | {c["id"]: _component(c) for c in config["components"]}
    all_of_them = {d["id"]: d for d in config["dependencies"]}
    found = []
    for one in all_of_them.values():
        first = one
        while first["trigger_after"] is not None:
            first = all_of_them[first["trigger_after"]]
        targets = [(there[-1 if target is None else target], event) for target, event in first["targets"]]
        begins = frozenset(
            (name, event) for component, event in targets for name in (component.elem_id, component.words)
        )
        if one["backend_fn"]:
            found.append(
                Handler(
                    one["id"], re.sub(r"_\d+$", "", one["api_name"]), begins, tuple(there[i] for i in one["inputs"])
                )
            )
    return found


def find(those: Sequence[Handler], element: str, event: str, name: str | None = None) -> Handler:
    """The handler of an event, or with a name that one among those that follow it."""
    found = [h for h in those if (element, event) in h.begins and name in (None, h.name)]
    assert found, f"no handler {name or ''} for {event} of {element}"
    return found[0]


def _component(one: dict[str, Any]) -> Component:
    props = one["props"]
    words = next((w for w in (props.get("label"), props.get("value")) if isinstance(w, str)), "")
    key = re.search(r'"key": "(.*?)"', words) if words.startswith("__i18n__") else None
    return Component(one["type"], props.get("elem_id") or "", key.group(1) if key else words, props.get("value"))


# ---- a page


@dataclass
class Answer:
    """What came of one event. steps: all outputs after each message of the handler; the last is how the page stays."""

    page: "Page"
    status: int  # HTTP, of the joining
    event: str = ""
    success: bool = False
    refusal: str = ""  # why it could not join
    messages: list[dict[str, Any]] = field(default_factory=list)
    steps: list[list[Any]] = field(default_factory=list)

    @property
    def data(self) -> list[Any]:
        """Every output as the page has it in the end: updates on top of each other."""
        shown: list[Any] = []
        for step in self.steps:
            shown += [None] * (len(step) - len(shown))
            for i, value in enumerate(step):
                news = value if isinstance(value, dict) and value.get("__type__") == "update" else {"value": value}
                shown[i] = (shown[i] or {}) | news
        return shown

    def pictures(self) -> list[np.ndarray]:
        """Every picture in it, uint8 (H, W, 3), those within zips as well."""
        found = []
        for source in dict.fromkeys(_sources(self.steps)):
            found += _decoded(self.page.fetch(source))
        return found

    def sentences(self) -> list[str]:
        """What the visitor is told: the notices that are visible in the end, why it was refused, or what an error of
        the app's says.
        """
        told = [
            _plain(words)
            for one in self.data
            if one and one.get("visible", True)
            for words in NOTICE.findall(str(one.get("value")))
        ]
        return [*told, *(words for words in (self.refusal, self.error) if words)]

    @property
    def error(self) -> str:
        """What the page shows of a handler that failed: a `gr.Error`'s own words; nothing of other exceptions, for
        which it says "Error".
        """
        last = self.messages[-1] if self.messages else {}
        return "" if last.get("success", True) else str((last.get("output") or {}).get("error") or "")

    def said(self) -> list[str]:
        """Other words of the answer: reports, a sheet's message, lines of the chat."""
        return [line for one in self.data for line in _said(one)]


class Page:
    """One open page. Close it as a browser does when its tab is closed."""

    def __init__(self, url: str, language: str = "en", *, alive: bool = True) -> None:
        """alive: hold the connection by which the app knows that the page is there."""
        self.session = secrets.token_hex(6)
        self.http = httpx.Client(base_url=url, headers={"accept-language": language}, timeout=PATIENCE, trust_env=False)
        self._heart = (
            self.http.send(self.http.build_request("GET", f"/gradio_api/heartbeat/{self.session}"), stream=True)
            if alive
            else None
        )

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the app notices it by itself, a moment later."""
        if self._heart is not None:
            self._heart.close()
        self.http.close()

    def config(self) -> dict[str, Any]:
        """What the app tells every page."""
        told: dict[str, Any] = self.http.get("/config").json()
        return told

    def upload(self, content: bytes, name: str = "photo.png") -> dict[str, Any]:
        """Send a file; returns the object that handlers are given for it."""
        sent = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        sent.raise_for_status()
        return {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name, "size": len(content)}

    def fetch(self, source: str) -> bytes:
        """The bytes behind a file's address or a data URL; nothing where there is none."""
        inline = PICTURE.match(source)
        if inline:
            return base64.b64decode(inline.group(1))
        got = self.http.get(source)
        return got.content if got.status_code == 200 else b""

    def join(self, handler: Handler, *data: Any) -> Answer:
        """Only ask; `listen` brings what comes of it."""
        body = {
            "fn_index": handler.number,
            "session_hash": self.session,
            "data": list(data),
            "event_data": None,
            "trigger_id": None,
        }
        got = self.http.post("/gradio_api/queue/join", json=body)
        told = got.json() if got.headers.get("content-type", "").startswith("application/json") else {}
        return Answer(self, got.status_code, told.get("event_id", ""), refusal=str(told.get("detail") or ""))

    def listen(self, *asked: Answer, timeout: float = PATIENCE) -> None:
        """Wait until all that was accepted is answered. Raises TimeoutError."""
        waiting = {answer.event: answer for answer in asked if answer.event and not answer.success}
        deadline = time.monotonic() + timeout
        try:
            while waiting:
                query = {"session_hash": self.session}
                with self.http.stream("GET", "/gradio_api/queue/data", params=query, timeout=timeout) as stream:
                    for line in stream.iter_lines():
                        message = json.loads(line[5:]) if line.startswith("data:") else {}
                        if message.get("msg") == "unexpected_error":
                            return  # the app does not know this page, or is ending
                        answer = waiting.get(message.get("event_id", ""))
                        if answer is not None and _heard(answer, message):
                            del waiting[answer.event]
                        if time.monotonic() > deadline:
                            raise TimeoutError(f"no answer in {timeout:.0f} s")
                        if not waiting:
                            return
        except httpx.TimeoutException:
            raise TimeoutError(f"no answer in {timeout:.0f} s") from None

    def call(self, handler: Handler, *data: Any, timeout: float = PATIENCE) -> Answer:
        """Ask and wait for the answer. The page's own script sends handlers without a queue to /run; what they do is
        the same.
        """
        answer = self.join(handler, *data)
        self.listen(answer, timeout=timeout)
        return answer


def _heard(answer: Answer, message: dict[str, Any]) -> bool:
    """Put a message to its answer; whether it is the last one."""
    answer.messages.append(message)
    output = message.get("output") or {}
    last = message["msg"] == "process_completed"
    if message["msg"] not in ("process_generating", "process_completed") or not isinstance(output.get("data"), list):
        answer.success = last and bool(message.get("success"))
        return last
    fresh = last or not answer.steps  # what comes between is told as changes to what came before
    before = [] if fresh else answer.steps[-1]
    answer.steps.append(
        output["data"] if fresh else [apply_diff(old, news) for old, news in zip(before, output["data"], strict=True)]
    )
    answer.success = last and bool(message.get("success"))
    return last


def _sources(value: Any) -> Iterator[str]:
    """Addresses of files, and data URLs, anywhere in a value."""
    if isinstance(value, str):
        yield from (found.group() for found in PICTURE.finditer(value))
    elif isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value.get("url") or f"/gradio_api/file={value['path']}"
        for part in value.values():
            yield from _sources(part)
    elif isinstance(value, list):
        for part in value:
            yield from _sources(part)


def _decoded(content: bytes) -> list[np.ndarray]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [picture for name in archive.namelist() for picture in _decoded(archive.read(name))]
    try:
        return [np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))]
    except UnidentifiedImageError:
        return []


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, str) and 'class="notice"' not in value:
        yield from map(_plain, SAID.findall(value))
    elif isinstance(value, dict):
        if isinstance(value.get("message"), str) and value["message"]:
            yield value["message"]
        if value.get("role") == "assistant":
            parts = value["content"] if isinstance(value["content"], list) else [{"text": str(value["content"])}]
            yield from (part["text"] for part in parts if "text" in part)
        for part in value.values():
            yield from _said(part)
    elif isinstance(value, list):
        for part in value:
            yield from _said(part)


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


# ---- whose picture is it


def pattern(seed: int, width: int = 96, height: int = 64) -> np.ndarray:
    """A gray picture like no other seed's, uint8 (height, width)."""
    blocks = np.random.default_rng(seed).integers(30, 226, (height // 8, width // 8)).astype(np.uint8)
    return np.asarray(Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC))


def png(picture: np.ndarray) -> bytes:
    """As a file."""
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "PNG")
    return target.getvalue()


def shows(picture: np.ndarray, gray: np.ndarray) -> bool:
    """Whether a picture, in whatever colors, is this one: coloring keeps the lightness."""
    small = np.asarray(Image.fromarray(picture).convert("L").resize(gray.shape[::-1]), dtype=float)
    if small.std() < 1 or gray.std() < 1:
        return False
    return bool(np.corrcoef(small.ravel(), gray.ravel().astype(float))[0, 1] > 0.8)
