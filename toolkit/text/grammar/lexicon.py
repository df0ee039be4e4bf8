"""Words for things: which words a noun may stand for, its Korean name, what it is a part of, and its typical color.

    [sense.word for sense in canonical("강아지")]  ->  ["puppy", "dog", "animal"]

The tables lie in `words/` and are meant to be read and edited: things.tsv (ours), broader.tsv (made from WordNet 3.1,
for rare words), colors.tsv and roles.tsv (what the parser knows). A key is lower case, with spaces in place of hyphens:
"T-Shirts" is looked up as "t shirts".
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from toolkit.color import names as color_names
from toolkit.color import parse_color, to_hex

How = Literal["itself", "synonym", "broader"]

# Plurals that no rule gives, and words that end like a plural and are none.
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "mice": "mouse",
    "oxen": "ox",
    "leaves": "leaf",
    "knives": "knife",
    "shelves": "shelf",
    "wolves": "wolf",
    "loaves": "loaf",
    "calves": "calf",
    "scarves": "scarf",
    "halves": "half",
    "lives": "life",
    "wives": "wife",
    "policemen": "policeman",
    "firemen": "fireman",
    "eyes": "eye",
    "cacti": "cactus",
}


@dataclass(frozen=True)
class Sense:
    """One word that a noun may be taken as: the noun itself (or its singular, or its translation), a synonym, or
    something broader.
    """

    word: str
    how: How


@dataclass(frozen=True)
class Entry:
    """One line of things.tsv."""

    noun: str
    synonyms: tuple[str, ...]
    korean: tuple[str, ...]
    wholes: tuple[str, ...]
    kinds: tuple[str, ...]
    color: str  # a name that parse_color reads, or ""


def rows(table: str, columns: int) -> Iterator[list[str]]:
    """The lines of words/<table>.tsv, each split into `columns` cells; empty lines and those that begin with # are left
    out.
    """
    text = resources.files("toolkit.text.grammar").joinpath("words", f"{table}.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith(("# ", "## ")):  # a color may begin with #
            cells = line.split("\t")
            yield cells + [""] * (columns - len(cells))


def several(cell: str) -> tuple[str, ...]:
    """A cell's words: "car, automobile" -> ("car", "automobile")."""
    return tuple(word for word in (part.strip() for part in cell.split(", ")) if word)


def key(phrase: str) -> str:
    """The form in which a phrase is looked up."""
    return " ".join(
        unicodedata.normalize("NFKC", phrase).casefold().replace("’", "'").replace("-", " ").replace("_", " ").split()
    )


@functools.cache
def entries() -> dict[str, Entry]:
    """{noun: its line in things.tsv}."""
    lines = (
        Entry(c[0], several(c[1]), several(c[2]), several(c[3]), several(c[4]), c[5].strip()) for c in rows("things", 6)
    )
    return {entry.noun: entry for entry in lines}


@functools.cache
def _heads() -> dict[str, str]:
    """{key of a noun or synonym: the noun that stands first in its line}; a line's own noun wins over another line's
    synonym.
    """
    synonyms = {key(word): entry.noun for entry in reversed(entries().values()) for word in entry.synonyms}
    return synonyms | {key(noun): noun for noun in entries()}


@functools.cache
def _translations() -> dict[str, str]:
    """{Korean word: English noun}; the first line that has it wins, and within it the noun."""
    return {key(word): entry.noun for entry in reversed(entries().values()) for word in reversed(entry.korean)}


@functools.cache
def _long_tail() -> dict[str, tuple[str, How]]:
    """{noun of broader.tsv: (the thing of things.tsv, how it is one)}; ("",
    "broader") where nothing broader is known.
    """
    table: dict[str, tuple[str, How]] = {}
    for thing, relation, nouns in rows("broader", 3):
        how: How = "synonym" if relation == "same" else "broader"
        table |= dict.fromkeys(several(nouns), ("" if thing == "-" else thing, how))
    return table


def _singulars(word: str) -> Iterator[str]:
    """A key, and what it may be the plural of, likeliest first."""
    yield word
    *before, last = word.split(" ")
    ends: list[str] = []
    if last in _IRREGULAR:
        ends.append(_IRREGULAR[last])
    if last.endswith("s") and not last.endswith("ss") and len(last) > 3:
        ends.append(last[:-1])
        if last.endswith("ies"):
            ends.append(last[:-3] + "y")
        if last.endswith("es"):
            ends.append(last[:-2])
    yield from (" ".join([*before, end]) for end in ends)


def noun(phrase: str) -> str | None:
    """The English noun, singular, that a word or phrase in English or Korean names; None where the lexicon has none.

    >>> noun("Puppies"), noun("the"), noun("자동차")
    ('puppy', None, 'car')
    """
    asked = key(phrase)
    if asked in _translations():
        return _translations()[asked]
    for word in _singulars(asked):
        if word in _heads() or word in _long_tail():
            return _heads()[word] if key(_heads().get(word, "")) == word else word
    return None


def canonical(phrase: str) -> tuple[Sense, ...]:
    """What a noun may be taken as, in the order to try: itself (singular, in English), synonyms, then broader words
    from near to far.

    A phrase that is in no table is tried as its last word: "kitchen chair" is a kind of chair. An unknown word gives
    only itself.

    >>> [f"{sense.word} ({sense.how})" for sense in canonical("couches")][:3]
    ['couch (itself)', 'sofa (synonym)', 'settee (synonym)']
    """
    asked = key(phrase)
    found = noun(asked)
    if found is None:
        senses = [Sense(asked, "itself")] if asked else []
        *before, last = asked.split(" ")
        if before and noun(last) is not None:
            senses += [Sense(sense.word, "broader") for sense in canonical(last)]
        return _unique(senses)
    senses = [Sense(found, "itself")]
    tail = _long_tail().get(key(found))
    head = _heads().get(key(found)) or (tail[0] if tail else "")
    if not head:
        return tuple(senses)
    synonymous = tail is None or tail[1] == "synonym"
    if synonymous:
        senses += [Sense(word, "synonym") for word in (head, *entries()[head].synonyms)]
    else:
        senses.append(Sense(head, "broader"))
        senses += [Sense(word, "broader") for word in entries()[head].synonyms]
    broader = list(entries()[head].kinds)
    for word in broader:  # grows: what is broader than the broader words
        broader += [kind for kind in (entries()[word].kinds if word in entries() else ()) if kind not in broader]
    return _unique([*senses, *(Sense(word, "broader") for word in broader)])


def _unique(senses: Iterable[Sense]) -> tuple[Sense, ...]:
    """Without repeated words: the first stands."""
    return tuple(
        {sense.word: sense for sense in reversed(list(senses))}[word]
        for word in dict.fromkeys(sense.word for sense in senses)
    )


def _entry(name: str) -> Entry | None:
    """The line of things.tsv for a noun, a synonym or a Korean word."""
    found = noun(name)
    return None if found is None else entries().get(_heads().get(key(found), ""))


def korean(name: str) -> str | None:
    """What a known thing is called in Korean, for display: "dog" -> "개"; None where things.tsv does not say."""
    entry = _entry(name)
    return entry.korean[0] if entry and entry.korean else None


def whole_of(name: str) -> tuple[str, ...]:
    """What a thing is a part of, most likely first: "hair" -> ("person",), "wheel" -> ("car", "bicycle", ...); () for a
    thing that is no part of another.
    """
    entry = _entry(name)
    return entry.wholes if entry else ()


def typical_color(name: str) -> str | None:
    """The "#rrggbb" that "like grass" means; None for things that come in any color."""
    entry = _entry(name)
    return to_hex(parse_color(entry.color)) if entry and entry.color else None


@functools.cache
def _near() -> dict[str, tuple[str, ...]]:
    """{a word, or one without one of its letters: the known words that it may be},
    for words of four letters or more.
    """
    colors = [name for name in color_names.spoken() if " " not in name]
    korean_colors = [word + "색" for _, _, cell in rows("colors", 3) for word in several(cell) if len(word) > 1]
    things = [
        noun for entry in entries().values() for noun in (entry.noun, *entry.synonyms, *entry.korean) if " " not in noun
    ]
    cells = [cell for row in rows("roles", 4) if row[0] in ("change", "shade", "side", "rest") for cell in row[2:4]]
    steering = [word for cell in cells for word in several(cell) if " " not in word]
    table: dict[str, tuple[str, ...]] = {}
    for word in dict.fromkeys([*colors, *korean_colors, *things, *steering]):
        letters = unicodedata.normalize("NFD", word)  # a Korean syllable is two or three letters
        if len(letters) >= 4:
            for part in _shortened(letters):
                table[part] = (*table.get(part, ()), word)
    return table


def _shortened(letters: str) -> set[str]:
    return {letters} | {letters[:i] + letters[i + 1 :] for i in range(len(letters))}


def hint(word: str) -> str | None:
    """The known word that a misspelled one may be: one letter added, missing, changed, or two swapped; None if there is
    none.

    >>> hint("blu"), hint("purpel"), hint("dress"), hint("zzz")
    ('blue', 'purple', None, None)
    """
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word[:40]).casefold())
    if len(letters) < 3 or noun(word) is not None:
        return None
    found = [
        near
        for part in sorted(_shortened(letters))
        for near in _near().get(part, ())
        if unicodedata.normalize("NFD", near) != letters
    ]
    # what only lacks its end, then what begins alike, then the table's order: colors before things
    order = (
        {near: i for i, near in enumerate(dict.fromkeys(near for words in _near().values() for near in words))}
        if found
        else {}
    )
    if len(letters) == 3:
        # half of all short words are near some thing
        found = [near for near in found if color_names.squeeze(near) in color_names.known()]
    ends = unicodedata.normalize("NFC", letters)
    return min(found, key=lambda near: (not near.startswith(ends), near[0] != ends[0], order[near]), default=None)
