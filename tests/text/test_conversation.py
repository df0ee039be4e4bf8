"""Coloring by talking: what follows what, in two languages; and the bot of the docstring, run. The network is a toy,
and a thing is where we say.
"""

import io
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.toys.network import Flood
from tests.toys.scene import MIDDLE, PLACES, SIZE, gray
from toolkit import pipeline
from toolkit.color import rgb_to_lab
from toolkit.photo import Photo
from toolkit.pipeline import seen
from toolkit.text import conversation as module
from toolkit.text.conversation import Conversation
from toolkit.text.grammar.parser import MAX_PROMPT


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "load_model", lambda *_: Flood())
    monkeypatch.setattr("toolkit.text.localizer.load_localizer", lambda *_: PLACES)


def begun(**more: object) -> Conversation:
    talk = Conversation("unet", device="cpu", **more)
    talk.send(photo=gray())
    return talk


def at_place(result: pipeline.Result | None, thing: str) -> tuple[float, float]:
    """a and b in the middle of a thing."""
    assert result is not None
    x, y = MIDDLE[thing]
    scale = result.photo.width / SIZE[0]
    patch = (
        result.rgb[:, round(y * scale) - 4 : round(y * scale) + 5, round(x * scale) - 4 : round(x * scale) + 5].float()
        / 255
    )
    a, b = rgb_to_lab(patch)[1:].mean((1, 2)).tolist()
    return a, b


def is_blue(ab: tuple[float, float]) -> bool:
    return ab[1] < -15


def is_red(ab: tuple[float, float]) -> bool:
    return ab[0] > 25 and ab[1] > 5


def is_automatic(ab: tuple[float, float]) -> bool:
    return abs(ab[0] + 12) < 3 and abs(ab[1] - 8) < 3


def chroma(ab: tuple[float, float]) -> float:
    return float(np.hypot(*ab))


@pytest.mark.parametrize(
    "text, says",
    [("the sky blue", "photo"), ("undo", "photo"), ("하늘은 파란색", "사진"), ("취소", "사진"), ("???", "photo")],
)
def test_without_a_photo_it_asks_for_one(text: str, says: str) -> None:
    reply = Conversation("unet", device="cpu").send(text)
    assert says in reply.text
    assert reply.result is None


@pytest.mark.parametrize("text, says", [("", "navy"), ("help!", "navy"), ("도움말", "남색")])
def test_help_says_what_can_be_said(text: str, says: str) -> None:
    assert says in Conversation("unet", device="cpu").send(text).text


def test_a_photo_alone_comes_back_in_automatic_colors() -> None:
    reply = Conversation("unet", device="cpu").send(photo=gray())
    assert all(is_automatic(at_place(reply.result, thing)) for thing in MIDDLE)
    assert "\n" not in reply.text


def test_a_photo_with_a_sentence_is_colored_by_it() -> None:
    reply = Conversation("unet", device="cpu").send("make the wall red", gray())
    assert is_red(at_place(reply.result, "wall"))
    assert "wall" in reply.text
    assert "red" in reply.text


def test_no_darker_and_now_the_wall_go_on_from_what_was_said() -> None:
    talk = begun()
    first = at_place(talk.send("make the jacket navy").result, "jacket")
    darker = talk.send("no, darker")
    assert is_blue(first)
    assert chroma(at_place(darker.result, "jacket")) > chroma(first) + 3, (
        "the light is the photo's own: the color gets deeper"
    )
    assert "jacket" in darker.text
    still = talk.send("a bit darker")
    assert chroma(at_place(still.result, "jacket")) >= chroma(at_place(darker.result, "jacket"))
    wall = talk.send("now the wall").result
    assert is_blue(at_place(wall, "wall"))
    assert is_blue(at_place(wall, "jacket"))
    it = talk.send("make it red").result
    assert is_red(at_place(it, "wall"))
    assert is_blue(at_place(it, "jacket"))
    assert is_red(at_place(talk.send("no, the dog red").result, "dog"))


def test_the_same_in_korean() -> None:
    talk = begun()
    reply = talk.send("재킷을 남색으로")
    assert is_blue(at_place(reply.result, "jacket"))
    assert "재킷" in reply.text
    darker = talk.send("아니, 더 어둡게")
    assert chroma(at_place(darker.result, "jacket")) > chroma(at_place(reply.result, "jacket")) + 3
    wall = talk.send("이제 벽")
    assert is_blue(at_place(wall.result, "wall"))
    assert is_red(at_place(talk.send("그거 빨간색으로").result, "wall"))
    undone = talk.send("취소해 줘")
    assert is_blue(at_place(undone.result, "wall"))
    assert re.search("[가-힣]", undone.text)


def test_a_thing_without_a_color_waits_for_it() -> None:
    talk = begun()
    asked = talk.send("the wall")
    assert asked.result is None
    assert "which color" in asked.text
    assert is_red(at_place(talk.send("red").result, "wall"))


def test_everything_else_knows_what_was_named_before() -> None:
    talk = begun()
    talk.send("the wall red")
    reply = talk.send("everything else black and white").result
    assert is_red(at_place(reply, "wall"))
    assert all(chroma(at_place(reply, thing)) < 4 for thing in ("jacket", "dog", "rest"))
    after = talk.send("the dog blue").result
    assert is_blue(at_place(after, "dog"))
    assert chroma(at_place(after, "rest")) < 4


def test_undo_redo_and_starting_over() -> None:
    talk = begun()
    pictures = [talk.send(text).result for text in ("the wall red", "the dog blue", "warmer")]
    assert is_blue(at_place(pictures[2], "dog"))
    assert at_place(pictures[2], "rest")[1] > at_place(pictures[1], "rest")[1] + 5
    for back in pictures[1::-1]:
        undone = talk.send("Undo!").result
        assert undone is not None
        assert torch.equal(undone.rgb, back.rgb)
    assert is_automatic(at_place(talk.send("undo").result, "wall"))
    assert talk.send("undo").result is None
    for forth in pictures:
        redone = talk.send("redo").result
        assert redone is not None
        assert torch.equal(redone.rgb, forth.rgb)
    assert talk.send("redo").result is None
    begun_again = talk.send("start over").result
    assert all(is_automatic(at_place(begun_again, thing)) for thing in MIDDLE)
    assert is_red(at_place(talk.send("undo").result, "wall"))
    talk.send("the wall blue")
    assert talk.send("redo").result is None, "another way was taken"


def test_what_is_not_there_is_said_and_costs_nothing() -> None:
    talk = begun()
    before = talk.step
    reply = talk.send("make the bicycle red")
    assert reply.result is None
    assert "bicycle" in reply.text
    assert talk.step == before
    both = talk.send("the bicycle red and the wall blue")
    assert is_blue(at_place(both.result, "wall"))
    assert "bicycle" in both.text
    assert len(talk.step.wishes) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 10_000,
        "👗" * 30,
        "<img src=x onerror=alert(1)>",
        "{thing} ${1+1} {{x}}",
        "\0\x07\u202e",
        "das Kleid ist rot",
        "空を青くして",
        "아니",
        "no",
        "it",
    ],
)
def test_whatever_is_said_the_answer_is_a_sentence(text: str) -> None:
    for talk in (Conversation("unet", device="cpu"), begun()):
        reply = talk.send(text)
        assert reply.text
        assert len(reply.text) < 2 * MAX_PROMPT
        assert "Traceback" not in reply.text
        assert is_red(at_place(talk.send("the wall red", gray()).result, "wall")), "and it goes on"


def test_a_color_photo_keeps_what_was_not_named() -> None:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    array = np.stack([90 + x // 3, 60 + y // 2, 200 - x // 3], -1).astype(np.uint8)
    photo = Photo.from_array(array)
    talk = Conversation("unet", device="cpu")
    first = talk.send(photo=photo)
    assert first.result is not None
    assert torch.equal(first.result.rgb, photo.rgb)
    assert talk.send("warmer").result is None, "that would change everything"
    reply = talk.send("the wall red").result
    assert reply is not None
    assert is_red(at_place(reply, "wall"))
    assert torch.equal(reply.rgb[:, 100:, 140:], photo.rgb[:, 100:, 140:]), "bytes far from it are the photo's"
    anew = talk.send("color it anew").result
    assert is_automatic(at_place(anew, "rest"))
    assert is_red(at_place(anew, "wall"))


def test_small_pictures_on_the_way_and_the_full_size_when_asked_for() -> None:
    talk = Conversation("unet", device="cpu", screen=120)
    small = talk.send("the wall red", gray()).result
    assert small is not None
    assert small.photo.size == (120, 80)
    assert is_red(at_place(small, "wall"))
    saved = talk.send("save")
    assert saved.result is not None
    assert saved.result.photo.size == SIZE
    assert "240" in saved.text
    assert is_red(at_place(talk.finish(), "wall"))
    with pytest.raises(ValueError, match="photo"):
        Conversation("unet", device="cpu").finish()


def test_a_new_photo_begins_anew() -> None:
    talk = begun()
    talk.send("the wall red")
    assert is_automatic(at_place(talk.send(photo=gray()).result, "wall"))
    assert talk.send("undo").result is None


def test_the_bot_of_the_docstring_runs(tmp_path: Path) -> None:
    assert module.__doc__ is not None
    blocks = re.findall(r"(?:^    .*\n|^\n)+", module.__doc__, re.MULTILINE)
    code = textwrap.dedent(max(blocks, key=len)).strip()
    assert len(code.splitlines()) <= 22
    stream = io.BytesIO()
    gray().rgb.permute(1, 2, 0).numpy()
    Image.fromarray(gray().rgb.permute(1, 2, 0).numpy()).save(stream, "PNG")
    picture = stream.getvalue()

    def messages() -> Iterator[tuple[str, str, bytes | None]]:
        yield "ada", "make the wall red", None
        yield "ada", "", picture
        yield "bo", "벽을 남색으로", picture
        yield "ada", "make the wall red", None
        yield "bo", "", b"no photo at all"
        yield "bo", "취소", None

    answers: list[tuple[str, str, bytes | None]] = []
    exec(compile(code, "bot", "exec"), {"messages": messages, "answer": lambda *answer: answers.append(answer)})
    assert [who for who, _, _ in answers] == ["ada", "ada", "bo", "ada", "bo", "bo"]
    assert [png is not None for _, _, png in answers] == [False, True, True, True, False, True]
    wall = Image.open(io.BytesIO(answers[3][2] or b"")).getpixel(MIDDLE["wall"])
    assert wall[0] > wall[2] + 40
    assert "text file" in answers[4][1]
