"""A prompt, the picture it gives and how it was read, as one component of the page."""

import base64
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent

# A module of its own, not text within js_on_load: there Gradio would take each quoted word for the name of an event.
SCRIPT = """
import(props.module).then(({mount}) => mount(element.querySelector('div'), {
  get: (name) => props[name],
  set: (name, value, ask) => { props[name] = value; if (ask) trigger('ask'); },
  on: (name, listen) => watch(name, listen),
}));
"""
NOTHING: dict[str, Any] = {"prompt": "", "photo": 0, "revision": 0}


def prompt_sheet(elem_id: str) -> gr.HTML:
    """Hidden until there is a photo; the event `ask` comes with every prompt. What its value and props hold: see prompt_sheet.js.

    Its value belongs to the browser: as an output it gets only other props, for each answer would roll back what was written meanwhile.
    """
    module = base64.b64encode((FOLDER / "prompt_sheet.js").read_bytes()).decode()
    return gr.HTML(
        value=NOTHING,
        html_template="<div></div>",  # never changes, so that Gradio never rebuilds what is drawn in it
        css_template=(FOLDER / "prompt_sheet.css").read_text(encoding="utf-8"),
        js_on_load=SCRIPT,
        apply_default_css=False,
        elem_id=elem_id,
        module=f"data:text/javascript;charset=utf-8;base64,{module}",
        photo={}, before="", answer={}, offers={},
    )  # fmt: skip
