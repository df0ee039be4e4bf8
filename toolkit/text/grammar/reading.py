"""From a prompt to a row of items: what each word or phrase can be, in English and Korean. The parser decides what they
mean together.

An English item is a phrase of roles.tsv, a color, or a noun. A Korean word is split into stem and endings, each an item
of its own: "하늘은" becomes sky + "is", "여자의" woman + "of", "파랗고" blue + "and". So one grammar serves both languages.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from toolkit.color import names as color_names
from toolkit.text.grammar import lexicon, shades

_TOKEN = re.compile(
    r"(?P<markup></?[a-zA-Z!][^<>]{0,200}>)"
    r"|(?P<code>\#[0-9a-fA-F]{6}\b|\#[0-9a-fA-F]{3}\b|\brgb\(\s{0,3}\d{1,3}[\s,]{1,4}\d{1,3}[\s,]{1,4}\d{1,3}\s{0,3}\))"
    r"|(?P<number>\d+(?:st|nd|rd|th)\b|\d+번째|[0-9a-fA-F]*\d[0-9a-fA-F]*\b|\d+)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
    r"|(?P<stop>[.;!?\n。！？]+)"
    r"|(?P<comma>[,、，])"
    r"|(?P<sign>->|=>|[&=:→➔/])"
    r"|(?P<quiet>[\s'’\"“”‘()\[\]_*~-]+)"
    r"|(?P<other>[^\w\s]+)",
)
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣᄀ-ᇿ]")

# Korean endings and what they say; the longest that fits is tried last, for a stem should be as long as it can.
_ENDINGS: dict[str, str] = {
    "is": "은 는 이 가 을 를 도 만 으로 로 게 으로만 로는 으로는 에게 한테 께",
    "of": "의",
    "and": "와 과 랑 이랑 하고 이고 고 며 이며 거나 이나",
    "at": "에 에는 에다 에다가 위의 위에 안의 안에 속의",
    "from": "에서 에서는 부터 에서부터",
    "like": "처럼 같은 같이 처럼은",
    "not": "말고 아닌 대신",
    "skip": "들 다 이다 야 이야 이에요 예요 에요 입니다 이네 네 요 이요 임 인 지 면 이면 으면 으면서 까지 마저 부분 씩 님 해 해줘 하게",
}
_ENDING_ROLE = {ending: role for role, endings in _ENDINGS.items() for ending in endings.split()}
_TONES = ("색깔", "색상", "계열", "빛", "색", "톤")
_LONGEST = max(map(len, _ENDING_ROLE))
MAX_STEM = 12  # letters of a Korean stem; longer ones are no word that we know


@dataclass(frozen=True)
class Item:
    """A word or phrase of the prompt, from `start` to `end`, with every role it can play.

    `roles`: {role of roles.tsv, or "stop", "comma", "markup": its value}. `noun`: the thing it can name. `color`: the
    color it can name, "#rrggbb". `thing_first`: a color's name that is first of all the name of a thing ("sky",
    "brick"). `compound`: the color of this word and the next ("sky blue").
    """

    said: str
    start: int
    end: int
    roles: dict[str, str] = field(default_factory=dict)
    noun: str | None = None
    color: str | None = None
    plural: bool = False
    thing_first: bool = False
    korean: bool = False
    compound: str | None = None

    def plays(self, *roles: str) -> bool:
        """Whether it can play one of these roles."""
        return any(role in self.roles for role in roles)

    @property
    def known(self) -> bool:
        """Whether it has any meaning for the grammar."""
        return bool(self.roles or self.noun or self.color)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str  # as looked up
    start: int
    end: int


def is_korean(prompt: str) -> bool:
    """Whether a prompt is Korean rather than English: more than a third of its letters are Hangul."""
    letters = [c for c in prompt if c.isalpha()]
    return len(_HANGUL.findall("".join(letters))) * 3 > len(letters)


def read(prompt: str) -> list[Item]:
    """The items of a prompt, from left to right; spaces, quotes and brackets are left out."""
    tokens = list(_tokens(prompt))
    items: list[Item] = []
    at = 0
    while at < len(tokens):
        found, used = _longest(tokens, at, prompt)
        items += found
        at += used
    return items


def _tokens(prompt: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(prompt):
        kind, (start, end) = str(match.lastgroup), match.span()
        text = lexicon.key(match[0])
        if kind == "quiet":
            if "\n" in match[0]:
                yield _Token("stop", "\n", start, end)
        elif kind == "word" and text.endswith("'s"):
            yield _Token("word", text[:-2], start, end - 2)
            yield _Token("possessive", "'s", end - 2, end)
        elif kind == "word" and text.endswith("s") and re.match(r"['’]\s+[^\W\d_]", prompt[end : end + 20]):
            yield _Token("word", text, start, end)
            yield _Token("possessive", "'s", end, end + 1)
        else:
            yield _Token(kind, text, start, end)


def _longest(tokens: list[_Token], at: int, prompt: str) -> tuple[list[Item], int]:
    """The items that begin at a token, by the longest phrase that is known, and how many tokens they take."""
    token = tokens[at]
    if token.kind == "possessive":
        return [_item(prompt, token.start, token.end, {"of": "", "is": ""})], 1
    if token.kind in ("stop", "comma", "markup"):
        return [_item(prompt, token.start, token.end, {token.kind: ""})], 1
    if token.kind == "code":
        return [
            Item(
                prompt[token.start : token.end],
                token.start,
                token.end,
                color=shades.exact(prompt[token.start : token.end]),
            )
        ], 1
    if token.kind == "number" and len(token.text) == 6 and not token.text.isdigit():
        return [Item(prompt[token.start : token.end], token.start, token.end, color=shades.exact(token.text))], 1
    run = 1
    while at + run < len(tokens) and run < 6 and tokens[at + run].kind in ("word", "sign", "number"):
        run += 1
    for length in range(run, 0, -1):
        part = tokens[at : at + length]
        found = _phrase(prompt, part) or (_taken_apart(prompt, part) if _HANGUL.search(part[-1].text) else None)
        if found:
            return found, length
    return [_item(prompt, token.start, token.end, {}, korean=bool(_HANGUL.search(token.text)))], 1


def _item(prompt: str, start: int, end: int, roles: dict[str, str], korean: bool = False) -> Item:
    return Item(prompt[start:end], start, end, roles, korean=korean)


def _phrase(prompt: str, tokens: list[_Token]) -> list[Item] | None:
    """An item for a whole phrase that the tables have."""
    text = " ".join(token.text for token in tokens)
    start, end = tokens[0].start, tokens[-1].end
    item = look_up(text)
    if item is None:
        return None
    if len(tokens) == 2 and item.color and not item.noun:
        first, second = look_up(tokens[0].text), look_up(tokens[1].text)
        if first and second and first.noun and second.color and not second.noun:
            thing = _placed(first, prompt, tokens[0].start, tokens[0].end)
            return [replace(thing, compound=item.color), _placed(second, prompt, tokens[1].start, tokens[1].end)]
    return [_placed(item, prompt, start, end)]


def _placed(item: Item, prompt: str, start: int, end: int) -> Item:
    said = prompt[start:end]
    return replace(item, said=said, start=start, end=end, korean=bool(_HANGUL.search(said)))


@functools.lru_cache(maxsize=4096)
def look_up(text: str) -> Item | None:
    """What a word or phrase, in the form of `key`, can be; without its place. None if it is in no table."""
    roles = _roles().get(text, {})
    korean = bool(_HANGUL.search(text))
    color = _korean_colors().get(text) if korean else _english_color(text)
    noun = None if _only_role(roles) else lexicon.noun(text)
    if not roles and noun is None and color is None:
        return None
    # "sky", "brick", "skin": aliases of color_names, understood as colors but things before all
    thing_first = bool(noun and color) and (korean or color_names.squeeze(text) in _THINGS_FIRST)
    plural = noun is not None and not korean and lexicon.key(noun) != text and text.endswith("s")
    return Item("", 0, 0, roles, noun, color, plural, thing_first)


_THINGS = """
sky skin grass brick jeans wood leather soil moss sand stone wheat straw snow coffee wine oak walnut chestnut asphalt denim cherry honey
"""
_THINGS_FIRST = frozenset(_THINGS.split())
# Words of these roles are nouns as well, and the grammar chooses; words of all others are what the role says.
_MAY_BE_NOUNS = {"shade", "side", "stuff", "look", "size", "part", "degree"}


def _only_role(roles: dict[str, str]) -> bool:
    return any(role not in _MAY_BE_NOUNS for role in roles)


def _english_color(text: str) -> str | None:
    for end in (" colored", " coloured"):
        if text.endswith(end):
            thing = text.removesuffix(end)
            return _english_color(thing) or lexicon.typical_color(thing)
    other = _other_colors().get(text)
    return other or (shades.named(text) if text.isascii() and len(text) < 40 else None)


@functools.cache
def _roles() -> dict[str, dict[str, str]]:
    """{phrase: {role: value}}."""
    table: dict[str, dict[str, str]] = {}
    for role, value, english, korean in lexicon.rows("roles", 4):
        for phrase in (*lexicon.several(english), *lexicon.several(korean)):
            table.setdefault(lexicon.key(phrase), {}).setdefault(role, value)
    return table


@functools.cache
def _other_colors() -> dict[str, str]:
    """{English word of colors.tsv: "#rrggbb"}."""
    return {
        lexicon.key(word): shades.meant(color)
        for color, english, _ in lexicon.rows("colors", 3)
        for word in lexicon.several(english)
    }


@functools.cache
def _korean_stems() -> dict[str, str]:
    """{Korean word of colors.tsv: "#rrggbb"}."""
    return {
        word: shades.meant(color) for color, _, korean in lexicon.rows("colors", 3) for word in lexicon.several(korean)
    }


@functools.cache
def _korean_colors() -> dict[str, str]:
    """Those that mean a color as they stand: with 색, 빛 ..., or of two syllables and more; of one only 흰."""
    stems = _korean_stems()
    alone = {word: color for word, color in stems.items() if len(word) > 1 or word == "흰"}
    return {word + tone: color for word, color in stems.items() for tone in _TONES} | alone


def _taken_apart(prompt: str, tokens: list[_Token]) -> list[Item] | None:
    """A Korean phrase whose last word has endings, or two words written as one."""
    before = " ".join(token.text for token in tokens[:-1])
    last = tokens[-1]
    raw = prompt[last.start : last.end]
    if len(raw) != len(last.text) or len(raw) > 3 * MAX_STEM:
        return None  # not composed (NFD): see `compose`
    for cut in range(len(raw) - 1, 0, -1):
        endings = _endings(raw[cut:])
        if endings is None:
            continue
        stem = f"{before} {raw[:cut]}".strip()
        item = _stem(stem, endings)
        if item:
            return [
                _placed(item, prompt, tokens[0].start, last.start + cut),
                *_ending_items(prompt, last.start + cut, endings),
            ]
    return _compound(prompt, last) if not before else None


def _stem(stem: str, endings: list[str]) -> Item | None:
    """A stem before endings: what the tables have; a thing with 색 ("잔디색"); 붉-게, 검-고, 희-게."""
    item = look_up(stem)
    if item:
        return item
    if stem in ("붉", "검", "희") and endings[0] in ("게", "고", "다", "은"):
        return Item("", 0, 0, color=_korean_stems()[stem])
    return None


@functools.lru_cache(maxsize=4096)
def _thing_color(text: str) -> Item | None:
    """ "잔디색": the color that a thing lends."""
    for tone in _TONES:
        thing = text.removesuffix(tone)
        if thing != text and thing:
            color = lexicon.typical_color(thing)
            return Item("", 0, 0, color=color) if color else look_up(thing)  # "머리색을 갈색으로"
    return None


def _endings(text: str) -> list[str] | None:
    """Endings one after another, up to three, the longest first; None where it is no such chain."""

    def chain(rest: str, left: int) -> list[str] | None:
        if not rest:
            return []
        if not left:
            return None
        for length in range(min(len(rest), _LONGEST), 0, -1):
            if rest[:length] in _ENDING_ROLE:
                more = chain(rest[length:], left - 1)
                if more is not None:
                    return [rest[:length], *more]
        return None

    return chain(text, 3) if len(text) <= 3 * _LONGEST else None


def _ending_items(prompt: str, start: int, endings: list[str]) -> list[Item]:
    items = []
    for ending in endings:
        items.append(_item(prompt, start, start + len(ending), {_ENDING_ROLE[ending]: ""}, korean=True))
        start += len(ending)
    return items


def _compound(prompt: str, token: _Token) -> list[Item] | None:
    """Two words written as one, "빨간드레스", "연파란색": a first known word as long as can be, then one with or without
    endings.

    Syllables that are words by chance would take unknown words to pieces: each half has two, or the first is a color or
    a shade ("빨간차", "연두색").
    """
    text = token.text
    item = _thing_color(text)
    if item:
        return [_placed(item, prompt, token.start, token.end)]
    for cut in range(min(len(text) - 1, MAX_STEM), 0, -1):
        first = look_up(text[:cut])
        if first is None or not (first.color or first.plays("shade") or (cut > 1 and first.noun)):
            continue
        rest = _Token("word", text[cut:], token.start + cut, token.end)
        found = _phrase(prompt, [rest]) or (_with_endings(prompt, rest))
        plain = found and (found[0].noun or found[0].color or found[0].plays("change", "shade"))
        if (
            found
            and plain
            and (len(found[0].said) > 1 or (first.color and found[0].noun))
            and (cut > 1 or found[0].color)
        ):
            return [_placed(first, prompt, token.start, token.start + cut), *found]
    thing = _color_with_endings(prompt, token)
    return thing


def _with_endings(prompt: str, token: _Token) -> list[Item] | None:
    for cut in range(len(token.text) - 1, 0, -1):
        endings = _endings(token.text[cut:])
        item = look_up(token.text[:cut]) if endings else None
        if endings and item:
            return [
                _placed(item, prompt, token.start, token.start + cut),
                *_ending_items(prompt, token.start + cut, endings),
            ]
    return None


def _color_with_endings(prompt: str, token: _Token) -> list[Item] | None:
    """ "잔디색으로"; and an unknown word that its ending marks as what the sentence is about: "블로프는"."""
    for cut in range(len(token.text) - 1, 0, -1):
        endings = _endings(token.text[cut:])
        item = _thing_color(token.text[:cut]) if endings else None
        if endings and item:
            return [
                _placed(item, prompt, token.start, token.start + cut),
                *_ending_items(prompt, token.start + cut, endings),
            ]
    if len(token.text) > 2 and token.text[-1] in "은는을를의":
        unknown = Item(prompt[token.start : token.end - 1], token.start, token.end - 1, korean=True)
        return [unknown, *_ending_items(prompt, token.end - 1, [token.text[-1]])]
    return None
