// Part of reference_sheet.js: a picture to look at, to point at and to draw around things in. Places are in 0..1 of the picture.

const NEAR = 16; // px within which a point is meant
const STEP = 0.02; // of the picture, with an arrow key
const MOST_CORNERS = 300;
const clamp = (x) => Math.min(1, Math.max(0, x));
const round = (x) => Math.round(x * 1e5) / 1e5;
const make = (tag, text = '', more = {}) => Object.assign(document.createElement(tag), {textContent: text}, more);
const outline = (corners) => (corners.length ? `M${corners.map(([x, y]) => `${x * 1000} ${y * 1000}`).join('L')}Z` : '');

const STAGE = `
<img class="after" alt=""><img class="before" alt="" hidden><img class="shade" alt="" hidden>
<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true"><path class="rim"/><path class="rim"/></svg>
<div class="points" aria-hidden="true"></div><i class="cross" hidden></i>
<div class="board" tabindex="0" role="application"></div>
<div class="edge" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0" hidden></div>`;

class Stage {
  points = [];
  region = [];
  cross = null; // where the keyboard is
  drawing = false; // the next line is a region
  drawable = false;
  #line = null; // corners of the region that is being drawn

  /** told: {place(at), region(corners), over(i), draws(on)}: what a person does here. */
  constructor(root, told) {
    root.innerHTML = STAGE;
    [this.root, this.told] = [root, told];
    this.find = (selector) => root.querySelector(selector);
    this.board = this.find('.board');
    this.#hand();
    this.#keys();
    this.#edge();
  }

  /** A picture of so many pixels; "" keeps the place. */
  show(src, shape) {
    if (shape) this.root.style.setProperty('--shape', String(shape[0] / shape[1]));
    this.layer('after', src);
  }

  layer(name, src) {
    const image = this.find(`.${name}`);
    if (src) image.src = src;
    else image.removeAttribute('src');
    image.toggleAttribute('hidden', !src && name !== 'after');
    if (name === 'before') this.find('.edge').hidden = !src;
  }

  compare(percent) {
    const share = Math.round(Math.min(100, Math.max(0, percent)));
    this.root.style.setProperty('--share', `${share}%`);
    this.root.classList.toggle('rest', !share);
    this.find('.edge').setAttribute('aria-valuenow', share);
  }

  dot(points, visible) {
    this.points = points;
    this.find('.points').replaceChildren(...points.map(({x, y, color}) => {
      const dot = make('i');
      [dot.style.left, dot.style.top] = [`${x * 100}%`, `${y * 100}%`];
      dot.style.setProperty('--c', color);
      return dot;
    }));
    this.find('.points').hidden = !visible;
  }

  /** Mark the points of these numbers. */
  mark(numbers) {
    [...this.find('.points').children].forEach((dot, i) => dot.classList.toggle('on', numbers.includes(i)));
  }

  enclose(region) {
    this.region = region;
    this.trace(region);
  }

  trace(corners) {
    this.root.querySelectorAll('path').forEach((path) => path.setAttribute('d', outline(corners)));
  }

  draw(on) {
    [this.drawing, this.#line] = [on, null];
    this.root.classList.toggle('drawing', on);
    this.trace(this.region);
    this.told.draws(on);
  }

  at(place) {
    this.cross = place;
    const cross = this.find('.cross');
    cross.hidden = !place;
    if (place) [cross.style.left, cross.style.top] = place.map((part) => `${part * 100}%`);
  }

  /** The number of the point next to a place, -1 for none nearby. */
  nearest([x, y]) {
    const {width, height} = this.root.getBoundingClientRect();
    const far = (point) => Math.hypot((point.x - x) * width, (point.y - y) * height);
    return this.points.reduce((best, point, i, all) => (far(point) < (best < 0 ? NEAR : far(all[best])) ? i : best), -1);
  }

  #finish() {
    const line = this.#line ?? [];
    const every = Math.ceil(line.length / MOST_CORNERS) || 1;
    const corners = line.filter((_, i) => i % every === 0);
    const wide = corners.some(([x, y]) => Math.hypot(x - corners[0][0], y - corners[0][1]) > 0.02);
    this.draw(false);
    if (corners.length > 2 && wide) this.told.region(corners);
  }

  #hand() {
    const where = ({clientX, clientY}) => {
      const {left, top, width, height} = this.root.getBoundingClientRect();
      return [round(clamp((clientX - left) / width)), round(clamp((clientY - top) / height))];
    };
    let start = null;
    this.board.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      start = event;
      if (this.drawing || event.pointerType === 'mouse') this.board.setPointerCapture(event.pointerId);
      if (this.drawing) this.#line = [where(event)];
    });
    this.board.addEventListener('pointermove', (event) => {
      if (this.#line && start) {
        this.#line.push(where(event));
        this.trace(this.#line);
      } else if (start && this.drawable && event.pointerType === 'mouse' && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > 6) {
        const first = where(start);
        this.draw(true);
        this.#line = [first, where(event)];
      } else if (!start) this.told.over(this.nearest(where(event)));
    });
    this.board.addEventListener('pointerup', (event) => {
      const [begun, line] = [start, this.#line];
      start = null;
      if (line) this.#finish();
      else if (begun) this.told.place(where(event));
    });
    this.board.addEventListener('pointercancel', () => {
      start = null;
      if (this.#line) this.draw(false);
    });
    this.board.addEventListener('pointerleave', () => this.told.over(-1));
  }

  #keys() {
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    this.board.addEventListener('keydown', (event) => {
      const [way, [x, y]] = [ways[event.key], this.cross ?? [0.5, 0.5]];
      if (way) {
        const step = event.shiftKey ? STEP / 4 : STEP;
        this.at([round(clamp(x + way[0] * step)), round(clamp(y + way[1] * step))]);
        this.told.over(this.nearest(this.cross));
      } else if (event.key === 'Enter' && this.drawing) this.#corner([x, y]);
      else if (event.key === 'Enter') this.told.place([x, y]);
      else if (event.key === 'Escape' && this.drawing) this.draw(false);
      else if (event.key === 'Escape') this.told.place(null);
      else return;
      event.preventDefault();
    });
  }

  /** A corner by the keyboard; the line is closed near its first corner or by saying the last one twice. */
  #corner([x, y]) {
    this.at([x, y]);
    const line = this.#line ?? [];
    const close = (corner) => corner && Math.hypot(corner[0] - x, corner[1] - y) < STEP * 0.9;
    this.#line = line;
    if (line.length > 2 && (close(line[0]) || close(line.at(-1)))) this.#finish();
    else {
      line.push([x, y]);
      this.trace(line);
    }
  }

  #edge() {
    const edge = this.find('.edge');
    const drag = ({clientX}) => {
      const {left, width} = this.root.getBoundingClientRect();
      this.compare(((clientX - left) / width) * 100);
    };
    edge.addEventListener('pointerdown', (event) => edge.setPointerCapture(event.pointerId));
    edge.addEventListener('pointermove', (event) => edge.hasPointerCapture(event.pointerId) && drag(event));
    edge.addEventListener('keydown', (event) => {
      const way = {ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, Home: -100, End: 100}[event.key];
      if (!way) return;
      this.compare(Number(edge.getAttribute('aria-valuenow')) + way);
      event.preventDefault();
    });
  }
}
