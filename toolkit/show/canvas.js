// The hint canvas: a photo to click on, and beside it the colors to choose from. The same for the app and for notebooks (canvas.py joins the parts).
//
// mount(root, host) builds it inside `root`; host = {get(name), set(name, value), on(name, fn)} is all it knows of the page around it. The browser
// owns the list of hints and sends all of it each time, so that no click is lost however fast they come. Python sets, and the canvas watches:
//   src, shape   the gray photo (data URL) and its size in pixels [width, height]; a new one forgets all hints
//   painted      the colored picture (data URL); overlay: a layer over it ("" = none)
//   suggestions  [{color, share, name, x, y}] for the place that was asked about (without x, y: the last one)
//   load         {hints, n}: replace the list; epoch: a changed number clears it; mark: {x, y, n}, a place to try next
// The canvas sets `value` = {hints: [{x, y, color, size, lasso, stroke}], selected, ask: {x, y} or null, palette, revision}: x, y and lasso in 0..1
// of the photo, size in its pixels. Hints of one brush stroke share a number in `stroke`. Words from outside go to textContent only.

const PALETTE = 5; // colors
const RECENT = 8;

/** Build the canvas inside `root`. */
export function mount(root, host) {
  root.innerHTML = PAGE;
  const desk = new Desk(root, host);
  desk.draw = drawing(desk);
  desk.fill = panel(desk);
  hands(desk);
  keyboard(desk);
  host.on('src', () => desk.begin());
  host.on('painted', () => desk.painted.load(host.get('painted'), () => desk.refresh()));
  host.on('overlay', () => desk.overlay.load(host.get('overlay'), () => desk.refresh()));
  host.on('suggestions', () => desk.suggested());
  host.on('epoch', () => desk.clear());
  host.on('load', () => desk.load(host.get('load')?.hints ?? []));
  host.on('mark', () => desk.point(host.get('mark')));
  desk.begin();
  desk.painted.load(host.get('painted'), () => desk.refresh());
  const sizes = new ResizeObserver(() => desk.measure());
  sizes.observe(desk.find('.work'));
  return () => sizes.disconnect();
}

/** What lies in front of a person, and all that can happen to it; the other parts draw it and turn events into calls. */
class Desk {
  hints = new Hints();
  view = new View();
  gray = new Picture();
  painted = new Picture();
  overlay = new Picture();
  tool = 'point';
  color = null; // of the hints to come; null: the likeliest one at each place
  recent = [];
  palette = [];
  sizes = {}; // of hint, brush and eraser, in pixels of the photo
  area = null; // a lasso that waits for a hint
  line = null; // a lasso that is being drawn
  ask = null; // the place whose colors are shown
  L = 50; // its lightness
  cross = null; // where the keyboard is
  mark = null; // a place to try next
  pointer = null;
  before = false;
  marks = true;
  words = '';
  keys = 0; // the last number given to a hint, a stroke or a gesture
  #asked = 0; // which hint takes the likeliest color when it is known
  #revision = 0;
  #frame = 0;
  #pause = 0;

  constructor(root, host) {
    [this.root, this.host] = [root, host];
    this.find = (selector) => root.querySelector(selector);
    this.page = this.find('.hue');
    this.board = this.find('.work canvas');
    this.coarse = matchMedia('(pointer: coarse)').matches;
  }

  part(name) {
    return this.find(`[data-is="${name}"]`);
  }

  button(name) {
    return this.find(`[data-do="${name}"]`);
  }

  get shownColor() {
    return this.hints.current?.color ?? this.color;
  }

  get size() {
    return this.hints.current?.size ?? this.sizes[this.tool] ?? this.sizes.point;
  }

  // To Python and from it

  /** Something is different: show it and say it. */
  changed(words = '') {
    this.words = words;
    this.refresh();
    const hints = this.hints.items.map(({x, y, color, size, lasso, stroke}) => ({x, y, color, size, lasso, stroke}));
    const value = {hints, selected: this.hints.selected, ask: this.ask, palette: this.palette, revision: ++this.#revision};
    this.page.value = value; // as any field of a form has it
    this.host.set('value', value);
  }

  refresh() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
      this.fill();
    });
  }

  /** A new photo. */
  begin() {
    const src = this.host.get('src');
    this.hints.forget();
    Object.assign(this, {tool: 'point', color: null, area: null, line: null, ask: null, cross: null, mark: null, before: false, words: ''});
    Object.assign(this.view, {zoom: 1, middle: [0.5, 0.5]});
    this.part('likely').hidden = this.part('gamut').hidden = true;
    this.page.hidden = !src;
    this.gray.load(src, () => {
      if (!this.gray.image) return;
      const shape = this.host.get('shape') ?? [this.gray.image.naturalWidth, this.gray.image.naturalHeight];
      const long = Math.max(...shape);
      this.view.shape = shape;
      const part = (of, least) => Math.max(least, Math.round(long / of));
      this.sizes = {point: part(130, 3), brush: part(40, 5), eraser: part(20, 9)};
      this.find('[type=range]').max = clamp(Math.round(long / 8), 16, 512);
      this.measure();
      this.changed();
    });
  }

  measure() {
    const width = this.find('.work').clientWidth;
    if (!width) return; // in a tab that is not shown
    const most = Math.max(280, Math.min(720, innerHeight * 0.74));
    const height = Math.round(clamp((width * this.view.shape[1]) / this.view.shape[0], 120, most));
    const ratio = devicePixelRatio || 1;
    this.view.size = [width, height];
    this.board.style.height = `${height}px`;
    Object.assign(this.board, {width: Math.round(width * ratio), height: Math.round(height * ratio)});
    this.view.pan(0, 0);
    this.draw(); // at once: a canvas of a new size is empty
  }

  /** Ask for the colors of a place; its lightness is known here. key: a hint that takes the likeliest. */
  look({x, y}, key = 0) {
    const rgb = this.gray.at(x, y);
    if (rgb) this.L = clamp(rgbToLab(rgb)[0], 0, 100);
    [this.ask, this.#asked] = [{x, y}, key];
    this.part('likely').classList.add('old');
    this.part('gamut').hidden = false;
    this.suggested(); // known already, where the same place is asked about again
  }

  suggested() {
    const colors = this.host.get('suggestions') ?? [];
    const [first, {ask}] = [colors[0], this];
    if (!first || !ask || (first.x !== undefined && Math.hypot(first.x - ask.x, first.y - ask.y) > 1e-6)) return;
    this.likely(colors);
    if (this.hints.items.some((hint) => hint.key === this.#asked && hint.waits)) {
      this.hints.settle(this.#asked, first.color);
      this.changed();
    }
  }

  load(items) {
    const known = items.map(({x, y, color, size, lasso = [], stroke = 0}) => {
      const key = ++this.keys;
      return {x: round(x), y: round(y), color, size, lasso: lasso.map((corner) => corner.map(round)), stroke, key, waits: false};
    });
    this.hints.change(known, -1);
    this.changed(say(known.length === 1 ? '1 hint loaded.' : '{n} hints loaded.', {n: known.length}));
  }

  /** Python proposes a place. */
  point(place) {
    this.mark = place;
    if (!place) return;
    [this.hints.selected, this.cross] = [-1, null];
    this.look(place);
    this.changed(say('A hint in the ring would tell most: choose its color, then click there.'));
  }

  // Hints

  /** A hint at a place (0..1) in the present color. */
  fresh([x, y], size) {
    const color = this.color ?? toHex(this.painted.at(x, y) ?? this.gray.at(x, y) ?? [0.5, 0.5, 0.5]); // until the likeliest one is known
    const hint = {x: round(x), y: round(y), color, size, lasso: [], stroke: 0, key: ++this.keys, waits: this.color === null};
    if (!this.area || !contains(this.area, hint)) return hint;
    const lasso = this.area;
    this.area = null;
    return {...hint, lasso};
  }

  get full() {
    if (this.hints.items.length < MOST) return false;
    this.changed(say('There are {n} hints, as many as fit. Remove some first.', {n: MOST}));
    return true;
  }

  place(where, tag = null) {
    if (this.full) return;
    const hint = this.fresh(where, this.sizes.point);
    if (this.mark && apart(this.view.toScreen(this.mark.x, this.mark.y), this.view.toScreen(...where)) < 40) this.mark = null;
    this.hints.change([...this.hints.items, hint], this.hints.items.length, tag);
    this.look(hint, hint.key);
    this.changed();
  }

  /** The hint under a point of the screen, -1 for none; the selected one first. */
  hit(p, reach = this.coarse ? 20 : 12) {
    const far = (hint) => apart(p, this.view.toScreen(hint.x, hint.y));
    if (this.hints.current && far(this.hints.current) < reach) return this.hints.selected;
    return this.hints.items.reduce((best, hint, i, all) => (far(hint) < (best < 0 ? reach : far(all[best])) ? i : best), -1);
  }

  select(i) {
    this.hints.selected = i;
    if (this.hints.current) this.look(this.hints.current);
    this.changed();
  }

  remove(i = this.hints.selected) {
    this.hints.selected = i;
    this.hints.remove();
    this.changed();
  }

  clear() {
    this.area = null;
    this.hints.change([], -1);
    this.changed(say('All hints are gone; undo brings them back.'));
  }

  step(name) {
    this.hints[name]();
    if (this.hints.current) this.look(this.hints.current);
    this.changed();
  }

  /** Move the selected hint or its stroke by parts of the photo. */
  shift(dx, dy, tag) {
    this.hints.edit((hint) => ({...hint, x: round(clamp(hint.x + dx, 0, 1)), y: round(clamp(hint.y + dy, 0, 1))}), tag);
    this.changed();
  }

  /** An area was drawn: for the selected hint if that lies inside, else for the next one that will. */
  enclose(points) {
    const area = fewer(points);
    const wide = area.some((corner) => apart(this.view.toScreen(...corner), this.view.toScreen(...area[0])) > 6);
    this.area = area.length > 2 && wide ? area : null; // a mere click takes the last one back
    if (this.area && this.hints.current && contains(area, this.hints.current)) {
      this.hints.edit((hint) => ({...hint, lasso: area}));
      this.area = null;
    }
    this.tool = 'point';
    this.changed();
  }

  free() {
    this.hints.edit((hint) => ({...hint, lasso: []}));
    this.changed();
  }

  // Color and size

  /** A color was chosen: for the selected hint and those to come. With a tag it is still being looked for. */
  pick(color, tag = null) {
    this.color = color;
    if (!tag) this.recent = [color, ...this.recent.filter((each) => each !== color)].slice(0, RECENT);
    if (!this.hints.current) return this.refresh();
    const other = this.hints.items.some((hint, i) => this.hints.belongs(i) && (hint.color !== color || hint.waits));
    if (other) this.hints.edit((hint) => ({...hint, color, waits: false}), tag);
    return this.changed();
  }

  /** Back to the likeliest color of each place. */
  auto() {
    this.color = null;
    const {current} = this.hints;
    if (current) {
      this.hints.edit((hint) => ({...hint, waits: true, key: current.key}));
      this.look(current, current.key);
    }
    this.changed();
  }

  collect(colors) {
    this.palette = [...new Set(colors)].slice(0, PALETTE);
    this.changed();
  }

  resize(size) {
    size = clamp(Math.round(size), 1, Number(this.find('[type=range]').max));
    if (!this.hints.current) {
      this.sizes[this.tool in this.sizes ? this.tool : 'point'] = size;
      this.refresh();
      return;
    }
    this.hints.edit((hint) => ({...hint, size}), `size ${this.hints.current.key}`);
    this.sealSoon();
    this.changed();
  }

  /** Turns of a wheel and steps of a key that follow each other are one step back. */
  sealSoon() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.hints.seal(), 600);
  }

  // Looking

  choose(tool) {
    this.tool = tool;
    if (tool === 'brush' || tool === 'eraser') this.hints.selected = -1; // so that a color chosen now is the brush's
    this.changed();
  }

  zoom(factor) {
    this.view.zoomAt(this.view.size[0] / 2, this.view.size[1] / 2, factor);
    this.refresh();
  }

  compare(on) {
    this.before = on;
    this.refresh();
  }

  hide() {
    this.marks = !this.marks;
    this.refresh();
  }
}
