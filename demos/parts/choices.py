"""A row of small pictures of which one is chosen by a click: candidates, examples."""

from typing import Any

import gradio as gr

TEMPLATE = "<div class='row' role='group' style='--cell: {cell}px'></div>"  # never changes, so that Gradio never rebuilds what is drawn in it

STYLE = """
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(var(--cell), 31%), 1fr)); gap: 10px; align-items: start; }
.row:empty { display: none; }
button, i { display: block; width: 100%; margin: 0; padding: 0; border: 0; background: none; text-align: left; font: inherit; color: inherit; }
button { cursor: pointer; }
img, i { width: 100%; margin: 0; aspect-ratio: 1; object-fit: cover; border-radius: 10px; display: block; background: rgba(128, 128, 128, 0.14); }
img { outline: 2px solid transparent; outline-offset: 2px; transition: outline-color 0.15s, filter 0.15s; }
button:hover img { filter: brightness(1.08); }
button:focus-visible { outline: none; }
button:focus-visible img, button[aria-pressed=true] img { outline-color: var(--color-accent); }
span { display: block; padding-top: 6px; font-size: 0.78rem; line-height: 1.3; color: var(--body-text-color-subdued); }
button[aria-pressed=true] span { color: var(--body-text-color); }
i { background-size: cover; background-position: center; }
i { animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: 0.45; } }
"""

SCRIPT = """
const row = element.querySelector('.row');
function mark(chosen) {
  row.querySelectorAll('button').forEach((button, i) => button.setAttribute('aria-pressed', i === chosen));
}
const key = (item) => item.src + item.title;
function card(item, i) {
  const button = document.createElement('button'), image = new Image(), label = document.createElement('span');
  button.type = 'button';
  button.key = key(item);
  button.title = item[`title_${document.documentElement.lang}`] || item.title || item.label;
  image.src = item.src;
  image.alt = button.title;
  label.textContent = item.label;
  button.append(image, ...(item.label ? [label] : []));
  button.addEventListener('click', () => { mark(i); props.value = i; trigger('choose'); });
  return button;
}
function draw() {
  const items = props.items ?? [];  // a row that was hidden wakes up before its props do
  const blanks = Array.from({length: props.waiting ?? 0}, () => document.createElement('i'));
  let kept = 0;  // what is there already keeps the keyboard's focus while others come
  while (kept < items.length && row.children[kept]?.key === key(items[kept])) kept++;
  while (row.children.length > kept) row.lastChild.remove();
  row.append(...items.slice(kept).map((item, i) => card(item, kept + i)), ...blanks);
  mark(props.chosen);
}
function show() {
  const blank = row.querySelector('i');
  if (blank && props.forming) blank.style.backgroundImage = `url(${props.forming})`;
}
// Names of props stand without quotes: Gradio takes a quoted word for the name of an event, and an event for the prop's value.
for (const [name, listen] of Object.entries({items: draw, waiting: draw, forming: show, chosen: () => mark(props.chosen)})) watch(name, listen);
draw();
"""


def choices(items: list[dict[str, str]] | None = None, *, waiting: int = 0, cell: int = 110, elem_id: str | None = None) -> gr.HTML:
    """Pictures to choose from; the event `choose` comes with the index as value.

    items: dicts with src (URL or data URL), label (shown below, may be empty) and title, and where the server does not know
    the language title_ko. waiting: gray places after the items, for those to come; the prop `forming`, a URL, is shown in the first of them.
    cell: px, least width of a picture (three always fit beside each other). The prop `chosen` marks an index, -1 none.

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
    """The update after which none is chosen. It says everything anew: a gr.HTML that is hidden keeps only what an update names."""
    return gr.update(items=items, waiting=0, chosen=-1)
