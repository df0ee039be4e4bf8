"""A row of small pictures of which one is chosen by a click: candidates, examples."""

from pathlib import Path
from typing import Any

import gradio as gr

# never changes, so that Gradio never rebuilds what is drawn in it
TEMPLATE = "<div class='row' role='group' style='--cell: {cell}px'></div>"

STYLE = Path(__file__).with_name("choices.css").read_text(encoding="utf-8")

SCRIPT = Path(__file__).with_name("choices.js").read_text(encoding="utf-8")


def choices(
    items: list[dict[str, str]] | None = None, *, waiting: int = 0, cell: int = 110, elem_id: str | None = None
) -> gr.HTML:
    """Pictures to choose from; the event `choose` comes with the index as value.

    items: dicts with src (URL or data URL), label (shown below, may be empty) and title, and where the server does not
    know the language title_ko. waiting: gray places after the items, for those to come; the prop `forming`, a URL, is
    shown in the first of them. cell: px, least width of a picture (three always fit beside each other). The prop
    `chosen` marks an index, -1 none.

    A function, not a subclass of gr.HTML: for each subclass of a component Gradio writes a .pyi file beside the source.
    """
    return gr.HTML(
        value=-1,
        html_template=TEMPLATE.format(cell=cell),
        css_template=STYLE,
        js_on_load=SCRIPT,
        elem_id=elem_id,
        items=items or [],
        waiting=waiting,
        chosen=-1,
        forming="",
    )


def unchosen(items: list[dict[str, str]]) -> dict[str, Any]:
    """The update after which none is chosen. It says everything anew: a gr.HTML that is hidden keeps only what an
    update names.
    """
    return gr.update(items=items, waiting=0, chosen=-1)
