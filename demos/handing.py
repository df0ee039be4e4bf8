"""Handing a finished file to the browser: made when asked for, in a folder that is gone when the app has its own copy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import gradio as gr

from demos.i18n import tr
from demos.talk import FAILURES, GONE, Updates, notice
from toolkit.photo import Photo
from toolkit.pipeline import Cancelled


class HasPhoto(Protocol):
    """A desk."""

    photo: Photo


D = TypeVar("D", bound=HasPhoto)


def handed_over(
    desk: D | None, what: str, write: Callable[[D, Path], Path], file: gr.DownloadButton, told: gr.HTML, request: gr.Request
) -> Iterator[Updates]:
    """Write NAME-what for the desk's photo and hand it to `file`; what goes wrong is told in one sentence, where `told` is."""
    if desk is None:
        yield {file: None, told: notice(tr(GONE, request))}
        return
    with TemporaryDirectory(prefix="huepoint-") as folder:  # the app copies the file to its own cache when it is handed over
        try:
            path = write(desk, Path(folder) / f"{Path(desk.photo.name).stem or 'photo'}-{what}")
        except Cancelled:
            yield {file: None}
        except FAILURES as error:
            yield {file: None, told: notice(tr(str(error), request))}
        else:
            yield {file: str(path), told: gr.update(visible=False)}
