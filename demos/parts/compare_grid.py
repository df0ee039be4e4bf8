"""The pictures of a comparison: a row a photo, a column a model, the true photo last; all zoom and move together."""

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
<span class='how'>{both("Click a row, then turn the wheel, pinch, or press + and −; drag to move, double-click to go back.")}</span>
</div><div class='sheet'></div>"""  # never changes, so that Gradio never rebuilds what is drawn in it

STYLE = """
.tools { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; padding-bottom: 10px; }
.tools[hidden] { display: none; }
.tools button { min-width: 36px; height: 34px; padding: 0 10px; border-radius: 8px; border: 1px solid var(--button-secondary-border-color);
  background: var(--button-secondary-background-fill); color: var(--body-text-color); font: inherit; font-size: 0.86rem; cursor: pointer; }
.tools button:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 1px; }
.tools label { display: flex; gap: 6px; align-items: center; padding: 0 6px; font-size: 0.86rem; cursor: pointer; }
.tools input { appearance: auto; width: 16px; height: 16px; margin: 0; accent-color: var(--color-accent); background: none; }
.how { font-size: 0.8rem; line-height: 1.4; color: var(--body-text-color-subdued); flex: 1 1 240px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sheet { overflow-x: auto; padding: 3px; }
.line { width: fit-content; min-width: 100%; margin-bottom: 16px; border-radius: 10px; outline: 2px solid transparent; outline-offset: 1px; }
.line:focus { outline-color: color-mix(in srgb, var(--color-accent) 45%, transparent); }
.line:focus-visible { outline-color: var(--color-accent); }
.name { position: sticky; left: 0; width: fit-content; max-width: min(100%, 80vw); margin: 0 0 4px; font-size: 0.86rem; overflow-wrap: anywhere; }
.cells { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(148px, 1fr); gap: 6px; }
figure { margin: 0; min-width: 0; }
.frame { overflow: hidden; border-radius: 6px; background: rgba(128, 128, 128, 0.14); cursor: zoom-in; touch-action: pan-x pan-y; }
.zoomed .frame { cursor: grab; touch-action: none; }
.frame img { display: block; width: 100%; height: 100%; margin: 0; transform-origin: 0 0; user-select: none; -webkit-user-drag: none;
  transform: translate(calc(var(--x) * 100%), calc(var(--y) * 100%)) scale(var(--z)); }
.frame p { margin: 0; padding: 10px; font-size: 0.8rem; line-height: 1.35; overflow-wrap: anywhere; cursor: default; }
figcaption { padding-top: 4px; font-size: 0.8rem; line-height: 1.3; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
figcaption b { font-weight: 600; color: var(--body-text-color); }
"""

SCRIPT = """
const tools = element.querySelector('.tools'), sheet = element.querySelector('.sheet'), together = tools.querySelector('input');
const most = 16, limit = (value, low, high) => Math.min(high, Math.max(low, value));
const make = (tag, name, text) => { const made = document.createElement(tag); made.className = name; made.textContent = text; return made; };
function show(line, z, x, y) {
  z = limit(z, 1, most);
  const view = {z, x: limit(x, 1 - z, 0), y: limit(y, 1 - z, 0)};  // x, y: the picture's corner, in sizes of its frame
  for (const one of together.checked ? sheet.children : [line]) {
    one.view = view;
    for (const name of 'zxy') one.style.setProperty(`--${name}`, view[name]);
    one.classList.toggle('zoomed', z > 1);
  }
}
function zoom(line, factor, u = 0.5, v = 0.5) {
  const z = limit(line.view.z * factor, 1, most), grown = z / line.view.z;
  show(line, z, u - (u - line.view.x) * grown, v - (v - line.view.y) * grown);
}
function cell(one, row) {
  const figure = document.createElement('figure'), frame = make('div', 'frame', ''), caption = make('figcaption', '', '');
  frame.style.aspectRatio = `${row.width} / ${row.height}`;
  if (one.src) {
    const image = new Image();
    image.src = one.src;
    image.alt = `${row.name}: ${one.label}`;
    image.draggable = false;
    frame.append(image);
  } else frame.append(make('p', '', one.failed));
  caption.append(make('b', '', one.label), ` ${one.note}`);
  figure.append(frame, caption);
  return figure;
}
function row(item) {
  const line = make('div', 'line', ''), cells = make('div', 'cells', ''), name = make('p', 'name', item.name);
  cells.append(...item.cells.map((one) => cell(one, item)));
  line.append(name, cells);
  line.key = item.key;
  line.tabIndex = 0;
  line.setAttribute('role', 'group');
  line.setAttribute('aria-label', item.name);
  return line;
}
function draw() {
  let kept = 0;
  while (kept < props.rows.length && sheet.children[kept]?.key === props.rows[kept].key) kept++;
  while (sheet.children.length > kept) sheet.lastChild.remove();
  for (const item of props.rows.slice(kept)) {
    const line = row(item), {z, x, y} = (together.checked && sheet.firstChild?.view) || {z: 1, x: 0, y: 0};
    sheet.append(line);
    show(line, z, x, y);
  }
  tools.hidden = !props.rows.length;
}
function at(event) {
  const frame = event.target.closest('.frame'), box = frame?.getBoundingClientRect();
  const place = (x, y) => ({u: (x - box.left) / box.width, v: (y - box.top) / box.height});
  return frame && {line: frame.closest('.line'), box, place};
}
sheet.addEventListener('wheel', (event) => {
  const there = at(event);
  if (!there) return;
  const {z} = there.line.view, mine = event.ctrlKey || z > 1 || there.line === document.activeElement;
  if (!mine || (z === 1 && event.deltaY > 0)) return;  // the page scrolls
  event.preventDefault();
  const {u, v} = there.place(event.clientX, event.clientY);
  zoom(there.line, Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 300)), u, v);
}, {passive: false});
sheet.addEventListener('dblclick', (event) => {
  const there = at(event);
  if (!there) return;
  const {u, v} = there.place(event.clientX, event.clientY);
  if (there.line.view.z > 1) show(there.line, 1, 0, 0);
  else zoom(there.line, 2, u, v);
});
let held = null, pinch = null;
sheet.addEventListener('pointerdown', (event) => {
  const there = at(event);
  if (there && event.isPrimary && there.line.view.z > 1) held = {...there, from: there.line.view, x: event.clientX, y: event.clientY};
});
document.addEventListener('pointermove', (event) => {
  if (!held || pinch || !event.isPrimary) return;
  const {from, box} = held;
  show(held.line, from.z, from.x + (event.clientX - held.x) / box.width, from.y + (event.clientY - held.y) / box.height);
});
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => { held = null; });
const spread = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
const centre = ([a, b], there) => there.place((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
sheet.addEventListener('touchstart', (event) => {
  const there = event.touches.length === 2 && at(event);
  pinch = there ? {...there, from: there.line.view, apart: Math.max(spread(event.touches), 1), about: centre(event.touches, there)} : null;
}, {passive: true});
sheet.addEventListener('touchmove', (event) => {
  if (!pinch || event.touches.length !== 2) return;
  event.preventDefault();
  const {from, about} = pinch, now = centre(event.touches, pinch), z = limit(from.z * spread(event.touches) / pinch.apart, 1, most);
  show(pinch.line, z, now.u - (about.u - from.x) * z / from.z, now.v - (about.v - from.y) * z / from.z);
}, {passive: false});
for (const end of ['touchend', 'touchcancel']) sheet.addEventListener(end, (event) => { if (event.touches.length < 2) pinch = held = null; });
const STEPS = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
sheet.addEventListener('keydown', (event) => {
  const line = event.target.closest('.line'), step = STEPS[event.key];
  if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
  const {z, x, y} = line.view;
  if (event.key === '+' || event.key === '=') zoom(line, 1.25);
  else if (event.key === '-') zoom(line, 0.8);
  else if (event.key === '0' || event.key === 'Escape') show(line, 1, 0, 0);
  else if (step && z > 1) show(line, z, x + 0.15 * step[0], y + 0.15 * step[1]);
  else return;
  event.preventDefault();
});
for (const button of tools.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    for (const line of together.checked ? [sheet.firstChild] : sheet.children) {
      if (button.value === '0') show(line, 1, 0, 0);
      else zoom(line, Number(button.value));
    }
  });
}
together.addEventListener('change', () => { if (together.checked && sheet.firstChild) show(sheet.firstChild, 1, 0, 0); });
watch(Object.keys({rows: draw})[0], draw);  // without quotes, in which Gradio would take it for the name of an event
draw();
"""


def compare_grid(elem_id: str) -> gr.HTML:
    """Empty until its prop `rows` is set: a list of what `grid_row` gives. Rows whose key is there already stay as they are."""
    return gr.HTML(html_template=TEMPLATE, css_template=STYLE, js_on_load=SCRIPT, apply_default_css=False, elem_id=elem_id, rows=[])


def grid_row(comparison: Comparison, photo: int, key: str, name: str, request: gr.Request | None) -> dict[str, Any]:
    """One photo (its number) as every model painted it, and as it is; with the last number of hints. key: told apart by it."""
    records = {record.key: record for record in comparison.records}
    truth, count = comparison.pictures[photo, TRUTH, 0], max(comparison.setup.hints)
    cells = []
    for model in comparison.models:
        record, picture = records.get((photo, model, count)), comparison.picture(photo, model, count)
        if record is None or picture is None:
            failed = tr(record.error, request) if record is not None and record.error else "…"
            cells.append({"src": "", "label": model, "note": tr("failed", request) if record is not None else "", "failed": failed})
        else:
            cells.append({"src": data_url(to_pil(picture)), "label": model, "note": f"{record.numbers['psnr']:.1f} dB"})
    cells.append({"src": data_url(to_pil(truth)), "label": tr(TRUE_PHOTO, request), "note": ""})
    return {"key": key, "name": name, "width": truth.shape[2], "height": truth.shape[1], "cells": cells}
