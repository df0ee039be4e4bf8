"""The tabs of the page, a file each: layout in the middle, events below, and what a handler answers.

A file whose `TAB` is a class is a tab: made with (demo, shop), it adds its components and listeners. `title` stands on
it, and tabs stand by `place`, from left to right. One that has `connect` gets to hand its work over to *Click hints*.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, runtime_checkable

import gradio as gr

from demos.desks.desk import Shop


class Tab(Protocol):
    """A class that makes a tab."""

    title: str
    place: int

    def __call__(self, demo: gr.Blocks, shop: Shop) -> object:
        """The tab with its components and listeners."""
        ...


@runtime_checkable
class HandsOver(Protocol):
    """A tab whose work can be gone on with in another."""

    def connect(self, clicks: Any, tabs: gr.Tabs, tab: str) -> None:
        """clicks: the tab *Click hints*; tab: its id among the tabs."""
        ...


def found() -> list[Tab]:
    """The tabs of this folder, from left to right."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return sorted((module.TAB for module in modules if hasattr(module, "TAB")), key=lambda tab: int(tab.place))
