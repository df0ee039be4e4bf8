// The sheet of the tab "Text prompt": a box for words, the picture they give, and a table of how they were read.
//
// mount(root, host) builds it inside `root`; host = {get(name), set(name, value, ask), on(name, fn)} is all it knows of the page around it; `ask`
// says that Python shall answer. The browser owns the prompt and its past, and sends the whole prompt each time. Python sets, and the sheet watches:
//   photo    {n, shape: [width, height], words}: a new photo, and what the sheet says in the visitor's language; {} hides the sheet
//   before   data URL of what the picture is compared with
//   offers   {things, words, examples}: names of what is in the photo, other words to complete, whole prompts
//   answer   {photo, revision, painted, rows, message, ok}: painted is a data URL, or absent where the last one stays;
//            rows are {phrase, thing, confidence, color, note, ok, instead, heat, outline}: instead is what a misspelt word may be or null, heat a
//            data URL, outline an SVG path over 1000 x 1000
// The sheet sets `value` = {prompt, photo, revision}. Words from outside go to textContent only.

const STEPS = 200; // back
const PAGE = `
<div class="sheet" hidden>
  <form class="ask">
    <label></label>
    <div class="line">
      <div class="box">
        <textarea rows="1" spellcheck="false" autocomplete="off" autocapitalize="off" enterkeyhint="go" aria-autocomplete="list"></textarea>
        <ul role="listbox" hidden></ul>
      </div>
      <div class="buttons">
        <button class="go" type="submit"></button>
        <button class="step" type="button" data-do="undo"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6"/></svg></button>
        <button class="step" type="button" data-do="redo"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m15 7 5 5-5 5m5-5H10a6 6 0 0 0-6 6"/></svg></button>
      </div>
    </div>
    <div class="offer" data-is="things" hidden><span></span><div class="chips" role="group"></div></div>
    <div class="offer" data-is="examples" hidden><span></span><div class="chips" role="group"></div></div>
  </form>
  <p class="message" role="alert" hidden></p>
  <div class="view">
    <figure>
      <div class="stage">
        <img class="after" alt="">
        <img class="before" alt="">
        <img class="heat" alt="" hidden>
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" hidden><path class="rim"/><path class="rim"/></svg>
        <div class="edge" aria-hidden="true"></div>
        <input type="range" min="0" max="100" step="1" value="0">
      </div>
      <div class="below"><figcaption></figcaption><p class="status" role="status"></p></div>
    </figure>
    <div class="read">
      <table hidden><caption></caption><thead><tr></tr></thead><tbody></tbody></table>
      <p class="empty"></p>
      <p class="help" hidden></p>
    </div>
  </div>
</div>`;

/** Build the sheet inside `root`. */
export function mount(root, host) {
  root.innerHTML = PAGE;
  const sheet = new Sheet(root, host);
  completion(sheet);
  host.on('photo', () => sheet.begin());
  host.on('before', () => sheet.show('before', host.get('before')));
  host.on('offers', () => sheet.offer());
  host.on('answer', () => sheet.hear(host.get('answer')));
  sheet.begin();
  sheet.offer();
  sheet.show('before', host.get('before'));
  sheet.hear(host.get('answer'));
}

const make = (tag, text = '', more = {}) => Object.assign(document.createElement(tag), {textContent: text}, more);
const isColor = (text) => /^#[0-9a-f]{6}$/.test(text ?? '');

class Sheet {
  words = {};
  past = []; // prompts
  future = [];
  asked = ''; // the prompt whose picture is shown or on its way
  rows = [];
  #revision = 0;
  #answered = -1;
  #slow = 0;

  constructor(root, host) {
    this.host = host;
    this.find = (selector) => root.querySelector(selector);
    this.page = this.find('.sheet');
    this.field = this.find('textarea');
    this.find('form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask(this.field.value);
    });
    this.field.addEventListener('input', () => this.fit());
    this.find('[data-do=undo]').addEventListener('click', () => this.step(this.past, this.future));
    this.find('[data-do=redo]').addEventListener('click', () => this.step(this.future, this.past));
    this.find('[type=range]').addEventListener('input', () => this.compare());
    this.page.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.choose(-1);
    });
  }

  // From Python

  /** A new photo, or none. */
  begin() {
    const {n, shape, words} = this.host.get('photo') ?? {};
    this.page.hidden = !n;
    [this.past, this.future, this.asked, this.rows, this.#revision, this.#answered] = [[], [], '', [], 0, -1];
    if (!n) return;
    this.words = words;
    this.find('.stage').style.setProperty('--shape', String(shape[0] / shape[1]));
    this.field.value = '';
    this.find('[type=range]').value = 0;
    this.show('after', '');
    this.label();
    this.table();
    this.say('');
    this.compare();
    this.buttons();
    this.hold('', false);
    this.wait(true);
    this.fit();
  }

  /** Everything the sheet says itself. */
  label() {
    const {words} = this;
    const id = `sheet-${Math.random().toString(36).slice(2)}`;
    const named = {label: 'label', '.go': 'go', figcaption: 'compare', '.empty': 'empty', '.help': 'help', caption: 'read',
      '[data-is=things] span': 'things', '[data-is=examples] span': 'examples'};
    for (const [selector, key] of Object.entries(named)) this.find(selector).textContent = words[key];
    const marked = {'[data-do=undo]': 'undo', '[data-do=redo]': 'redo', '[type=range]': 'before_after', '[role=listbox]': 'completions',
      '[data-is=things] .chips': 'things', '[data-is=examples] .chips': 'examples'};
    for (const [selector, key] of Object.entries(marked)) this.find(selector).setAttribute('aria-label', words[key]);
    for (const name of ['undo', 'redo']) this.find(`[data-do=${name}]`).title = words[name];
    this.find('.before').alt = words.before;
    this.find('.after').alt = words.after;
    this.field.placeholder = words.placeholder;
    [this.field.id, this.find('label').htmlFor] = [id, id];
    this.find('[role=listbox]').id = `${id}-list`;
    this.field.setAttribute('aria-controls', `${id}-list`);
    this.find('thead tr').replaceChildren(...['phrase', 'found', 'color'].map((key) => make('th', words[key], {scope: 'col'})));
  }

  offer() {
    const {things = [], examples = []} = this.host.get('offers') ?? {};
    this.chips('things', things, (word) => this.insert(word));
    this.chips('examples', examples, (prompt) => {
      this.put(prompt);
      this.ask(prompt);
    });
  }

  chips(kind, texts, act) {
    const row = this.find(`[data-is=${kind}]`);
    row.hidden = !texts.length;
    row.querySelector('.chips').replaceChildren(...texts.map((text) => {
      const chip = make('button', text, {type: 'button', className: 'chip'});
      chip.addEventListener('click', () => act(text));
      return chip;
    }));
  }

  hear(answer) {
    const {photo, revision, painted, rows, message = '', ok = true} = answer ?? {};
    if (photo !== this.host.get('photo')?.n || revision < this.#answered) return; // of another photo, or overtaken
    this.#answered = revision;
    if (painted) this.show('after', painted);
    if (rows) {
      this.rows = rows;
      this.table();
    }
    if (revision < this.#revision) return;
    this.wait(false);
    this.say(message, ok);
    if (ok && revision) this.find('.status').textContent = this.words.done.replace('{n}', this.rows.length);
  }

  show(kind, url) {
    const image = this.find(`.${kind}`);
    if (url) image.src = url;
    else image.removeAttribute('src');
    image.hidden = !url;
    this.find('.edge').hidden = this.find('[type=range]').hidden = !this.find('.after').src;
  }

  // To Python

  ask(prompt) {
    prompt = prompt.trim();
    if (prompt === this.asked && !this.find('.message').classList.contains('wrong')) {
      if (!prompt) this.say(this.words.nothing, false);
      return;
    }
    if (prompt !== this.asked) [this.past, this.future] = [[...this.past.slice(1 - STEPS), this.asked], []];
    this.send(prompt);
  }

  send(prompt) {
    this.asked = prompt;
    this.choose(-1);
    this.buttons();
    this.wait(true);
    this.#revision += 1;
    this.hold(prompt, true);
  }

  hold(prompt, ask) {
    const value = {prompt, photo: this.host.get('photo').n, revision: this.#revision};
    this.page.value = value; // as any field of a form has it
    this.host.set('value', value, ask);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.asked);
    const prompt = from.pop();
    this.put(prompt, false);
    this.send(prompt);
  }

  // The box

  put(prompt, focus = true) {
    this.field.value = prompt;
    this.fit();
    if (focus) this.field.focus();
  }

  /** A word where the caret is, with what belongs around it. */
  insert(word) {
    const {field} = this;
    const before = field.value.slice(0, field.selectionStart);
    const after = field.value.slice(field.selectionEnd);
    const last = before.trim().split(/[\s,]+/).pop().toLowerCase();
    const ended = isColor(last) || this.host.get('offers').words?.some((each) => each.split(' ').pop() === last);
    const gap = !before || /[\s]$/.test(before) ? '' : ended ? ', ' : ' ';
    const start = gap ? before : ended ? `${before.trimEnd()}, ` : before;
    this.put(`${start}${gap}${word}${/^\s/.test(after) ? '' : ' '}${after}`);
    const caret = start.length + gap.length + word.length + 1;
    field.setSelectionRange(caret, caret);
  }

  fit() {
    this.field.style.height = 'auto';
    if (this.field.scrollHeight) this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 168)}px`;
  }

  buttons() {
    this.find('[data-do=undo]').disabled = !this.past.length;
    this.find('[data-do=redo]').disabled = !this.future.length;
  }

  wait(busy) {
    clearTimeout(this.#slow);
    this.page.classList.remove('slow');
    this.page.setAttribute('aria-busy', busy);
    this.find('.status').textContent = busy ? this.words.working : '';
    if (busy) this.#slow = setTimeout(() => this.page.classList.add('slow'), 250);
  }

  say(message, ok = true) {
    const place = this.find('.message');
    place.textContent = message;
    place.hidden = !message;
    place.classList.toggle('wrong', !ok);
    this.field.setAttribute('aria-invalid', !ok);
  }

  // The picture and the table

  compare() {
    const share = this.find('[type=range]').value;
    this.find('.stage').style.setProperty('--share', `${share}%`);
  }

  table() {
    this.find('table').hidden = !this.rows.length;
    this.find('.empty').hidden = Boolean(this.rows.length);
    this.find('.help').hidden = !this.rows.some((row) => row.heat || row.outline);
    this.find('tbody').replaceChildren(...this.rows.map((row, i) => this.line(row, i)));
    this.choose(-1);
  }

  line({phrase, thing, confidence, color, note, ok, instead, heat, outline}, i) {
    const line = make('tr', '', {className: ok ? '' : 'not'});
    const words = make('th', '', {scope: 'row'});
    if (heat || outline) {
      const button = make('button', phrase, {type: 'button', title: this.words.look});
      button.addEventListener('click', () => this.choose(button.getAttribute('aria-pressed') === 'true' ? -1 : i));
      button.setAttribute('aria-pressed', 'false');
      words.append(button);
    } else words.append(make('b', phrase));
    if (note) words.append(make('small', note));
    if (instead) {
      const chip = make('button', instead, {type: 'button', className: 'chip', title: this.words.instead});
      chip.addEventListener('click', () => {
        this.put(this.asked.replace(phrase, () => instead));
        this.ask(this.field.value);
      });
      words.append(chip);
    }
    const found = make('td');
    if (thing) found.append(make('span', thing));
    if (typeof confidence === 'number') {
      const bar = make('i');
      bar.style.setProperty('--part', `${Math.round(confidence * 100)}%`);
      found.append(make('em', `${Math.round(confidence * 100)} %`), bar);
    }
    const swatch = make('td');
    if (isColor(color)) {
      const patch = make('i', '', {className: 'swatch'});
      patch.style.setProperty('--c', color);
      swatch.append(patch, make('span', color));
    }
    line.append(words, found, swatch);
    return line;
  }

  /** Show the heat and the outline of a row over the picture; -1 shows none. */
  choose(i) {
    const {heat = '', outline = ''} = this.rows[i] ?? {};
    this.find('tbody').querySelectorAll('tr').forEach((line, k) => {
      line.classList.toggle('chosen', k === i);
      line.querySelector('button')?.setAttribute('aria-pressed', k === i);
    });
    this.show('heat', heat);
    const drawing = this.find('.stage svg');
    drawing.toggleAttribute('hidden', !outline);
    drawing.querySelectorAll('path').forEach((path) => path.setAttribute('d', outline));
  }
}

/** Words of this photo below the box while one writes. */
function completion(sheet) {
  const {field} = sheet;
  const list = sheet.find('[role=listbox]');
  let current = -1;

  const begun = () => /[^\s,;.]*$/.exec(field.value.slice(0, field.selectionStart))[0];
  const options = () => [...list.children];

  function close() {
    list.hidden = true;
    list.replaceChildren();
    current = -1;
    field.removeAttribute('aria-activedescendant');
  }

  function mark(i) {
    current = i;
    options().forEach((option, k) => option.setAttribute('aria-selected', k === i));
    if (i < 0) field.removeAttribute('aria-activedescendant');
    else field.setAttribute('aria-activedescendant', options()[i].id);
  }

  function take(word) {
    const end = field.selectionStart;
    const start = end - begun().length;
    const rest = field.value.slice(end);
    sheet.put(`${field.value.slice(0, start)}${word}${/^\s/.test(rest) ? '' : ' '}${rest}`);
    field.setSelectionRange(start + word.length + 1, start + word.length + 1);
    close();
  }

  function open() {
    const start = begun().toLowerCase();
    close();
    if (!start) return;
    const {things = [], words = []} = sheet.host.get('offers') ?? {};
    const fitting = [...new Set([...things, ...words])].filter((word) => word.toLowerCase().startsWith(start) && word.toLowerCase() !== start);
    list.replaceChildren(...fitting.slice(0, 6).map((word, i) => {
      const option = make('li', word, {id: `${list.id}-${i}`});
      option.setAttribute('role', 'option');
      option.addEventListener('pointerdown', (event) => {
        event.preventDefault(); // the box keeps the caret
        take(word);
      });
      return option;
    }));
    list.hidden = !fitting.length;
    mark(-1);
    if (fitting.length) sheet.find('.status').textContent = sheet.words.suggested.replace('{n}', Math.min(6, fitting.length));
  }

  field.addEventListener('input', open);
  field.addEventListener('blur', close);
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return; // Enter ends a Korean syllable
    const count = options().length;
    if (count && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      mark((current + (event.key === 'ArrowDown' ? 1 : current < 0 ? 0 : -1) + count) % count);
    } else if (count && event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (current >= 0 && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      take(options()[current].textContent);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      close();
      sheet.ask(field.value);
    }
  });
}
