"""The one door: whatever a page sends is a stranger's. Files come out of the app's own upload folder, names off a list,
numbers out of a range.
"""

from collections.abc import Collection
from math import isfinite
from pathlib import Path
from typing import Any

from demos.gate.temporary import uploads
from toolkit.photo import PhotoError

NO_PHOTO = "There is no photo yet; drop one here."
EMPTY = "A dial is empty; give it a number."
UNREADABLE = "The page sent something that cannot be read; reload it."


def uploaded(value: Any) -> Path:
    """The file that a page has uploaded. value: Gradio's file object, {"path": ...}, as it came; Gradio checks the path
    only of those with "meta".

    Raises PhotoError, in the same words for whatever else it may name (a file elsewhere, none at all, a link that leads
    out), so that nobody learns from them what is on this machine.
    """
    folder = uploads().resolve()
    try:
        path = Path(value["path"]).resolve(strict=True)
    except (TypeError, KeyError, ValueError, OSError, RuntimeError):
        # no object, no path, a zero byte, not there, a circle of links
        raise PhotoError(NO_PHOTO) from None
    if folder not in path.parents or not path.is_file():
        raise PhotoError(NO_PHOTO)
    return path


def all_uploaded(values: Any) -> list[Path]:
    """Those of a list of file objects that are uploads."""
    found = []
    for value in values if isinstance(values, list) else []:
        try:
            found.append(uploaded(value))
        except PhotoError:
            continue
    return found


def one_of(value: Any, names: Collection[str]) -> str:
    """A name that the page offers, never a path. Raises ValueError."""
    if not isinstance(value, str) or value not in names:
        raise ValueError(UNREADABLE)
    return value


def some_of(values: Any, names: Collection[str]) -> list[str]:
    """Names that the page offers, each once. Raises ValueError."""
    if not isinstance(values, list):
        raise ValueError(UNREADABLE)
    return list(dict.fromkeys(one_of(value, names) for value in values))


def number(value: Any, least: float, most: float) -> float:
    """A dial's value. Raises ValueError, also for a field that was emptied."""
    if value is None:
        raise ValueError(EMPTY)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not isfinite(value)
        or not least <= value <= most
    ):
        raise ValueError(UNREADABLE)
    return float(value)


def index(value: Any, count: int) -> int:
    """A place in a row of `count`, from 0. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise ValueError(UNREADABLE)
    return value
