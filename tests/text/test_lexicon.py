"""toolkit.text.grammar.lexicon: what nouns are taken as, and that its tables hold together."""

from importlib import resources

import pytest

from toolkit.color import parse_color
from toolkit.text.grammar import lexicon
from toolkit.text.grammar.lexicon import Sense, canonical, hint, korean, noun, typical_color, whole_of

# What photos are labelled with (the classes of the region data), each a noun the localizer may know.
CLASSES = """
skin, hair, shoes, person, bag, sky, car, building, road, pavement, window, vegetation, door, dog, pants, sunglasses,
cat, coat, dress, chair, belt, shirt, blouse, skirt, horse, cow, table, jeans, sheep, sofa, bottle, tree, sweater, hat,
potted plant, tights, blazer, t-shirt, suit, tv, wall, cup, traffic sign, scarf, jacket, bowl, bracelet, sandals, fence,
pole, shorts, socks, vest, boots, top, cyclist, leggings, sink, spoon, knife, book, tie, sweatshirt, floor, oven, wine
glass, bicycle, grass, fork, truck, watch, backpack, laptop, refrigerator, bus, necklace, phone, bird, motorcycle, cape,
keyboard, romper, toilet, ceiling, clock, light, mouse, traffic light, bed, bench, broccoli, microwave, remote, sports
ball, umbrella, vase, boat, paper, banana, glasses, pizza, teddy bear, baseball glove, cabinet, cake, dirt, baseball
bat, carrot, donut, rug, suitcase, train, skateboard, tennis racket, apple, cardigan, elephant, house, orange, sneakers,
food, gloves, playing field, sandwich, sea, airplane, frisbee, giraffe, skis, bodysuit, counter, fire hydrant, snow,
toothbrush, bear, curtain, mountain, parking meter, ring, cardboard, scissors, shelf, kite, surfboard, toaster, zebra,
mirror, sand, water, blind, bridge, clothes, flower, gravel, hair drier, hot dog, net, rock, roof, snowboard, banner,
blanket, furniture, river, stairs, towel, fruit, hoodie, platform, railroad, underwear, cloud, desk, fabric, fog,
pillow, salad, tent
"""
NAMES = [name.strip() for name in CLASSES.replace("\n", " ").split(",")]


def words(phrase: str) -> list[str]:
    return [sense.word for sense in canonical(phrase)]


@pytest.mark.parametrize("name", NAMES)
def test_every_class_is_itself_first_and_has_a_korean_name_that_leads_back(name: str) -> None:
    assert canonical(name)[0] == Sense(name, "itself")
    called = korean(name)
    assert called is not None
    assert words(called)[0] == name


@pytest.mark.parametrize(
    "said, first, how, word",
    [
        ("puppy", "puppy", "broader", "dog"),
        ("Puppies", "puppy", "broader", "animal"),
        ("automobile", "automobile", "synonym", "car"),
        ("automobile", "automobile", "broader", "vehicle"),
        ("강아지", "puppy", "broader", "dog"),
        ("couch", "couch", "synonym", "sofa"),
        ("poodle", "poodle", "broader", "dog"),
        ("lady", "lady", "broader", "person"),
        ("T-Shirts", "t-shirt", "broader", "clothes"),
        ("shoe", "shoe", "synonym", "shoes"),
        ("cottage", "cottage", "synonym", "house"),
        ("sparrow", "sparrow", "broader", "bird"),
        ("kitchen chair", "kitchen chair", "broader", "chair"),
        ("accountant", "accountant", "broader", "person"),
    ],
)
def test_candidates(said: str, first: str, how: str, word: str) -> None:
    senses = canonical(said)
    assert senses[0] == Sense(first, "itself")
    assert word in [sense.word for sense in senses if sense.how == how]


def test_candidates_go_from_near_to_far_and_name_no_word_twice() -> None:
    order = {"itself": 0, "synonym": 1, "broader": 2}
    for entry in lexicon.entries():
        senses = canonical(entry)
        assert [order[sense.how] for sense in senses] == sorted(order[sense.how] for sense in senses)
        assert len({sense.word for sense in senses}) == len(senses)
    assert words("puppy").index("dog") < words("puppy").index("animal")


def test_a_word_that_nothing_is_known_of_is_itself_alone() -> None:
    assert canonical("blorf") == (Sense("blorf", "itself"),)
    assert canonical("") == ()
    assert noun("blorf") is None
    assert korean("blorf") is None
    assert whole_of("blorf") == ()
    assert typical_color("blorf") is None


def test_parts_and_typical_colors() -> None:
    assert whole_of("hair") == ("person",)
    assert "car" in whole_of("wheels")
    assert whole_of("sky") == ()
    assert typical_color("grass") == "#5b8f36"
    assert typical_color("잔디") == typical_color("grass")
    assert typical_color("car") is None


@pytest.mark.parametrize(
    "said, meant",
    [
        ("blu", "blue"),
        ("gren", "green"),
        ("yelow", "yellow"),
        ("hous", "house"),
        ("umbrela", "umbrella"),
        ("파란섹", "파란색"),
    ],
)
def test_hints(said: str, meant: str) -> None:
    assert hint(said) == meant


@pytest.mark.parametrize("said", ["house", "zzzzzz", "", "x", "👗", "<b>", "a" * 500])
def test_no_hint_where_there_is_none_to_give(said: str) -> None:
    assert hint(said) is None


def test_tables_hold_together() -> None:
    entries = lexicon.entries()
    assert len(entries) >= 500
    for entry in entries.values():
        for word in (*entry.wholes, *entry.kinds):
            assert noun(word) is not None, f"{entry.noun} names {word}"
        if entry.color:
            parse_color(entry.color)
    for color, _, _ in lexicon.rows("colors", 3):
        parse_color(color)
    for thing, relation, _ in lexicon.rows("broader", 3):
        assert thing == "-" or thing in entries
        assert relation in ("same", "kind")


def test_tables_are_small() -> None:
    folder = resources.files("toolkit.text.grammar").joinpath("words")
    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 400_000
