"""The toolkit's hint canvas as a component of the page."""

import base64
from typing import Any

import gradio as gr

from toolkit.show import canvas

# A module of its own, not text within js_on_load: there Gradio would take each quoted word for the name of an event.
SCRIPT = """
import(props.module).then(({mount}) => mount(element.querySelector('div'), {
  get: (name) => props[name],
  set: (name, value) => { props[name] = value; if (name === 'value') trigger('hint'); },
  on: (name, listen) => watch(name, listen),
}));
"""
EMPTY: dict[str, Any] = {"hints": [], "selected": -1, "ask": None, "palette": [], "revision": 0}


def hint_canvas(elem_id: str) -> gr.HTML:
    """A photo to click on, hidden until there is one; the event `hint` comes with every change. What its value and
    props hold: see canvas.js.

    Its value belongs to the browser: as an output it gets only other props, for each answer would roll back what was
    clicked meanwhile.
    """
    module = base64.b64encode(canvas.script().encode()).decode()
    return gr.HTML(
        value=EMPTY,
        html_template="<div></div>",  # never changes, so that Gradio never rebuilds what is drawn in it
        css_template=canvas.style(),
        js_on_load=SCRIPT,
        apply_default_css=False,
        elem_id=elem_id,
        module=f"data:text/javascript;charset=utf-8;base64,{module}",
        src="", shape=[1, 1], painted="", overlay="", suggestions=[], load={}, mark=None, epoch=0,
    )  # fmt: skip
