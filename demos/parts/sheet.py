"""A component of the page that draws itself by a script module of its own and asks the server with every wish."""

import base64
from collections.abc import Sequence
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


def sheet(elem_id: str, value: dict[str, Any], scripts: Sequence[str], style: str, **props: Any) -> gr.HTML:
    """Its value belongs to the browser: as an output it gets only other props, for each answer would roll back what was
    asked meanwhile.

    value, props: what it begins with. scripts: files beside this one, one module once joined, for the page can load no
    second file; style: likewise.
    """
    module = base64.b64encode(
        "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in scripts).encode()
    ).decode()
    return gr.HTML(
        value=value,
        html_template="<div></div>",  # never changes, so that Gradio never rebuilds what is drawn in it
        css_template=(FOLDER / style).read_text(encoding="utf-8"),
        js_on_load=SCRIPT,
        apply_default_css=False,
        elem_id=elem_id,
        module=f"data:text/javascript;charset=utf-8;base64,{module}",
        **props,
    )
