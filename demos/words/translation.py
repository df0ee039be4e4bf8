"""A sentence in another language, by the table in `ko.po`, and which language a visitor has. No Gradio."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal
from urllib.parse import parse_qs

from babel.messages.pofile import read_po

from toolkit.color.korean import korean_colors

Language = Literal["en", "ko"]
PARAMETER = "lang"  # of the page's address
TABLE = Path(__file__).with_name("ko.po")
LONGEST = 1000  # characters of a sentence that is looked at for values


def _table() -> dict[str, str]:
    with TABLE.open("rb") as stream:
        return {str(entry.id): str(entry.string) for entry in read_po(stream, "ko") if entry.id} | korean_colors()


KOREAN = _table()


def chosen(asked: str | None, accepted: str | None) -> Language:
    """asked: the language in the address; accepted: an Accept-Language header."""
    if asked in ("en", "ko"):
        return "ko" if asked == "ko" else "en"
    ranges: list[tuple[float, int, str]] = []
    for part in (accepted or "").lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        name = tag.split("-")[0]
        if name in ("en", "ko") and re.fullmatch(r"|[01](\.\d*)?", weight) and float(weight or 1) > 0:
            ranges.append((-float(weight or 1), len(ranges), name))
    return "ko" if ranges and min(ranges)[2] == "ko" else "en"


def asked_in(scope: Mapping[str, Any]) -> Language:
    """The language of who sent a request. scope: ASGI's."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    asked = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER, [None])[-1]
    return chosen(asked, headers.get(b"accept-language"))


def translate(sentence: str, language: Language, **values: object) -> str:
    """As tr, where the language is known."""
    if language == "ko":
        if sentence in KOREAN:
            sentence = KOREAN[sentence]
        elif not values:
            return _recognized(sentence)
        values = {name: _recognized(value) if isinstance(value, str) else value for name, value in values.items()}
    return sentence.format(**values) if values else sentence


def _recognized(sentence: str) -> str:
    """The Korean of a finished sentence, its values put over; the sentence itself where no pattern fits."""
    if sentence in KOREAN or len(sentence) > LONGEST:
        return KOREAN.get(sentence, sentence)
    for pattern, korean in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return korean.format(**{name: _recognized(value) for name, value in found.groupdict().items()})
    return sentence


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Sentences with values, those with the most words of their own first: "{name} {reason}." must not take what
    belongs to others.
    """
    with_values = [text for text in KOREAN if "{" in text]
    own = {text: sum(len(words) for words, *_ in Formatter().parse(text)) for text in with_values}
    return [(_pattern(text), KOREAN[text]) for text in sorted(with_values, key=lambda text: -own[text])]


def _pattern(text: str) -> re.Pattern[str]:
    seen: set[str] = set()
    parts = []
    for words, name, *_ in Formatter().parse(text):
        parts.append(re.escape(words))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)
