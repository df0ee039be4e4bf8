"""Text prompts: a sentence in English or Korean becomes colored points, without a language model.

    parsed = parse("the dress is red")                        # the wishes in it
    said = compile_text("the dress is red", session)          # the same as hints on a photo
    reply = Conversation().send("make the dress red", photo)  # as a conversation

Names are imported when they are first used: to parse a sentence needs no PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.text.compiler import Compiled, Row, Settings, compile_text
    from toolkit.text.conversation import Conversation, Reply
    from toolkit.text.grammar.parser import (
        MAX_PROMPT,
        ColorWords,
        Parsed,
        Place,
        PromptError,
        Thing,
        Unknown,
        Wish,
        parse,
    )
    from toolkit.text.localizer import Found, Localizer, Sight, load_localizer

__all__ = [
    "MAX_PROMPT",
    "ColorWords",
    "Compiled",
    "Conversation",
    "Found",
    "Localizer",
    "Parsed",
    "Place",
    "PromptError",
    "Reply",
    "Row",
    "Settings",
    "Sight",
    "Thing",
    "Unknown",
    "Wish",
    "compile_text",
    "load_localizer",
    "parse",
]

_HOME = {
    "compiler": ("Compiled", "Row", "Settings", "compile_text"),
    "conversation": ("Conversation", "Reply"),
    "localizer": ("Found", "Localizer", "Sight", "load_localizer"),
    "grammar.parser": (
        "MAX_PROMPT",
        "ColorWords",
        "Parsed",
        "Place",
        "PromptError",
        "Thing",
        "Unknown",
        "Wish",
        "parse",
    ),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"toolkit.text.{module}"), name)
    raise AttributeError(f"toolkit.text has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
