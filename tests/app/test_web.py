"""What stands before Gradio: names it answers to, calls it lets in. Without Gradio."""

import asyncio
import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from demos.gate import temporary, web
from demos.gate.web import Admission, Guard


def ask(app: Any, method: str = "GET", path: str = "/", **options: Any) -> httpx.Response:
    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return asyncio.run(answer())


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body it got."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message.get("body", b"")})


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:7860",
        "127.0.0.1:7860",
        "[::1]:7860",
        "192.168.0.7",
        "color.example.org",
        "a.gradio.live",
    ],
)
def test_it_answers_to_names_that_are_known_and_to_addresses(host: str) -> None:
    found = ask(Guard(echo, names=["color.example.org", ".gradio.live"]), headers={"host": host})
    assert found.status_code == 200
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil-gradio.live",
        "gradio.live.evil.example",
        "127.0.0.1.evil.example",
        "",
        "x",
    ],
)
def test_it_answers_to_no_other(host: str) -> None:
    found = ask(Guard(echo, names=[".gradio.live"]), headers={"host": host})
    assert found.status_code == 403
    assert "--allow-host" in found.text


def line(*pages: str) -> Callable[[], Any]:
    """Gradio's queue, in which some pages wait."""
    waiting = SimpleNamespace(queue=[SimpleNamespace(session_hash=page) for page in pages])
    return lambda: SimpleNamespace(event_queue_per_concurrency_id={"model": waiting})


def join(queue: Callable[[], Any], page: str = "me", **options: Any) -> httpx.Response:
    return ask(
        Admission(echo, queue),
        "POST",
        "/gradio_api/queue/join",
        json={"session_hash": page, "data": [], "fn_index": 0},
        **options,
    )


def test_a_page_waits_with_a_few_pieces_of_work_and_others_are_not_kept_out() -> None:
    queue = line(*["me"] * web.MOST_WAITING)
    found = join(queue)
    assert found.status_code == 429
    assert found.json()["detail"] == web.WAIT
    assert join(queue, "another").status_code == 200
    assert join(line(*["me"] * (web.MOST_WAITING - 1))).status_code == 200


def test_a_line_that_is_too_long_is_told_in_the_language_of_the_page() -> None:
    found = join(line(*map(str, range(web.LONGEST_LINE))), headers={"accept-language": "ko"})
    assert found.status_code == 429
    assert "기다리는 사람이" in found.json()["detail"]


def test_joins_at_one_time_are_counted_before_they_stand_in_the_line() -> None:
    standing = SimpleNamespace(queue=[])

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        standing.queue.append(SimpleNamespace(session_hash="me"))
        await echo(scope, receive, send)

    async def many() -> list[int]:
        app = Admission(slow, lambda: SimpleNamespace(event_queue_per_concurrency_id={"model": standing}))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            body = {"session_hash": "me", "data": []}
            found = await asyncio.gather(*(client.post("/gradio_api/queue/join", json=body) for _ in range(20)))
        return [answer.status_code for answer in found]

    assert sorted(asyncio.run(many())) == [200] * web.MOST_WAITING + [429] * (20 - web.MOST_WAITING)


def test_file_objects_that_name_no_upload_do_not_reach_gradio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(temporary.VARIABLE, str(tmp_path))
    (tmp_path / "mine.png").write_bytes(b"x")
    mine, other = (
        {"path": str(tmp_path / "mine.png"), "meta": {"_type": "gradio.FileData"}},
        {"path": "/etc/passwd", "meta": {}},
    )
    body = {"session_hash": "me", "data": [mine, other, [other, {"files": [mine, other]}], "path"]}
    found = ask(Admission(echo, line()), "POST", "/gradio_api/queue/join", json=body).json()
    assert found["data"] == [mine, None, [None, {"files": [mine, None]}], "path"]


def test_what_is_not_json_or_too_much_is_not_our_business_or_refused() -> None:
    app = Admission(echo, line())
    assert ask(app, "POST", "/gradio_api/queue/join", content=b"{").content == b"{"
    assert ask(app, "POST", "/gradio_api/queue/join", content=b"[" * 100_000).status_code == 200
    assert ask(app, "POST", "/gradio_api/run/look", content=b"x" * (web.LARGEST_CALL + 1)).status_code == 413
    assert ask(app, "POST", "/elsewhere", content=b"x" * 100).content == b"x" * 100


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_full_disk_is_a_sentence(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(scope: Any, receive: Any, send: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    free = temporary.ROOM - 1 if when == "before" else 10 * temporary.ROOM
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = ask(
        Admission(echo if when == "before" else full, line()),
        "POST",
        "/gradio_api/upload",
        headers={"accept-language": "ko"},
    )
    assert found.status_code == 507
    assert "디스크에 자리가" in json.loads(found.text)["detail"]
