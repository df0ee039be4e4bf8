"""The app against strangers: files of others, wrong values, crowds, and being ended. Over plain HTTP, as no page of
ours would ask.
"""

import io
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.app.raw import (
    FILES,
    ROOT,
    Answer,
    App,
    Handler,
    Page,
    begin,
    find,
    free_port,
    handlers,
    pattern,
    png,
    running,
    shows,
)

PRIVATE = pattern(999)  # the picture no visitor may see
GONE = "not here any more"
EMPTY_CANVAS = {"hints": [], "selected": -1, "ask": None, "palette": [], "revision": 1}
INSIDES = re.compile(r"object at 0x|<function|bound method|<built-in")
SMALL = ["--memory", "200MB"]  # room for few visitors
GRADIOS = re.compile(r"Queue is full|This application is|currently busy", re.IGNORECASE)

pytestmark = pytest.mark.slow  # a whole app in a process of its own


@pytest.fixture(scope="module")
def raw_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The whole app, to be looked at from outside."""
    with running(tmp_path_factory.mktemp("app")) as app:
        yield app


class Visitor(Page):
    """A page that knows the tabs; its photo is a pattern of its own."""

    def __init__(self, app: App, seed: int = 1, language: str = "en", *, alive: bool = False) -> None:
        super().__init__(app.url, language, alive=alive)
        self.pattern = pattern(seed)
        self.those = _known(app.url)

    def find(self, element: str, event: str, name: str | None = None) -> Handler:
        return find(self.those, element, event, name)

    def photo(self) -> dict[str, Any]:
        return self.upload(png(self.pattern))

    def start(self) -> Answer:
        return self.call(self.find("photo", "upload", "start"), self.photo(), "vit-hint", 0.5)

    def start_everywhere(self) -> list[Answer]:
        photo = self.photo()
        asked = [
            self.call(self.find("photo", "upload", "start"), photo, "vit-hint", 0.5),
            self.call(self.find("hint-photo", "upload", "start"), photo, 0.5, 1),
            self.call(self.find("prompt-photo", "upload", "start"), photo),
            self.call(self.find("reference-photo", "upload", "start"), photo),
            self.call(self.find("chat-box", "submit", "hear"), {"text": "", "files": [photo]}),
            self.call(self.find("chat-box", "submit", "answer")),
        ]
        assert all(answer.success and not answer.sentences() for answer in asked), [
            answer.sentences() for answer in asked
        ]
        return asked

    def dial(self, vividness: float = 0.9) -> Answer:
        return self.call(self.find("vividness", "release"), vividness)


_CONFIGS: dict[str, list[Handler]] = {}


def _known(url: str) -> list[Handler]:
    if url not in _CONFIGS:
        _CONFIGS[url] = handlers(httpx.get(url + "/config", timeout=120, trust_env=False).json())
    return _CONFIGS[url]


def kept(answer: Answer, mine: np.ndarray) -> str:
    """What a visitor has after a dial: the own "picture", a sentence that it is "gone", "refused" by a sentence of
    ours, or what is wrong.
    """
    pictures = answer.pictures()
    if pictures:
        return "picture" if all(shows(picture, mine) for picture in pictures) else "a picture of someone else"
    if answer.refusal:
        return (
            "refused"
            if answer.status == 429 and not GRADIOS.search(answer.refusal)
            else f"refused: {answer.status} {answer.refusal}"
        )
    if not answer.success:
        return "Gradio's failure"
    return "gone" if any(GONE in sentence for sentence in answer.sentences()) else "neither picture nor sentence"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with memory for few visitors."""
    known = "--memory" in (ROOT / "demos" / "app.py").read_text(encoding="utf-8")
    with running(tmp_path_factory.mktemp("small"), *(SMALL if known else [])) as app:
        yield app


# ---- files of others


def test_no_handler_opens_a_file_that_was_not_uploaded_or_tells_whether_it_is_there(
    raw_url: App, tmp_path: Path
) -> None:
    private = tmp_path / "private.png"
    private.write_bytes(png(PRIVATE))
    (tmp_path / "link.png").symlink_to(private)
    with Visitor(raw_url) as page:
        cache = Path(page.photo()["path"]).parent
    inner = cache / "inner.png"
    inner.symlink_to(private)
    outside = {
        "a picture": str(private),
        "a text": "/etc/passwd",
        "nothing": str(tmp_path / "nothing.png"),
        "two dots": f"{cache}/{os.path.relpath(private, cache)}",
        "a link": str(tmp_path / "link.png"),
        "an address": "http://127.0.0.1:9/private.png",
        "a link among uploads": str(inner),
    }

    def ask(handler: Handler) -> dict[tuple[str, bool], tuple[Any, ...]]:
        with Visitor(raw_url) as page:
            if handler.name == "load_hints":
                page.call(page.find("hint-photo", "upload", "start"), page.photo(), 0.5, 1)
            if handler.name == "lend":
                page.call(page.find("reference-photo", "upload", "start"), page.photo())
            return {
                (what, meta): _told(
                    page, handler, {"path": path} | ({"meta": {"_type": "gradio.FileData"}} if meta else {})
                )
                for what, path in outside.items()
                for meta in (False, True)
            }

    takers = [handler for handler in _known(raw_url.url) if handler.files]
    assert {component.kind for handler in takers for component in handler.inputs} >= FILES
    with ThreadPoolExecutor(3) as pool:
        told = dict(zip([f"{h.number} {h.name}" for h in takers], pool.map(ask, takers), strict=True))
    wrong = []
    for handler, answers in told.items():
        shown = [what for (what, _), (_, _, leaked) in answers.items() if leaked]
        wrong += [f"{handler} shows the private picture: {', '.join(dict.fromkeys(shown))}"] if shown else []
        plain = {what: answer for (what, meta), answer in answers.items() if not meta}
        marked = {what: answer for (what, meta), answer in answers.items() if meta}
        del marked["a link among uploads"]  # to Gradio a file like others
        for group in (plain, marked):
            if len(set(group.values())) > 1:
                wrong.append(f"{handler} tells paths apart: {group}")
    assert not wrong, "\n".join(wrong)


def _told(page: Visitor, handler: Handler, file: dict[str, Any]) -> tuple[Any, ...]:
    """How a file is answered: success, words, and whether the private picture is in it."""
    data = handler.usual()
    for i in handler.files:
        data[i] = {
            "image": file,
            "uploadbutton": file,
            "file": [file],
            "multimodaltextbox": {"text": "", "files": [file]},
        }[handler.inputs[i].kind]
    answers = [page.call(handler, *data)]
    if handler.name == "hear":
        answers.append(page.call(page.find("chat-box", "submit", "answer")))
    words = tuple(words for answer in answers for words in (*answer.sentences(), *answer.said()))
    leaked = any(shows(picture, PRIVATE) for answer in answers for picture in answer.pictures())
    return tuple(answer.success for answer in answers), words, leaked


def test_a_model_is_one_of_the_list_and_never_a_file(raw_url: App) -> None:
    weights = ROOT / "weights" / "zoo_simple_cnn.safetensors"
    with Visitor(raw_url) as page:
        uploads = [
            page.upload(weights.read_bytes(), "mine.safetensors"),
            page.upload(b"no weights", "junk.safetensors"),
        ]
        for model in [
            *(upload["path"] for upload in uploads),
            str(weights),
            "/etc/passwd",
            "/nowhere/x.safetensors",
            "../weights/unet.safetensors",
        ]:
            for element, event, name, data in (
                ("photo", "upload", "start", [page.photo(), model, 0.5]),
                ("samples", "choose", "start_sample", [0, model, 0.5]),
                ("Color all", "click", "run", [[page.photo()], 0.5, model]),
            ):
                answer = page.call(page.find(element, event, name), *data)
                words = [*answer.sentences(), *answer.said()]
                assert answer.success or answer.error, (name, model)
                assert not any(
                    place in line
                    for line in words
                    for place in (str(raw_url.tmp), str(ROOT), "/etc", "/nowhere", "weights/")
                ), words
                if name != "run":
                    assert len(answer.sentences()) == 1, (name, model, words)
                else:
                    assert answer.pictures() == [], model


# ---- wrong values


def test_wrong_values_are_answered_by_a_sentence_or_by_nothing(raw_url: App) -> None:
    before = len(raw_url.log.read_text())
    # these would take the photo away
    ends = ("clear", "leave", "start", "start_sample", "start_pair", "hear", "hear_sample", "run_examples")
    those = sorted(_known(raw_url.url), key=lambda handler: handler.name in ends)

    def sweep(value: Any) -> list[str]:
        wrong = []
        with Visitor(raw_url, language="ko") as page:
            page.start_everywhere()
            for handler in those:
                if not handler.inputs:
                    continue
                try:
                    answer = page.call(handler, *[value] * len(handler.inputs), timeout=40)
                except TimeoutError:
                    wrong.append(f"{handler.number} {handler.name}({value!r}): no answer")
                else:
                    wrong += [] if _answered(answer) else [f"{handler.number} {handler.name}({value!r}) {answer.error}"]
        return wrong

    with ThreadPoolExecutor(4) as pool:
        failed = [one for found in pool.map(sweep, ("x", None, -1, 1.5, 99, [], {})) for one in found]
    with Visitor(raw_url, language="ko") as page:
        page.start_everywhere()
        photo = page.photo()
        for element, event, name, data in (
            ("vividness", "release", "recolor", ["x"]),
            ("candidates", "choose", "adopt", [99]),
            ("photo", "upload", "start", [photo, 5, 0.5]),
            ("photo", "upload", "start", [photo, "vit-hint", "x"]),
            ("photo", "upload", "start", [photo, ["vit-hint"], 0.5]),
            ("samples", "choose", "start_sample", [99, "vit-hint", 0.5]),
            ("hint-photo", "upload", "start", [photo, "x", None]),
            ("hint-canvas", "hint", "answer", [EMPTY_CANVAS | {"hints": 5}, 0.5, 1, False]),
            ("hint-canvas", "hint", "answer", [EMPTY_CANVAS | {"ask": {"x": "a", "y": None}}, "x", [], "no"]),
            ("prompt-sheet", "ask", "answer", [{"photo": 1, "prompt": 5, "revision": {}}, "x"]),
            ("chat-box", "submit", "hear", [{"text": 5, "files": [photo, 5]}]),
            ("Color all", "click", "run", [[photo], "x", "vit-hint"]),
            ("Model", "input", "change_model", ["nothing such", 0.5]),
        ):
            answer = page.call(page.find(element, event, name), *data)
            failed += [] if _answered(answer) else [f"{element}: {name}({str(data)[-80:]}) {answer.error}"]
    raised = Counter(
        re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception)\b.*", raw_url.log.read_text()[before:], re.MULTILINE)
    )
    failed += [f"{count} times in the log: {line[:150]}" for line, count in raised.most_common()]
    assert not failed, "\n".join(failed)
    assert "Traceback" not in raw_url.log.read_text()[before:]


def _answered(answer: Answer) -> bool:
    """By the handler, or where it was not even asked by an error in words of ours: those are Korean for a Korean page,
    Gradio's are English.
    """
    return answer.success or re.search("[가-힣]", answer.error) is not None


def test_nothing_of_pythons_insides_is_told(raw_url: App) -> None:
    with Visitor(raw_url) as page:
        answers = page.start_everywhere()
        hint = {"x": 0.5, "y": 0.5, "color": "#ff0000", "size": 5, "lasso": []}
        answers.append(page.call(page.find("hint-canvas", "hint"), EMPTY_CANVAS | {"hints": [hint]}, 0.5, 1, False))
        answers.append(page.call(page.find("prompt-photo", "upload", "start"), page.photo()))
        answers.append(page.call(page.find("samples", "choose", "start_sample"), 0, "vit-hint", 0.5))
        told = [page.http.get("/config").text, *(json.dumps(answer.messages) for answer in answers)]
    found = [text[max(0, match.start() - 60) : match.end() + 40] for text in told for match in INSIDES.finditer(text)]
    assert not found, "\n".join(found)


# ---- doors


def test_only_names_of_this_machine_are_answered(raw_url: App) -> None:
    port, number = raw_url.url.rsplit(":", 1)[1], find(_known(raw_url.url), "Color all", "click").number
    for host, there in (
        ("evil.example", False),
        (f"evil.example:{port}", False),
        (f"127.0.0.1:{port}", True),
        (f"localhost:{port}", True),
    ):
        for method, path in (("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/queue/join")):
            body = (
                {"json": {"fn_index": number, "session_hash": "x", "data": [None, 0.5, "vit-hint"]}}
                if method == "POST"
                else {}
            )
            got = httpx.request(
                method, raw_url.url + path, headers={"host": host}, timeout=120, trust_env=False, **body
            )
            assert got.status_code in ((200,) if there else (400, 403)), (host, path, got.status_code)


def test_who_was_here_is_not_told(raw_url: App) -> None:
    assert httpx.get(raw_url.url + "/monitoring/summary", timeout=120, trust_env=False).status_code in (403, 404)


def test_every_answer_says_how_the_browser_must_guard_it(raw_url: App) -> None:
    with Visitor(raw_url) as page:
        for path in ("/", "/config", f"/gradio_api/file={page.photo()['path']}"):
            headers = page.http.get(path).headers
            assert headers.get("x-content-type-options") == "nosniff", path
            assert headers.get("referrer-policy"), path
            assert "frame-ancestors" in headers.get("content-security-policy", ""), path


# ---- crowds


def test_twelve_pages_at_once_get_each_their_own_picture(raw_url: App) -> None:
    def visit(seed: int) -> list[str]:
        with Visitor(raw_url, seed, alive=True) as page:
            return [kept(page.start(), page.pattern), kept(page.dial(), page.pattern)]

    with ThreadPoolExecutor(12) as pool:
        done = list(pool.map(visit, range(100, 112)))
    for first, later in done:
        assert first in ("picture", "refused"), done
        assert later in ("picture", "refused", *(["gone"] if first == "refused" else [])), done


def test_one_page_cannot_fill_the_queue_and_is_told_so_in_its_language(raw_url: App) -> None:
    with Visitor(raw_url, 7, "ko") as page:
        handler = page.find("photo", "upload", "start")
        large = page.upload(png(pattern(7, 1600, 1200)))  # takes a second or two
        joined = [page.join(handler, large, "vit-hint", 0.5) for _ in range(60)]
        _leave(page, joined)
    accepted = [answer for answer in joined if answer.status == 200]
    refused = [answer for answer in joined if answer.status != 200]
    # 5 wait, while some are done
    assert 1 <= len(accepted) <= 8, f"{len(accepted)} were accepted, and {[answer.status for answer in refused][:1]}"
    assert {answer.status for answer in refused} == {429}
    assert all(re.search("[가-힣]", answer.refusal) and "busy" not in answer.refusal.lower() for answer in refused), (
        refused[0].refusal
    )


def _leave(page: Page, joined: list[Answer]) -> None:
    """Go away from what was asked: the app forgets it once the stream is closed."""
    with suppress(TimeoutError):
        page.listen(*joined, timeout=0.5)


def test_a_batch_lets_others_in_between(raw_url: App) -> None:
    ended: list[str] = []
    with Visitor(raw_url, 21) as many, Visitor(raw_url, 22) as other:
        photos = [many.upload(png(pattern(seed, 640, 480)), f"{seed}.png") for seed in range(6)]
        batch = many.join(many.find("Color all", "click"), photos, 0.5, "vit-hint")
        assert batch.status == 200

        def wait() -> None:
            many.listen(batch)
            ended.append("batch")

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not any(message["msg"] == "process_generating" for message in batch.messages):  # it runs
            assert waiting.is_alive()
            time.sleep(0.02)
        answer = other.start()
        ended.append("other")
        assert kept(answer, other.pattern) == "picture"
        waiting.join()
    assert batch.success
    assert "6 of 6" in " ".join(batch.said())
    assert ended == ["other", "batch"]


# ---- photos that are given up


def test_whoever_came_first_has_the_photo_or_is_told_that_it_is_gone(small: App) -> None:
    pages = [Visitor(small, seed) for seed in range(200, 240)]
    starts = [kept(page.start(), page.pattern) for page in pages]
    assert set(starts) == {"picture"}
    with ThreadPoolExecutor(4) as pool:
        later = list(pool.map(lambda page: kept(page.dial(), page.pattern), pages))
    for page in pages:
        page.close()
    assert set(later) <= {"picture", "gone"}, {what: later.count(what) for what in later}
    assert later[-1] == "picture"


def test_pages_that_never_had_a_photo_take_nobodys_away(small: App) -> None:
    with Visitor(small, 31) as mine, Visitor(small) as stranger:
        assert kept(mine.start(), mine.pattern) == "picture"
        asked = [
            ("vividness", "release", "recolor", [0.4]),
            ("unsure", "input", "look", [True]),
            ("candidates", "choose", "adopt", [0]),
        ]
        asked_of = [(stranger.find(element, event, name), data) for element, event, name, data in asked]
        asked_of += [(handler, []) for handler in stranger.those if handler.name == "leave"]
        failed = set()
        for i in range(200):
            handler, data = asked_of[i % len(asked_of)]
            stranger.session = f"made-up-{i}"
            if not stranger.call(handler, *data).success:
                failed.add(handler.name)
        assert (kept(mine.dial(), mine.pattern), failed) == ("picture", set())


def test_closing_a_page_that_never_chatted_ends_no_conversation(small: App) -> None:
    with Visitor(small, 41, alive=True) as mine:
        hear, answer = mine.find("chat-box", "submit", "hear"), mine.find("chat-box", "submit", "answer")
        mine.call(hear, {"text": "", "files": [mine.photo()]})
        assert kept(mine.call(answer), mine.pattern) == "picture"
        for _ in range(15):  # as many conversations as there once were places; a sent line costs nothing
            with Visitor(small) as other:
                other.call(hear, {"text": "help", "files": []})
        for _ in range(5):
            Visitor(small, alive=True).close()
        time.sleep(1)  # the app notices it
        mine.call(hear, {"text": "warmer", "files": []})
        assert kept(mine.call(answer), mine.pattern) == "picture"


# ---- odd files


def test_a_picture_too_large_is_refused_in_words_for_a_visitor(raw_url: App) -> None:
    target = io.BytesIO()
    Image.new("1", (6000, 5000)).save(target, "PNG")
    with Visitor(raw_url) as page:
        answer = page.call(
            page.find("photo", "upload", "start"), page.upload(target.getvalue(), "wall.png"), "vit-hint", 0.5
        )
    assert answer.success
    assert len(answer.sentences()) == 1
    assert "max_pixels" not in answer.sentences()[0]
    assert re.search("megapixel|30|25", answer.sentences()[0])


def test_a_text_among_photos_costs_one_sentence_and_no_photo(raw_url: App) -> None:
    color = np.stack([pattern(51), pattern(52), pattern(53)], -1)
    with Visitor(raw_url) as page:
        photos = [
            page.upload(png(color), "a.png"),
            page.upload(b"some words", "notes.txt"),
            page.upload(png(color[::-1]), "b.png"),
        ]
        batch = page.call(page.find("Color all", "click"), photos, 0.5, "vit-hint")
        compared = page.call(
            page.find("compare-go", "click"), photos, ["mean-color"], [], 0, [], 0.5
        )  # as they stand on the page
    assert batch.success
    assert "2 of 3" in batch.said()[0]
    assert len([line for line in batch.said() if "notes.txt" in line]) == 1
    assert compared.success
    assert len([line for line in compared.said() if "notes.txt" in line]) == 1
    assert "2 of 2" in " ".join(compared.said())


# ---- beginning and end


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_nothing_is_left_of_photos_when_the_app_is_ended(ending: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path) as app, Visitor(app, alive=True) as page:
        assert kept(page.start(), page.pattern) == "picture"
        assert app.left()
        app.process.send_signal(ending)
        app.process.wait(10)
        assert app.left() == []


def test_what_a_killed_app_left_is_swept_at_the_next_start_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    with running(tmp_path) as app:
        with Visitor(app, alive=True) as page:
            assert kept(page.start(), page.pattern) == "picture"
            photo = Path(page.photo()["path"])
        app.process.kill()
        app.process.wait(10)
    assert photo.is_file()
    top = app.tmp / photo.relative_to(app.tmp).parts[0]
    mode = top.stat().st_mode & 0o777
    with running(tmp_path):
        assert not photo.exists()
    assert oct(mode) == oct(0o700)


def _ended(folder: Path, *arguments: str, **environment: str) -> SimpleNamespace:
    """How an app ends that cannot start."""
    started = begin(arguments, folder, log := folder / "log.txt", **environment)
    try:
        status = started.wait(60)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        started.kill()
        started.wait()
    return SimpleNamespace(status=status, lines=[line for line in log.read_text().splitlines() if line.strip()])


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _ended(tmp_path, "--port", str(port))
    assert done.status in (1, 2), done.lines
    assert len(done.lines) == 1, done.lines
    assert str(port) in done.lines[0]


def test_a_temporary_folder_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    done = _ended(tmp_path, "--port", str(free_port()), TMPDIR=str(file))
    assert done.status in (1, 2), f"{done.status}: {done.lines}"
    assert len(done.lines) == 1, done.lines
    assert "Traceback" not in done.lines[0]


# ---- last, for without a bound it takes minutes


def test_a_million_corners_are_painted_or_refused(raw_url: App) -> None:
    angles = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    ring = np.stack([0.5 + 0.4 * np.cos(angles), 0.5 + 0.4 * np.sin(angles)], -1).round(4).tolist()
    hints = [
        {"x": (i % 50 + 0.5) / 50, "y": (i // 50 + 0.5) / 40, "color": "#aa3030", "size": 3, "lasso": ring}
        for i in range(2000)
    ]
    large = pattern(1, 1200, 904)
    with Visitor(raw_url) as page:
        assert page.call(page.find("hint-photo", "upload", "start"), page.upload(png(large)), 0.5, 1).success
        answer = page.call(page.find("hint-canvas", "hint"), EMPTY_CANVAS | {"hints": hints}, 0.5, 1, False, timeout=20)
        assert answer.success or answer.status in (413, 429)
        assert answer.sentences() or any(shows(picture, large) for picture in answer.pictures())
