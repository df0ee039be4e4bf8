"""The pictures of a comparison: a row a photo, a column a model, the true photo last; all zoom and move together."""

from pathlib import Path
from typing import Any

import gradio as gr

from demos.words.i18n import both, tr
from toolkit.measure.compare import TRUTH, Comparison
from toolkit.photo.pictures import data_url, to_pil

TRUE_PHOTO = "the true photo"

TEMPLATE = f"""<div class='tools' hidden>
<button type='button' value='1.5'><b aria-hidden='true'>+</b><span class='unseen'>{both("Zoom in")}</span></button>
<button type='button' value='0.667'><b aria-hidden='true'>−</b><span class='unseen'>{both("Zoom out")}</span></button>
<button type='button' value='0'>{both("Whole photos")}</button>
<label><input type='checkbox' checked> {both("All photos together")}</label>
<span class='how'>{
    both("Click a row, then turn the wheel, pinch, or press + and −; drag to move, double-click to go back.")
}</span>
</div><div class='sheet'></div>"""  # never changes, so that Gradio never rebuilds what is drawn in it

STYLE = Path(__file__).with_name("compare_grid.css").read_text(encoding="utf-8")

SCRIPT = Path(__file__).with_name("compare_grid.js").read_text(encoding="utf-8")


def compare_grid(elem_id: str) -> gr.HTML:
    """Empty until its prop `rows` is set: a list of what `grid_row` gives. Rows whose key is there already stay as they
    are.
    """
    return gr.HTML(
        html_template=TEMPLATE, css_template=STYLE, js_on_load=SCRIPT, apply_default_css=False, elem_id=elem_id, rows=[]
    )


def grid_row(comparison: Comparison, photo: int, key: str, name: str, request: gr.Request | None) -> dict[str, Any]:
    """One photo (its number) as every model painted it, and as it is; with the last number of hints. key: told apart by
    it.
    """
    records = {record.key: record for record in comparison.records}
    truth, count = comparison.pictures[photo, TRUTH, 0], max(comparison.setup.hints)
    cells = []
    for model in comparison.models:
        record, picture = records.get((photo, model, count)), comparison.picture(photo, model, count)
        if record is None or picture is None:
            failed = tr(record.error, request) if record is not None and record.error else "…"
            cells.append(
                {
                    "src": "",
                    "label": model,
                    "note": tr("failed", request) if record is not None else "",
                    "failed": failed,
                }
            )
        else:
            cells.append({"src": data_url(to_pil(picture)), "label": model, "note": f"{record.numbers['psnr']:.1f} dB"})
    cells.append({"src": data_url(to_pil(truth)), "label": tr(TRUE_PHOTO, request), "note": ""})
    return {"key": key, "name": name, "width": truth.shape[2], "height": truth.shape[1], "cells": cells}
