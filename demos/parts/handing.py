"""Handing a finished file to the browser: made when asked for, in a folder that is
gone when the app has its own copy.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import gradio as gr

from demos.gate import temporary
from demos.parts.talk import Updates
from toolkit.photo import Photo


class HasPhoto(Protocol):
    """A desk."""

    @property
    def photo(self) -> Photo:
        """What lies on it."""
        ...


D = TypeVar("D", bound=HasPhoto)


def handed_over(
    desk: D, what: str, write: Callable[[D, Path], Path], file: gr.DownloadButton, told: gr.HTML
) -> Iterator[Updates]:
    """Write NAME-what for the desk's photo and hand it to `file`; `told`, the tab's notice, is emptied. Raises whatever
    `write` does.
    """
    with temporary.place() as folder:  # the app copies the file to its own cache when it is handed over
        path = write(desk, folder / f"{Path(desk.photo.name).stem or 'photo'}-{what}")
        yield {file: str(path), told: gr.update(visible=False)}
