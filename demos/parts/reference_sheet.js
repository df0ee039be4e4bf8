// The sheet of the tab "Reference": a photo and how it shall be colored: like other photos, with a few colors, or in one place only.
//
// mount(root, host) builds it inside `root`; host = {get(name), set(name, value, ask), on(name, fn)} is all it knows of the page around it; `ask`
// says that Python shall answer. The browser owns what is asked, and sends all of it each time. Python sets, and the sheet watches:
//   photo    {n, shape: [width, height], gray, own, lenders, takes, words}: a new photo, as data URLs without and (or "") with its own color; examples
//            that lend color [{name, src, title}]; what is asked at first; what the sheet says in the visitor's language. {} hides the sheet
//   lent     {n, name, picture}: a reference of the visitor's own
//   answer   {photo, revision, painted, points, heat, reach, pictures, message, ok}: painted is a data URL, or absent where the last one stays;
//            points are [{x, y, u, v, take, color}]; heat has a layer for each reference, or "" (absent: none was asked for); reach is a layer or "";
//            pictures are {name: {src, shape, name, palette}} of references that the sheet has not seen yet
// The sheet sets `value` = {photo, revision, mode, takes: [{name, source, target}], colors, changes, at, reach, known}; a color is text, or
// {color, share} where a photo lent it; a change is {region, color}, {region, words} or {region, lent}. Places are in 0..1. Words from outside go to textContent only.

const STEPS = 100; // back
const MOST_TAKES = 4;
const MOST_COLORS = 8;
const DYES = ['#8c2f2b', '#c9702f', '#d8b13c', '#5f7f3a', '#2f7f86', '#3a6ea5', '#6a4a8c', '#c46a8a', '#7a5638', '#8a8a8a'];

/** Build the sheet inside `root`. */
export function mount(root, host) {
  root.innerHTML = PAGE;
  const sheet = new Sheet(root, host);
  host.on('photo', () => sheet.begin());
  host.on('lent', () => sheet.receive(host.get('lent')));
  host.on('answer', () => sheet.hear(host.get('answer')));
  sheet.begin();
  sheet.hear(host.get('answer'));
}

class Sheet {
  words = {};
  pictures = {}; // of references, by name
  #revision = 0;
  #answered = -1;
  #lent = 0;

  constructor(root, host) {
    this.host = host;
    this.find = (selector) => root.querySelector(selector);
    this.page = this.find('.lend');
    this.photo = new Stage(this.find('[data-is=photo]'), {
      place: (at) => this.#point(at),
      region: (corners) => this.#enclose(corners),
      over: (i) => this.#highlight(i),
      draws: (on) => this.#press('.main [data-do=draw]', on),
    });
    this.lender = new Stage(this.find('[data-is=lender]'), {
      place: () => {},
      region: (corners) => this.#retake({source: corners}),
      over: (i) => this.#highlight(i < 0 ? -1 : this.lender.points[i].i),
      draws: (on) => this.#press('.shown [data-do=draw]', on),
    });
    this.#listen();
  }

  #listen() {
    this.page.querySelectorAll('[data-mode]').forEach((button) => button.addEventListener('click', () => this.turn(button.dataset.mode)));
    this.find('.modes').addEventListener('keydown', (event) => {
      const way = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1}[event.key];
      if (!way) return;
      const modes = [...this.page.querySelectorAll('[data-mode]:not([disabled])')];
      const next = modes[(modes.findIndex((button) => button.dataset.mode === this.mode) + way + modes.length) % modes.length];
      event.preventDefault();
      this.turn(next.dataset.mode);
      next.focus();
    });
    const deeds = {
      '[data-do=undo]': () => this.step(this.past, this.future),
      '[data-do=redo]': () => this.step(this.future, this.past),
      '.main [data-do=draw]': () => this.photo.draw(!this.photo.drawing),
      '.main [data-do=clear]': () => this.#enclose([]),
      '[data-do=points]': () => [this.marks, this.at] = [!this.marks, null],
      '[data-do=reach]': () => {
        this.reach = !this.reach;
        this.ask();
      },
      '.shown [data-do=draw]': () => this.lender.draw(!this.lender.drawing),
      '.shown [data-do=clear]': () => this.#retake({source: []}),
      '[data-do=remove]': () => this.change('takes', this.asked.takes.filter((_, i) => i !== this.current)),
      '[data-do=take]': () => this.#take(),
    };
    for (const [selector, deed] of Object.entries(deeds)) {
      this.find(selector).addEventListener('click', () => {
        deed();
        this.refresh();
      });
    }
    this.find('form').addEventListener('submit', (event) => {
      event.preventDefault();
      const words = this.find('form input').value.trim();
      if (words) this.change('changes', [...this.asked.changes, {region: [], words}]);
      this.find('form input').value = '';
    });
  }

  // From Python

  /** A new photo, or none. */
  begin() {
    const {n, shape, gray, own, takes = [], words} = this.host.get('photo') ?? {};
    this.page.hidden = !n;
    this.asked = {takes, colors: [], changes: []};
    [this.past, this.future] = [{takes: [], colors: [], changes: []}, {takes: [], colors: [], changes: []}];
    Object.assign(this, {mode: 'reference', current: 0, region: [], at: null, reach: false, marks: true, points: [], heat: [], shade: ''});
    [this.pictures, this.#revision, this.#answered] = [{}, 0, -1];
    if (!n) return;
    Object.assign(this, {words, gray, own});
    this.photo.show('', shape);
    this.photo.compare(0);
    this.photo.at(null);
    this.label();
    this.say('');
    this.tell(false);
    this.wait(true);
    this.refresh();
  }

  /** Everything the sheet says itself. */
  label() {
    const {words} = this;
    for (const mode of Object.keys(PART)) this.find(`[data-mode=${mode}]`).textContent = words[mode];
    this.find('[data-mode=recolor]').disabled = !this.own;
    this.find('[data-mode=recolor]').title = this.own ? '' : words.gray;
    const named = {'.main [data-do=draw]': 'draw', '.main [data-do=clear]': 'clear', '[data-do=points]': 'points', '[data-do=reach]': 'reach',
      '.shown [data-do=draw]': 'draw', '.shown [data-do=clear]': 'clear', '[data-do=remove]': 'remove', '[data-is=colors] h4': 'palette_title',
      '[data-is=dye] h4': 'dye', 'form label': 'say', 'form button': 'go', '.add span': 'add'};
    for (const [selector, key] of Object.entries(named)) this.find(selector).textContent = words[key];
    const marked = {'.modes': 'mode', '[data-do=undo]': 'undo', '[data-do=redo]': 'redo', '.edge': 'before_after', '[data-is=photo] .board': 'stage',
      '[data-is=lender] .board': 'lender_stage', '[data-is=colors] .swatches': 'palette_title', '[data-is=dye] .swatches': 'dye',
      '.strip': 'references', '.add .strip': 'add', 'form input': 'say'};
    for (const [selector, key] of Object.entries(marked)) this.find(selector).setAttribute('aria-label', words[key]);
    for (const name of ['undo', 'redo']) this.find(`[data-do=${name}]`).title = words[name];
    this.find('form input').placeholder = words.placeholder;
    this.find('[data-is=photo] .after').alt = words.after;
    this.find('[data-is=photo] .before').alt = words.before;
    const own = make('button', words.upload, {type: 'button', className: 'own'});
    own.addEventListener('click', () => document.querySelector('#reference-upload')?.click());
    this.find('.add .strip').replaceChildren(own, ...this.host.get('photo').lenders.map(({name, src, title}) => {
      const button = thumb(src, title);
      button.addEventListener('click', () => this.add(name));
      return button;
    }));
    this.find('[data-is=dye] .swatches').replaceChildren(...DYES.map((color) => this.#swatch(color, () => this.#dye(color), words.dye_with)), this.#picker((color) => this.#dye(color), words.any));
  }

  /** A reference of the visitor's own has been looked at. */
  receive({n, name, picture} = {}) {
    if (!n || n === this.#lent || this.page.hidden) return;
    this.#lent = n;
    this.pictures[name] = picture;
    this.add(name);
  }

  hear(answer) {
    const {photo, revision, painted, points, heat, reach, pictures, message, ok = true} = answer ?? {};
    if (!photo || photo !== this.host.get('photo')?.n || revision < this.#answered) return;
    this.#answered = revision;
    Object.assign(this.pictures, pictures);
    if (revision === this.#revision) this.wait(false);
    this.say(message, ok);
    if (painted) this.photo.layer('after', painted);
    if (points) this.points = points;
    [this.heat, this.shade] = [heat ?? [], reach ?? ''];
    if (this.heat.length && !this.heat[this.current]) this.current = Math.max(0, this.heat.findIndex(Boolean));
    this.refresh();
  }

  // What is asked

  ask() {
    this.#revision += 1;
    this.wait(true);
    this.tell(true);
  }

  tell(ask) {
    const {mode, asked, at, reach} = this;
    const value = {photo: this.host.get('photo').n, revision: this.#revision, mode, ...asked, at, reach, known: Object.keys(this.pictures)};
    this.page.value = value; // as any field of a form has it
    this.host.set('value', value, ask);
  }

  /** A step that undo takes back. */
  change(part, next) {
    this.past[part].push(this.asked[part]);
    this.past[part].splice(0, this.past[part].length - STEPS);
    this.future[part] = [];
    this.#put(part, next);
  }

  step(from, to) {
    const part = PART[this.mode];
    if (!from[part].length) return;
    to[part].push(this.asked[part]);
    this.#put(part, from[part].pop());
  }

  #put(part, next) {
    this.asked = {...this.asked, [part]: next};
    [this.at, this.points] = [null, part === 'takes' ? [] : this.points];
    this.current = Math.min(this.current, Math.max(0, this.asked.takes.length - 1));
    this.ask();
    this.refresh();
  }

  turn(mode) {
    if (mode === this.mode) return;
    Object.assign(this, {mode, at: null, region: [], reach: false, points: []});
    this.say('');
    this.ask();
    this.refresh();
  }

  add(name) {
    if (this.asked.takes.length >= MOST_TAKES) return;
    this.current = this.asked.takes.length;
    this.change('takes', [...this.asked.takes, {name, source: [], target: []}]);
  }

  #retake(part) {
    const {takes} = this.asked;
    if (takes[this.current]) this.change('takes', takes.map((take, i) => (i === this.current ? {...take, ...part} : take)));
  }

  /** A line was drawn around a thing of the photo, or taken back. */
  #enclose(corners) {
    if (this.mode === 'reference') this.#retake({target: corners});
    else this.region = corners;
    this.refresh();
  }

  /** A color for the region; one after the other for the same region is one step. */
  #dye(color, more = {color}) {
    if (!this.region.length) return;
    const last = this.asked.changes.at(-1);
    const change = {region: this.region, ...more};
    if (last?.region === this.region && last.color && more.color) this.#put('changes', [...this.asked.changes.slice(0, -1), change]);
    else this.change('changes', [...this.asked.changes, change]);
  }

  /** What the button below the reference does. */
  #take() {
    const take = this.asked.takes[this.current];
    if (this.mode === 'palette') this.change('colors', (this.pictures[take.name]?.palette ?? []).slice(0, MOST_COLORS));
    else this.#dye('', {lent: {name: take.name, source: take.source}});
  }

  /** Where did this place take its color from? */
  #point(at) {
    if (this.mode !== 'reference' || !this.asked.takes.length) return;
    if (!at && !this.at) return;
    this.at = at;
    this.ask();
    this.refresh();
  }

  // What is seen

  #press(selector, on) {
    this.find(selector).setAttribute('aria-pressed', on);
  }

  #highlight(i) {
    this.photo.mark([i]);
    this.lender.mark(this.lender.points.flatMap((point, k) => (point.i === i ? [k] : [])));
  }

  refresh() {
    const {mode, words, asked} = this;
    const takes = asked.takes;
    const take = takes[this.current];
    const target = mode === 'reference' ? take?.target ?? [] : mode === 'recolor' ? this.region : [];
    this.page.querySelectorAll('[data-mode]').forEach((button) => {
      button.setAttribute('aria-checked', button.dataset.mode === mode);
      button.tabIndex = button.dataset.mode === mode ? 0 : -1;
    });
    this.photo.layer('before', mode === 'recolor' ? this.own : this.gray);
    if (!this.photo.find('.after').hasAttribute('src')) this.photo.find('.edge').hidden = true; // not colored yet
    this.photo.layer('shade', this.shade);
    this.photo.drawable = mode === 'recolor' || (mode === 'reference' && takes.length > 0);
    this.photo.enclose(target);
    this.photo.at(this.at);
    this.photo.dot(mode === 'reference' ? this.points : [], this.marks);
    this.#see('.main [data-do=draw]', this.photo.drawable);
    this.#see('.main [data-do=clear]', target.length > 0);
    this.#see('[data-do=points]', mode === 'reference' && this.points.length > 0);
    this.#see('[data-do=reach]', mode === 'recolor' && asked.changes.length > 0);
    this.#press('[data-do=points]', this.marks);
    this.#press('[data-do=reach]', this.reach);
    this.find('[data-do=undo]').disabled = !this.past[PART[mode]].length;
    this.find('[data-do=redo]').disabled = !this.future[PART[mode]].length;
    for (const [part, modes] of [['colors', ['palette']], ['dye', ['recolor']], ['words', ['recolor']]]) this.#see(`[data-is=${part}]`, modes.includes(mode));
    this.page.querySelectorAll('[data-is=dye] button, [data-is=dye] input').forEach((part) => part.disabled = !this.region.length);
    this.find('.main .help').textContent = this.#help(mode, takes, target);
    this.find('[data-is=reference] h4').textContent = words[`lend_${mode}`];
    this.#palette();
    this.#lenders(take);
  }

  #help(mode, takes, target) {
    const {words} = this;
    if (mode === 'palette') return this.asked.colors.length ? '' : words.no_colors;
    if (mode === 'recolor') return target.length ? words.then_color : words.draw_first;
    if (!takes.length) return words.no_reference;
    if (this.at && this.heat.length) return this.heat.some(Boolean) ? words.from : words.kept;
    return target.length ? words.then_there : words.click;
  }

  #see(selector, on) {
    this.find(selector).hidden = !on;
  }

  #palette() {
    const {words, asked: {colors}} = this;
    const without = (i) => this.change('colors', colors.filter((_, k) => k !== i));
    const chips = colors.map((color, i) => this.#swatch(color.color ?? color, () => without(i), words.drop, '×'));
    if (colors.length < MOST_COLORS) chips.push(this.#picker((color) => this.change('colors', [...colors, color]), words.add_color));
    this.find('[data-is=colors] .swatches').replaceChildren(...chips);
  }

  #lenders(take) {
    const {words, mode, asked: {takes}} = this;
    const picture = this.pictures[take?.name];
    this.find('[data-is=reference] > .strip').replaceChildren(...takes.map(({name}, i) => {
      const known = this.pictures[name];
      const button = thumb(known?.src ?? '', words.reference_n.replace('{n}', i + 1));
      button.setAttribute('aria-pressed', i === this.current);
      button.addEventListener('click', () => {
        this.current = i;
        this.refresh();
      });
      return button;
    }));
    this.#see('[data-is=reference] > .strip', takes.length > 1);
    this.#see('.shown', Boolean(picture));
    this.#see('.add', takes.length < MOST_TAKES);
    if (!picture) return;
    this.lender.show(picture.src, picture.shape);
    this.lender.find('.after').alt = words.reference_n.replace('{n}', this.current + 1);
    this.lender.drawable = mode !== 'palette';
    this.lender.enclose(mode === 'palette' ? [] : take.source);
    this.lender.layer('shade', this.at ? this.heat[this.current] ?? '' : '');
    const mine = this.points.map((point, i) => ({...point, x: point.u, y: point.v, i})).filter((point) => point.take === this.current);
    this.lender.dot(mode === 'reference' ? mine : [], this.marks && !this.at);
    this.#see('[data-do=take]', mode !== 'reference');
    this.find('[data-do=take]').textContent = mode === 'palette' ? words.take_palette : words.take_color;
    this.find('[data-do=take]').disabled = mode === 'palette' ? !picture.palette.length : !this.region.length;
    this.#see('.shown [data-do=draw]', mode !== 'palette');
    this.#see('.shown [data-do=clear]', mode !== 'palette' && take.source.length > 0);
    this.find('.shown .help').textContent = mode === 'palette' ? '' : take.source.length ? words.only_there : words.draw_there;
  }

  #swatch(color, act, label, inner = '') {
    const button = make('button', inner, {type: 'button', className: 'swatch', title: label.replace('{color}', color)});
    button.setAttribute('aria-label', button.title);
    button.style.setProperty('--c', color);
    button.addEventListener('click', () => act());
    return button;
  }

  #picker(act, label) {
    const input = make('input', '', {type: 'color', value: '#b4552d', title: label});
    input.setAttribute('aria-label', label);
    input.addEventListener('change', () => act(input.value));
    return input;
  }

  wait(busy) {
    this.page.setAttribute('aria-busy', busy);
    this.find('.status').textContent = busy ? this.words.working : '';
  }

  say(message, ok = true) {
    const place = this.find('.message');
    place.textContent = message ?? '';
    place.hidden = !message;
    place.classList.toggle('wrong', !ok);
  }
}

function thumb(src, title) {
  const [button, image] = [make('button', '', {type: 'button', title}), new Image()];
  if (src) image.src = src;
  image.alt = title;
  button.append(image);
  return button;
}
