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
