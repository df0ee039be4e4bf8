"""The numbers of a comparison as HTML: the table, who is better than whom, what to mind, the protocol. Names come from
people: all is escaped.
"""

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from demos.words.i18n import tr
from toolkit.measure.compare import Comparison
from toolkit.measure.compare.measures import METRICS
from toolkit.measure.contestants import BASELINES

COLUMNS = (  # of the table: the metric, its header, what it is multiplied with, digits behind the point
    ("psnr", "PSNR, dB ↑", 1, 2),
    ("ssim", "SSIM ↑", 1, 3),
    ("ciede2000", "CIEDE2000 ↓", 1, 2),
    ("colorfulness_ratio", "Colorfulness", 100, 0),
)
LEGEND = (
    "PSNR: how near each pixel comes to the true photo, in decibels. SSIM: how alike they are in structure, at most 1. "
    "CIEDE2000: how far apart the colors look, where 1 is just visible. Colorfulness: as a share of the true photo's. "
    "↑ higher is better, ↓ lower; ± is the standard error of the mean; bold is the best mean of a model. Seconds for "
    "one photo, on this machine."
)
STYLE = """
.numbers { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 12px; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--block-border-color); }
th { font-weight: 500; }
td b { font-weight: 700; }
thead th { color: var(--body-text-color-subdued); font-size: 0.86rem; }
th:first-child { text-align: left; padding-left: 2px; position: sticky; left: 0;
  background: var(--body-background-fill); }
ul { margin: 6px 0; padding-left: 20px; list-style: disc; line-height: 1.6; }
p, details { margin: 12px 0 0; }
summary { cursor: pointer; padding: 4px 0; font-weight: 600; }
li b { font-weight: 600; }
"""


def summary(comparison: Comparison, request: gr.Request | None) -> str:
    """All of it; nothing where no photo is finished."""
    if not comparison.tried():
        return ""
    notes = "".join(f"<li>{escape(tr(note, request))}</li>" for note in comparison.notes())
    minded = f'<ul class="small">{notes}</ul>' if notes else ""
    protocol = " ".join(tr(sentence, request) for sentence in re.split(r"(?<=\.) (?=[A-Z])", comparison.protocol))
    return (
        f'{table(comparison, request)}<p class="small">{escape(tr(LEGEND, request))}</p>'
        f"{minded}{_differences(comparison, request)}"
        f'<p class="small"><b>{escape(tr("How it was measured:", request))}</b> {escape(protocol)}</p>'
    )


def table(comparison: Comparison, request: gr.Request | None) -> str:
    """A row a model."""
    rows = comparison.table.to_dict("records")
    best = {name: _best(rows, name) for name, *_ in COLUMNS}
    header = [
        tr("Model", request),
        tr("Photos", request),
        *(tr(title, request) for _, title, *_ in COLUMNS),
        tr("Seconds", request),
    ]
    body = ""
    for row in rows:
        failed = f" ({tr('{n} failed', request, n=row['failed'])})" if row["failed"] else ""
        cells = [f"{row['n']}{failed}"]
        cells += [
            _number(row, name, factor, digits, "%" if factor == 100 else "") for name, _, factor, digits in COLUMNS
        ]
        cells.append("–" if math.isnan(row["painting"]) else f"{row['looking'] + row['painting']:.2f}")
        marked = ["", *(row["n"] and row[name] == best[name] for name, *_ in COLUMNS), ""]
        body += f"<tr><th scope='row'>{escape(row['model'])}</th>"
        body += (
            "".join(f"<td>{f'<b>{cell}</b>' if bold else cell}</td>" for cell, bold in zip(cells, marked, strict=True))
            + "</tr>"
        )
    head = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in header)
    return f"<div class='numbers'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _best(rows: Sequence[dict[str, Any]], name: str) -> float | None:
    """Among the models; a bar such as gray is none. None where nothing is best."""
    values = [row[name] for row in rows if row["n"] and row["model"] not in BASELINES]
    better = METRICS[name].better if name in METRICS else 0
    return None if len(values) < 2 or not better else max(values) if better > 0 else min(values)


def _number(row: dict[str, Any], name: str, factor: int, digits: int, unit: str) -> str:
    value, error = row[name] * factor, row[f"{name}_se"] * factor
    if math.isnan(value):
        return "–"
    return (
        f"{value:.{digits}f}" + ("" if math.isnan(error) else f" ± {error:.{digits}f}") + (f" {unit}" if unit else "")
    )


def _differences(comparison: Comparison, request: gr.Request | None) -> str:
    """To gray in the open, to each of the others folded."""
    found = ""
    for baseline in comparison.models:
        lines = ""
        for row in comparison.versus(baseline).to_dict("records"):
            said = str(row["sentence"]).split(": ", 1)[1]  # behind the model's name
            lines += f"<li><b>{escape(str(row['model']))}</b>: {escape(tr(said, request))}</li>"
        if lines:
            title = escape(tr("Compared with {name}", request, name=baseline))
            opened = " open" if baseline == comparison.setup.baseline else ""
            found += f"<details{opened}><summary>{title}</summary><ul>{lines}</ul></details>"
    return found
