"""A comparison as one HTML file to send and to keep: nothing in it is fetched from anywhere, and all its pictures zoom
together.
"""

import io
from base64 import b64encode
from html import escape
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor

from toolkit.measure.compare.measures import METRICS
from toolkit.measure.compare.plots import curves, speed
from toolkit.measure.compare.report import cells, photos
from toolkit.measure.compare.result import TRUTH, Results
from toolkit.photo import encode_photo

QUALITY = 92  # of the pictures' JPEG, always 4:4:4

STYLE = Path(__file__).with_name("html.css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("html.js").read_text(encoding="utf-8")


def page(comparison: Results) -> str:
    """See `Comparison.to_html`."""
    header, rows = cells(comparison)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    lines = "".join(f"<li>{escape(line)}</li>" for line in comparison.sentences())
    notes = "".join(f"<li>{escape(line)}</li>" for line in comparison.notes())
    plots = [curves(comparison)] if comparison.tried() and len(comparison.setup.hints) > 1 else []
    plots += [speed(comparison, None)] if comparison.tried() else []
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{policy}">'
        '<meta name="viewport" content="width=device-width"><title>Comparison of '
        f"{escape(', '.join(comparison.models))}</title>"
        f"<style>{STYLE}</style></head><body><h1>Comparison on {photos(comparison)}</h1>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<h2>Differences to {escape(comparison.setup.baseline)}</h2><ul>{lines}</ul>{_details(comparison)}"
        f"{f'<h2>Notes</h2><ul>{notes}</ul>' if notes else ''}<h2>Protocol</h2><p>{escape(comparison.protocol)}</p>"
        f"{''.join(map(_plot, plots))}{_pictures(comparison)}<script>{SCRIPT}</script></body></html>\n"
    )


def _details(comparison: Results) -> str:
    """The differences by the other metrics, folded."""
    others = [name for name in comparison.setup.metrics if name != "psnr" and name in METRICS and METRICS[name].better]
    lists = (
        f"<h3>{escape(METRICS[name].title)}</h3><ul>"
        f"{''.join(f'<li>{escape(line)}</li>' for line in comparison.sentences(metric=name))}</ul>"
        for name in others
    )
    return f"<details><summary>By other metrics</summary>{''.join(lists)}</details>" if others else ""


def _pictures(comparison: Results) -> str:
    """Of the fewest and of the most hints: all would make a file of a hundred megabytes."""
    names, numbers = comparison.names(), {record.key: record for record in comparison.records}
    kept = sorted({photo for photo, model, _ in comparison.pictures if model == TRUTH})
    truths = {photo: _data(comparison.pictures[photo, TRUTH, 0]) for photo in kept}
    out = ""
    for count in sorted({min(comparison.setup.hints), max(comparison.setup.hints)}):
        if comparison.setup.hinted:
            out += f"<h2>{count} hint{'' if count == 1 else 's'}</h2>"
        for photo in kept:
            figures = ""
            for model in comparison.models:
                record, picture = numbers.get((photo, model, count)), comparison.picture(photo, model, count)
                if picture is not None and record is not None:
                    figures += _figure(_data(picture, model), model, f"{record.numbers['psnr']:.2f} dB", names[photo])
                elif record is not None:
                    figures += (
                        f'<figure><div class="failed">{escape(record.error or "not kept")}</div>'
                        f"<figcaption>{escape(model)}</figcaption></figure>"
                    )
            figures += _figure(truths[photo], TRUTH, names.get(photo, ""), names.get(photo, ""))
            out += f'<div class="row">{figures}</div>'
    tools = "".join(f'<button value="{value}" title="{title}">{sign}</button> ' for value, title, sign in ZOOMS)
    return f'<h2>Pictures</h2><nav>{tools}<small>{HOW}</small></nav><div id="pictures">{out}</div>'


ZOOMS = (("1.5", "Zoom in", "+"), ("0.667", "Zoom out", "−"), ("0", "Whole pictures", "whole"))
HOW = "Double-click a picture to zoom in, with Shift out; then wheel and drag. All pictures move together."


def _figure(data: str, model: str, number: str, photo: str) -> str:
    about = escape(f"{photo}: {model} {number}")
    image = f'<div class="frame"><img src="{data}" alt="{about}" draggable="false"></div>'
    return f"<figure>{image}<figcaption>{escape(model)} {escape(number)}</figcaption></figure>"


def _data(picture: Tensor, model: str | None = None) -> str:
    return "data:image/jpeg;base64," + b64encode(encode_photo(picture, "jpg", model=model, quality=QUALITY)).decode()


def _plot(figure: Figure) -> str:
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110)
    return f'<img class="plot" alt="plot" src="data:image/png;base64,{b64encode(target.getvalue()).decode()}">'
