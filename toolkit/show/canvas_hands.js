// Part of canvas.js: what mouse, finger, pen and keyboard do, as calls of a Desk.

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

/** What each tool does when it is put down on a point of the screen: a gesture {move, up, cancel}, or null. */
class Gestures {
  constructor(desk) {
    this.desk = desk;
  }

  #onPhoto(p) {
    return this.desk.view.toPhoto(...p).every((v) => v >= 0 && v <= 1);
  }

  #spot(p) {
    return this.desk.view.toPhoto(...p).map((v) => clamp(v, 0, 1));
  }

  #ending(tag) {
    const {desk} = this;
    return {
      up: () => desk.hints.seal(),
      cancel() { desk.hints.drop(tag); desk.changed(); },
    };
  }

  point(p, event) {
    const {desk} = this;
    const i = desk.hit(p);
    const tag = `drag ${++desk.keys}`;
    if (i >= 0) desk.select(i);
    else if (!this.#onPhoto(p)) return desk.select(-1);
    else if (event.pointerType === 'touch') return this.#tap(p);
    else desk.place(this.#spot(p), tag);
    return this.#drag(p, event, tag);
  }

  #drag(start, event, tag) {
    const {desk} = this;
    const ending = this.#ending(tag);
    let [last, moved, gone] = [start, false, false];
    const held = event.pointerType === 'touch' && setTimeout(() => { gone = true; desk.remove(); }, 550); // a finger has no right button
    return {
      move(p) {
        moved ||= apart(p, start) > 4;
        if (!moved || gone) return;
        clearTimeout(held);
        const [from, to] = [desk.view.toPhoto(...last), desk.view.toPhoto(...p)];
        last = p;
        desk.shift(to[0] - from[0], to[1] - from[1], tag);
      },
      up() {
        clearTimeout(held);
        ending.up();
        if (moved && !gone) desk.select(desk.hints.selected); // its colors there
      },
      cancel() {
        clearTimeout(held);
        ending.cancel();
      },
    };
  }

  /** A finger on an empty place: a tap sets a hint; a drag moves the enlarged photo, or the page as it would anywhere else. */
  #tap(start) {
    const {desk} = this;
    let [last, moved] = [start, false];
    return {
      move: (p, event) => {
        moved ||= apart(p, start) > 8;
        if (moved && desk.view.zoom > 1) desk.view.pan(p[0] - last[0], p[1] - last[1]);
        else if (moved) scrollBy(0, -event.movementY);
        last = p;
      },
      up: () => moved || desk.place(this.#spot(start)),
    };
  }

  brush(p) {
    const {desk} = this;
    if (!this.#onPhoto(p) || desk.full) return null;
    const size = desk.sizes.brush;
    const first = desk.fresh(this.#spot(p), size);
    first.stroke = first.key;
    const [tag, step] = [`stroke ${first.key}`, Math.max(2 / desk.view.scale, SPACING * size)];
    const add = (hint) => desk.hints.change([...desk.hints.items, hint], -1, tag);
    add(first);
    desk.look(first, first.key);
    desk.changed();
    let last = desk.view.toPhoto(...p);
    const move = (q) => {
      const away = desk.view.toPhoto(...q).map((v, i) => v - last[i]);
      const long = Math.hypot(away[0] * desk.view.shape[0], away[1] * desk.view.shape[1]);
      const count = Math.floor(long / step);
      for (let i = 0; i < count && desk.hints.items.length < MOST; i++) {
        last = last.map((v, axis) => v + (away[axis] * step) / long);
        const {color, waits} = desk.hints.items.at(-1); // its likeliest color may have become known
        if (last.every((v) => v >= 0 && v <= 1)) add({...first, color, waits, x: round(last[0]), y: round(last[1])});
      }
      if (count) desk.changed();
    };
    return {move, ...this.#ending(tag)};
  }

  eraser(p) {
    const {desk} = this;
    const tag = `erase ${++desk.keys}`;
    const move = (q) => {
      const reach = Math.max(10, (desk.sizes.eraser * desk.view.scale) / 2);
      const left = desk.hints.items.filter(({x, y}) => apart(q, desk.view.toScreen(x, y)) > reach);
      if (left.length === desk.hints.items.length) return;
      desk.hints.change(left, -1, tag);
      desk.changed();
    };
    move(p);
    return {move, ...this.#ending(tag)};
  }

  lasso(p) {
    const {desk} = this;
    desk.line = [this.#spot(p)];
    return {
      move: (q) => { desk.line.push(this.#spot(q)); },
      up() { desk.enclose(desk.line); desk.line = null; },
      cancel() { desk.line = null; },
    };
  }

  pick(p) {
    const {desk} = this;
    const rgb = this.#onPhoto(p) && (desk.painted.at(...this.#spot(p)) ?? desk.gray.at(...this.#spot(p)));
    if (!rgb) return null;
    desk.tool = 'point';
    desk.pick(toHex(rgb));
    return null;
  }

  hand(p) {
    const {view} = this.desk;
    let last = p;
    return {move(q) { view.pan(q[0] - last[0], q[1] - last[1]); last = q; }};
  }
}

/** Mouse, fingers and pen on the photo. */
function hands(desk) {
  const {board} = desk;
  const gestures = new Gestures(desk);
  const fingers = new Map(); // by pointer, where it is
  let gesture = null;

  const at = (event) => {
    const box = board.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [p, q] = [...fingers.values()];
    return {middle: [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2], distance: apart(p, q)};
  };

  function pinch(before) {
    const {middle, distance} = spread();
    desk.view.pan(middle[0] - before.middle[0], middle[1] - before.middle[1]);
    desk.view.zoomAt(...middle, distance / before.distance);
  }

  function down(event) {
    if (!desk.gray.image) return;
    const p = at(event);
    board.focus({preventScroll: true});
    board.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, p);
    desk.cross = null;
    if (fingers.size > 1) {
      gesture?.cancel?.();
      gesture = null;
    } else if (event.button === 2) {
      if (desk.hit(p) >= 0) desk.remove(desk.hit(p));
    } else gesture = (event.button === 1 ? gestures.hand(p) : gestures[desk.tool](p, event)) ?? null;
  }

  function move(event) {
    desk.pointer = at(event);
    if (fingers.size === 2 && fingers.has(event.pointerId)) {
      const before = spread();
      fingers.set(event.pointerId, desk.pointer);
      pinch(before);
    } else if (fingers.has(event.pointerId)) gesture?.move?.(desk.pointer, event);
    desk.refresh();
  }

  function end(event) {
    const ended = gesture;
    fingers.delete(event.pointerId);
    gesture = null;
    ended?.[event.type === 'pointercancel' ? 'cancel' : 'up']?.();
    if (event.pointerType === 'touch') desk.pointer = null;
    desk.refresh();
  }

  function wheel(event) {
    const factor = Math.exp(-event.deltaY * 0.002);
    if (event.ctrlKey || event.metaKey) desk.view.zoomAt(...at(event), factor);
    else if (desk.hints.current && desk.hints.belongs(desk.hit(at(event)))) desk.resize(desk.size * factor + Math.sign(factor - 1) * 0.5);
    else return; // the page scrolls
    event.preventDefault();
    desk.refresh();
  }

  board.addEventListener('pointerdown', down);
  board.addEventListener('pointermove', move);
  board.addEventListener('pointerup', end);
  board.addEventListener('pointercancel', end);
  board.addEventListener('pointerleave', () => { desk.pointer = null; desk.refresh(); });
  board.addEventListener('contextmenu', (event) => event.preventDefault());
  board.addEventListener('wheel', wheel, {passive: false});
  palms(desk);
}

/** Mouse, fingers and pen on everything beside the photo. */
function palms(desk) {
  const {find, page} = desk;
  const deeds = {
    undo: () => desk.step('undo'), redo: () => desk.step('redo'), clear: () => desk.clear(), remove: () => desk.remove(), free: () => desk.free(),
    smaller: () => desk.zoom(1 / 1.4), larger: () => desk.zoom(1.4), fit: () => desk.zoom(0), marks: () => desk.hide(), auto: () => desk.auto(),
  };
  page.addEventListener('click', (event) => {
    const pressed = event.target.closest('button');
    if (pressed?.dataset.tool) desk.choose(pressed.dataset.tool);
    else deeds[pressed?.dataset.do]?.();
  });
  const compare = desk.button('compare');
  compare.addEventListener('pointerdown', () => desk.compare(true));
  for (const type of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) compare.addEventListener(type, () => desk.compare(false));

  const hex = find('.hex');
  hex.addEventListener('input', () => hex.setAttribute('aria-invalid', Boolean(hex.value.trim()) && !readHex(hex.value)));
  hex.addEventListener('change', () => {
    const color = readHex(hex.value);
    if (color) desk.pick((hex.value = color));
    else if (!hex.value.trim()) desk.auto();
    else desk.changed(say('A color is written like #3a6ea5.'));
  });
  find('[type=color]').addEventListener('change', (event) => desk.pick(event.target.value));
  find('[type=range]').addEventListener('input', (event) => desk.resize(Number(event.target.value)));

  const plane = find('.plane');
  const pickOn = (event) => {
    const box = plane.getBoundingClientRect();
    const [right, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    desk.pick(nearestColor(desk.L, (2 * right - 1) * REACH, (1 - 2 * down) * REACH), 'plane');
  };
  plane.addEventListener('pointerdown', (event) => { plane.setPointerCapture(event.pointerId); desk.hints.seal(); pickOn(event); });
  plane.addEventListener('pointermove', (event) => event.buttons && pickOn(event));
  plane.addEventListener('pointerup', () => { desk.hints.seal(); desk.pick(desk.shownColor); });
  reference(desk);
}

/** A picture to take colors from; it never leaves the browser. */
function reference(desk) {
  const sheet = desk.find('.reference');
  const drop = desk.find('.drop');

  async function show(file) {
    if (!file) return;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, 800 / Math.max(picture.width, picture.height));
      Object.assign(sheet, {width: Math.max(1, picture.width * scale), height: Math.max(1, picture.height * scale), hidden: false});
      sheet.getContext('2d', {willReadFrequently: true}).drawImage(picture, 0, 0, sheet.width, sheet.height);
    } catch {
      desk.changed(say('The browser cannot show this file as a picture; take a JPEG or PNG.'));
    }
  }

  desk.find('[type=file]').addEventListener('change', (event) => show(event.target.files[0]));
  drop.addEventListener('dragover', (event) => event.preventDefault());
  drop.addEventListener('drop', (event) => { event.preventDefault(); show(event.dataTransfer.files[0]); });
  sheet.addEventListener('pointerdown', (event) => {
    const box = sheet.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * sheet.width, ((event.clientY - box.top) / box.height) * sheet.height];
    const [r, g, b] = sheet.getContext('2d').getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
    desk.pick(toHex([r / 255, g / 255, b / 255]));
  });
}

function keyboard(desk) {
  const {hints, view, board, page, find} = desk;

  function arrow([dx, dy], far) {
    const step = Math.max(...view.shape) * (far ? 0.05 : 0.01);
    const [x, y] = [(dx * step) / view.shape[0], (dy * step) / view.shape[1]];
    if (hints.current) {
      desk.shift(x, y, `keys ${hints.current.key}`);
      desk.look(hints.current);
      desk.sealSoon();
    } else {
      const from = desk.cross ?? desk.mark ?? desk.ask ?? {x: 0.5, y: 0.5};
      desk.cross = {x: clamp(from.x + x, 0, 1), y: clamp(from.y + y, 0, 1)};
      desk.refresh();
    }
  }

  /** Let go of the selected hint; else take the one at the crosshair, or set one there. */
  function enter() {
    if (hints.current) {
      desk.cross = {x: hints.current.x, y: hints.current.y};
      desk.select(-1);
      return;
    }
    desk.cross ??= {x: 0.5, y: 0.5};
    const there = desk.hit(view.toScreen(desk.cross.x, desk.cross.y));
    if (there >= 0) desk.select(there);
    else desk.place([desk.cross.x, desk.cross.y]);
  }

  function escape() {
    [desk.area, desk.cross, desk.mark] = [null, null, null];
    desk.select(-1);
  }

  const keys = {
    Enter: enter, Escape: escape, Delete: () => desk.remove(), Backspace: () => desk.remove(),
    '+': () => desk.zoom(1.4), '=': () => desk.zoom(1.4), '-': () => desk.zoom(1 / 1.4), 0: () => desk.zoom(0),
    '[': () => desk.resize(Math.min(desk.size - 1, desk.size / 1.15)), ']': () => desk.resize(Math.max(desk.size + 1, desk.size * 1.15)),
  };
  board.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !desk.gray.image) return;
    const act = ARROWS[event.key] ? () => arrow(ARROWS[event.key], event.shiftKey) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  page.addEventListener('keydown', (event) => {
    const [key, command] = [event.key.toLowerCase(), event.ctrlKey || event.metaKey];
    if (event.target.matches('.hex')) return; // there they belong to the text
    if (key === 'b' && !command) desk.compare(true);
    if (!command || (key !== 'z' && key !== 'y')) return;
    event.preventDefault();
    desk.step(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  });
  page.addEventListener('keyup', (event) => event.key.toLowerCase() === 'b' && desk.compare(false));
  page.addEventListener('focusout', () => desk.before && desk.compare(false));

  const compare = desk.button('compare');
  const hold = (event) => [' ', 'Enter'].includes(event.key) && desk.compare(event.type === 'keydown');
  for (const type of ['keydown', 'keyup']) compare.addEventListener(type, hold);

  find('[role=radiogroup]').addEventListener('keydown', (event) => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const i = TOOLS.findIndex(([name]) => name === desk.tool);
    const [name] = TOOLS[(i + dx + dy + TOOLS.length) % TOOLS.length];
    desk.choose(name);
    find(`[data-tool=${name}]`).focus();
  });

  find('.plane').addEventListener('keydown', (event) => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const [, a, b] = rgbToLab(fromHex(desk.shownColor ?? '#808080'));
    desk.pick(nearestColor(desk.L, a + 5 * dx, b - 5 * dy), 'plane');
    desk.sealSoon();
  });
}
