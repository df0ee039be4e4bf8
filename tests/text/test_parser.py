"""toolkit.text.grammar.parser against sentences that were written before it (prompts.tsv), and what it must do with
anything at all.
"""

import random
import re
import unicodedata
from pathlib import Path

import pytest
import torch

from toolkit.color import delta_e, hex_to_lab, parse_color, to_hex
from toolkit.color import names as color_names
from toolkit.text import MAX_PROMPT, ColorWords, Parsed, Place, PromptError, Thing, Wish, parse
from toolkit.text.grammar import shades

SENTENCES = Path(__file__).with_name("prompts.tsv")
TOLERANCE = 13.0  # CIEDE2000 between a color as said and as expected: "pale yellow" is no exact color

Case = tuple[str, list[str], list[str]]


def cases() -> list[Case]:
    """(prompt, wishes, unknown words) of prompts.tsv."""
    read = []
    for line in SENTENCES.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# ") or line.startswith("## ") or "\t" not in line:
            continue
        prompt, expected = line.rsplit("\t", 1)
        parts = [part.strip() for part in expected.split(" ; ")] if expected.strip() else []
        wishes = [part for part in parts if not part.startswith("?")]
        unknown = [word.removeprefix("?") for part in parts if part.startswith("?") for word in part.split(" ")]
        read.append((prompt.replace("\\n", "\n"), wishes, unknown))
    return read


def shown(thing: Thing | None) -> str:
    """A thing as prompts.tsv writes it."""
    if thing is None:
        return "*"
    place = thing.place or Place()
    marks = [f"@{place.order}.{place.counted_from}"] if place.order else []
    marks += [f"@{place.side}"] if place.side else []
    marks += ["@big" if place.largest else "@small"] if place.largest is not None else []
    noun = "rest" if thing.rest else "it" if thing.pronoun else thing.noun
    return noun + (f"<{shown(thing.part_of)}" if thing.part_of else "") + "".join(marks)


def same_color(said: ColorWords, expected: str) -> bool:
    avoid, name = expected.startswith("-"), expected.removeprefix("-")
    if said.avoid != avoid or said.color is None:
        return False
    labs = [
        torch.tensor(hex_to_lab(code)).view(3, 1, 1)
        for code in (said.color, shades.MEANT.get(name) or to_hex(parse_color(name)))
    ]
    return float(delta_e(*labs)) < TOLERANCE


def matches(wish: Wish, expected: str) -> bool:
    if " = " in expected:
        thing, color = expected.split(" = ")
        return (
            shown(wish.thing) == thing
            and wish.change is None
            and wish.color is not None
            and same_color(wish.color, color)
        )
    thing, _, change = expected.partition(" : ")
    return shown(wish.thing) == thing and wish.color is None and (wish.change or "") == change


def read_back(parsed: Parsed) -> str:
    """For a failure's message: what was understood, written as in prompts.tsv."""

    def one(wish: Wish) -> str:
        color = f" = {'-' if wish.color.avoid else ''}{wish.color.color}" if wish.color else ""
        return shown(wish.thing) + color + (f" : {wish.change}" if wish.change else "")

    return " ; ".join(
        [*map(one, parsed.wishes), *(f"?{word.words}{'~' + word.hint if word.hint else ''}" for word in parsed.unknown)]
    )


@pytest.mark.parametrize(
    "prompt, wishes, unknown", cases(), ids=lambda value: value[:40] if isinstance(value, str) else ""
)
def test_sentence(prompt: str, wishes: list[str], unknown: list[str]) -> None:
    parsed = parse(prompt)
    said = read_back(parsed)
    assert len(parsed.wishes) == len(wishes), said
    rest = list(wishes)  # in any order: a thing described inside another comes out when it is read
    for wish in parsed.wishes:
        fits = [expected for expected in rest if matches(wish, expected)]
        assert fits, said
        rest.remove(fits[0])
    words = [word.words.lower() for word in parsed.unknown]
    assert words == [word.split("~")[0].lower() for word in unknown], said
    for word, expected in zip(parsed.unknown, unknown, strict=True):
        if "~" in expected:
            assert word.hint == expected.split("~")[1]


# What the grammar gets wrong, and says so or not: (prompt, what it says instead). A change here should be an
# improvement.
MISUNDERSTOOD = [
    ("a black-haired woman", "woman ; ?black~back ; ?haired~hairdo"),
    ("sky blue grass green", "grass = #008000"),
    (
        "the man on the left has a blue jacket and the one on the right has a red jacket",
        "jacket<man@left = #0000ff ; jacket<@right = #ff0000",
    ),
    ("the boats are white and blue", "boat = #ffffff ; ?blue"),
    ("the second and third houses are yellow", "house@3.left = #ffff00 ; ?second"),
    ("the chair next to the red table is blue", "chair = #0000ff ; table = #0000ff"),
    ("the door should match the roof", "door ; roof ; ?match~watch"),
    ("make it pop", "pop"),
    ("빨간불이 켜진 신호등", "fire = #ff0000 ; traffic light ; ?켜진"),
    ("여자는 빨간 드레스를 입고 있어", "woman ; dress = #ff0000"),
    ("the car that is parked on the left is red", "car = #ff0000 ; @left = #ff0000 ; ?parked"),
    ("if the sky is blue the sea is green", "sky = #0000ff ; sea = #008000 ; ?if"),
]


@pytest.mark.parametrize("prompt, said", MISUNDERSTOOD)
def test_known_misunderstandings(prompt: str, said: str) -> None:
    assert read_back(parse(prompt)) == said


def test_a_prompt_that_is_too_long_is_refused_in_one_sentence() -> None:
    parse("a " * (MAX_PROMPT // 2))
    with pytest.raises(PromptError, match=r"^The prompt has 10,000 characters; at most 500 can be read.*\.$"):
        parse("x" * 10_000)


def test_nothing_says_nothing() -> None:
    assert parse("") == Parsed((), (), "en")
    assert parse(" \n\t ").wishes == ()


@pytest.mark.parametrize(
    "prompt, language",
    [("red car", "en"), ("빨간 차", "ko"), ("sky는 파란색", "ko"), ("color 하늘 blue please", "en"), ("#fff", "en")],
)
def test_language(prompt: str, language: str) -> None:
    assert parse(prompt).language == language


PIECES = (
    """the car of |위의 왼쪽 |a light |car's |on the left |like |with |not |빨간|<|rgb(|'|except |1|가나|is |big """
)


def read(prompt: str) -> Parsed:
    """What was understood, with what holds for every prompt looked at."""
    parsed = parse(prompt)
    assert parsed == parse(prompt)
    for part in (*parsed.wishes, *parsed.unknown):
        assert 0 <= part.start < part.end <= len(prompt), prompt
    for word in parsed.unknown:
        assert prompt[word.start : word.end].strip(), prompt
    for wish in parsed.wishes:
        assert wish.color is None or wish.color.color is None or re.fullmatch("#[0-9a-f]{6}", wish.color.color)
    return parsed


@pytest.mark.parametrize("piece", PIECES.split("|"))
def test_repetition_is_read_to_its_end(piece: str) -> None:
    parsed = read((piece * MAX_PROMPT)[: MAX_PROMPT - 6] + " blorf")
    assert max(part.end for part in (*parsed.wishes, *parsed.unknown)) == MAX_PROMPT


WORDS = """
make the a sky car woman 's hair red light blue not like grass and , . ; : ? ! in on of left second with has
everything else except warmer too don't
하늘은 하늘 파란색으로 파란 여자의 머리를 말고 처럼 왼쪽 두 번째 나머지 더 어둡게 그거 아니 #fa0 rgb(1,2,3) <b> 😀 ß İ
\u1112\u1161\u1102\u1173\u11af 1950 blorf \x00 \u202e
"""


def test_any_text_is_read_and_spans_lie_inside_it() -> None:
    words = WORDS.split()
    chance = random.Random(0)
    for _ in range(400):
        read(" ".join(chance.choices(words, k=chance.randint(1, 14))))


def test_no_word_of_noise_is_passed_over() -> None:
    chance = random.Random(1)
    for _ in range(100):
        noise = "".join(
            chr(chance.choice([chance.randrange(32, 127), chance.randrange(0x80, 0xD7FF), 10, 0x1F600]))
            for _ in range(60)
        )
        parsed = read(noise)
        told = {i for part in (*parsed.wishes, *parsed.unknown) for i in range(part.start, part.end)}
        assert {i for word in re.finditer(r"[^\W\d_]{3,}", noise) for i in range(*word.span())} <= told, noise


def test_said_is_the_prompt_s_own_words() -> None:
    wish = parse("Please make the Woman's hair in the middle Light Blue").wishes[0]
    assert wish.thing is not None
    assert wish.color is not None
    assert wish.thing.said == "Woman's hair"
    assert wish.color.said == "Light Blue"
    old = parse("the old brick wall is red").wishes[0].thing
    assert old is not None
    assert old.said == "old brick wall"


def test_spans_are_those_of_the_prompt_whatever_its_encoding() -> None:
    composed = "하늘은 파란색"
    decomposed = unicodedata.normalize("NFD", composed)
    wish = parse(decomposed).wishes[0]
    assert wish.thing is not None
    assert wish.thing.noun == "sky"
    assert (wish.start, wish.end) == (0, len(decomposed))
    prompt = "make the sky blue, the dress red"
    assert [prompt[wish.start : wish.end] for wish in parse(prompt).wishes] == ["the sky blue", "the dress red"]


# these two mean other colors than CSS says
@pytest.mark.parametrize("name", sorted(set(color_names.spoken()) - {"brown", "pale green"}))
def test_every_spoken_color_is_that_color_for_a_wall(name: str) -> None:
    parsed = parse(f"the wall is {name}")
    assert [shown(wish.thing) for wish in parsed.wishes] == ["wall"]
    color = parsed.wishes[0].color
    assert color is not None
    assert color.color == color_names.spoken()[name]


@pytest.mark.parametrize("color", ["blue", "red", "purple", "green", "brown"])
def test_pale_and_light_colors_are_lighter_and_keep_their_hue(color: str) -> None:
    plain, light, pale = (parse(f"the wall is {shade}{color}").wishes[0].color for shade in ("", "light ", "pale "))
    assert plain is not None
    assert light is not None
    assert pale is not None
    lab = [hex_to_lab(c.color) for c in (plain, light, pale) if c.color]
    assert lab[0][0] < lab[2][0]
    assert lab[0][0] < lab[1][0]
    assert lab[2][1] ** 2 + lab[2][2] ** 2 < lab[0][1] ** 2 + lab[0][2] ** 2
    if color == "blue":
        assert lab[2][1] < 20, "Lab's own way to a light blue leads over violet"


def test_a_color_that_nobody_can_know() -> None:
    color = parse("the wall like the car").wishes[0].color
    assert color == ColorWords("like the car", None)
