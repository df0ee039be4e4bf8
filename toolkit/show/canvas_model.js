// Part of canvas.js: colors to show, where the photo lies on the screen, the list of hints with its past.

const MOST = 2000; // hints; Python refuses more
const CORNERS = 120; // of a lasso
const SPACING = 0.75; // of a brush's size, from one hint of a stroke to the next

// Color, only to show and to pick it: sRGB and CIE Lab, D65 (IEC 61966-2-1; CIE 15).

const WHITE = [0.95047, 1, 1.08883];
const toLinear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

/** Lab -> [r, g, b]; outside 0..1 where sRGB has no such color. */
function labToRgb(L, a, b) {
  const fy = (L + 16) / 116;
  const [X, Y, Z] = [fy + a / 500, fy, fy - b / 200].map((t, i) => WHITE[i] * (t > 6 / 29 ? t ** 3 : (t - 4 / 29) * 3 * (6 / 29) ** 2));
  const linear = [3.2406 * X - 1.5372 * Y - 0.4986 * Z, -0.9689 * X + 1.8758 * Y + 0.0415 * Z, 0.0557 * X - 0.204 * Y + 1.057 * Z];
  return linear.map(toGamma);
}

function rgbToLab(rgb) {
  const [r, g, b] = rgb.map(toLinear);
  const XYZ = [0.4124 * r + 0.3576 * g + 0.1805 * b, 0.2126 * r + 0.7152 * g + 0.0722 * b, 0.0193 * r + 0.1192 * g + 0.9505 * b];
  const [fx, fy, fz] = XYZ.map((v, i) => (v / WHITE[i] > (6 / 29) ** 3 ? Math.cbrt(v / WHITE[i]) : v / WHITE[i] / (3 * (6 / 29) ** 2) + 4 / 29));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const inside = (rgb) => rgb.every((c) => c > -0.002 && c < 1.002);
const toHex = (rgb) => '#' + rgb.map((c) => Math.round(Math.min(1, Math.max(0, c)) * 255).toString(16).padStart(2, '0')).join('');
const fromHex = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);

/** What a person typed -> "#rrggbb", or null. */
function readHex(text) {
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1].toLowerCase();
  if (!digits) return null;
  return '#' + (digits.length === 3 ? [...digits].map((d) => d + d).join('') : digits);
}

/** The color of this L and ab; where there is none, the most colorful of the same hue. */
function nearestColor(L, a, b) {
  for (let part = 1; part > 0; part -= 0.02) {
    const rgb = labToRgb(L, a * part, b * part);
    if (inside(rgb)) return toHex(rgb);
  }
  return toHex(labToRgb(L, 0, 0));
}

// Geometry

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const round = (value) => Math.round(value * 1e5) / 1e5;

const apart = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);

function contains(polygon, {x, y}) {
  let odd = false;
  polygon.forEach(([x1, y1], i) => {
    const [x2, y2] = polygon[(i + 1) % polygon.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  });
  return odd;
}

/** At most CORNERS of the points a hand drew. */
function fewer(points) {
  const step = Math.max(1, points.length / CORNERS);
  return Array.from({length: Math.min(points.length, CORNERS)}, (_, i) => points[Math.floor(i * step)].map(round));
}

/** Where the photo lies on the screen: the middle of the view in 0..1 of the photo, and how much it is enlarged. */
class View {
  shape = [1, 1];
  size = [1, 1]; // of the canvas, CSS px
  zoom = 1;
  middle = [0.5, 0.5];

  get scale() { // screen px for one of the photo's
    return Math.min(this.size[0] / this.shape[0], this.size[1] / this.shape[1]) * this.zoom;
  }

  toScreen(x, y) {
    return [x, y].map((v, i) => this.size[i] / 2 + (v - this.middle[i]) * this.shape[i] * this.scale);
  }

  toPhoto(px, py) {
    return [px, py].map((v, i) => this.middle[i] + (v - this.size[i] / 2) / (this.shape[i] * this.scale));
  }

  pan(dx, dy) {
    this.middle = [dx, dy].map((d, i) => {
      const half = this.size[i] / 2 / (this.shape[i] * this.scale); // what is seen to each side
      return half >= 0.5 ? 0.5 : clamp(this.middle[i] - d / (this.shape[i] * this.scale), half, 1 - half);
    });
  }

  /** Enlarge, keeping what lies under (px, py) there. */
  zoomAt(px, py, factor) {
    const before = this.toPhoto(px, py);
    this.zoom = clamp(this.zoom * factor, 1, 16);
    const [x, y] = this.toScreen(...before);
    this.pan(px - x, py - y);
  }
}

/** The hints, with a past and a future. Lists and hints are never changed, only replaced: a step back is exact. */
class Hints {
  items = [];
  selected = -1;
  past = [];
  future = [];
  #tag = null;

  get current() {
    return this.items[this.selected];
  }

  /** A new list. Changes with the same tag, until `seal`, are one step. */
  change(items, selected = this.selected, tag = null) {
    if (!tag || tag !== this.#tag) this.past = [...this.past.slice(-499), [this.items, this.selected]];
    [this.items, this.selected, this.future, this.#tag] = [items, selected, [], tag];
  }

  seal() {
    this.#tag = null;
  }

  undo() {
    this.#step(this.past, this.future);
  }

  redo() {
    this.#step(this.future, this.past);
  }

  /** Undo what a gesture did that became another one. */
  drop(tag) {
    if (tag !== this.#tag) return;
    this.undo();
    this.future.pop();
  }

  forget() {
    [this.items, this.selected, this.past, this.future, this.#tag] = [[], -1, [], [], null];
  }

  /** Is hint i moved, recolored and deleted with the selected one: itself, or its whole stroke? */
  belongs(i) {
    return i === this.selected || Boolean(this.current?.stroke && this.items[i].stroke === this.current.stroke);
  }

  edit(change, tag) {
    if (this.current) this.change(this.items.map((hint, i) => (this.belongs(i) ? change(hint) : hint)), this.selected, tag);
  }

  remove() {
    if (this.current) this.change(this.items.filter((_, i) => !this.belongs(i)), -1);
  }

  /** The color a hint was waiting for; belongs to placing it, hence to every state that knows it. */
  settle(key, color) {
    const paint = (items) => items.map((hint) => (hint.key === key && hint.waits ? {...hint, color, waits: false} : hint));
    this.items = paint(this.items);
    for (const steps of [this.past, this.future]) steps.forEach((step) => { step[0] = paint(step[0]); });
  }

  #step(from, to) {
    this.seal();
    if (!from.length) return;
    to.push([this.items, this.selected]);
    [this.items, this.selected] = from.pop();
  }
}

/** A picture that arrives as a data URL, ready to be drawn and to be asked for single pixels. */
class Picture {
  image = null;
  #pixels = null;
  #turn = 0;

  load(url, done) {
    const turn = ++this.#turn; // an older one that is decoded late is not shown
    if (!url) {
      this.image = this.#pixels = null;
      done();
      return;
    }
    const image = new Image();
    image.onload = () => {
      if (turn !== this.#turn) return;
      [this.image, this.#pixels] = [image, null];
      done();
    };
    image.src = url;
  }

  /** [r, g, b] in 0..1 at a place in 0..1, or null. */
  at(x, y) {
    if (!this.image) return null;
    const {naturalWidth: w, naturalHeight: h} = this.image;
    if (!this.#pixels) {
      const sheet = Object.assign(document.createElement('canvas'), {width: w, height: h});
      this.#pixels = sheet.getContext('2d', {willReadFrequently: true});
      this.#pixels.drawImage(this.image, 0, 0);
    }
    const [left, top] = [clamp(Math.floor(x * w), 0, w - 1), clamp(Math.floor(y * h), 0, h - 1)];
    return [...this.#pixels.getImageData(left, top, 1, 1).data].slice(0, 3).map((c) => c / 255);
  }
}
