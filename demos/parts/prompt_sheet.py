"""A prompt, the picture it gives and how it was read, as one component of the page."""

from typing import Any

import gradio as gr

from demos.parts.sheet import sheet

NOTHING: dict[str, Any] = {"prompt": "", "photo": 0, "revision": 0}


def prompt_sheet(elem_id: str) -> gr.HTML:
    """Hidden until there is a photo; the event `ask` comes with every prompt. What its value and props hold: see
    prompt_sheet.js.
    """
    return sheet(elem_id, NOTHING, ["prompt_sheet.js"], "prompt_sheet.css", photo={}, before="", answer={}, offers={})
