// Part of canvas.js: what is on the page, and how it looks for the state of a Desk.

const REACH = 110; // of the ab plane to each side, one unit a pixel

const icon = (inner) => `<svg viewBox="0 0 24 24" aria-hidden="true">${inner}</svg>`;
const TOOLS = [ // name, label, drawing, what it does
  ['point', 'Point', '<circle cx="12" cy="12" r="4" fill="currentColor"/><path d="M12 2v4M12 18v4M2 12h4M18 12h4"/>', 'Click: a colored point'],
  ['brush', 'Brush', '<path d="M20 4 11 13M11 13c-3 0-4 2-4 4 0 1-1 2-3 2 4 2 9 1 9-3 0-1-1-3-2-3z"/>', 'Paint strokes of color'],
  ['eraser', 'Eraser', '<path d="M8 20h12M4 15 14 5l6 6-9 9H8z"/>', 'Wipe hints away'],
  ['lasso', 'Area', `<path d="M9 17c-4-1-6-3-6-6 0-4 4-7 9-7s9 3 9 7-4 7-9 7M9 15c3 2 2 6-2 6" stroke-dasharray="3 2.4"/>`, 'Draw around a thing to stay in it'],
  ['pick', 'Pick', '<path d="m13 7 4 4M15 5l2-2 4 4-2 2-1 2-6-6zM13 9l-9 9v2h2l9-9"/>', 'Take a color from the photo'],
  ['hand', 'Move', '<path d="M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3"/>', 'Drag the enlarged photo'],
];
const ACTIONS = [
  ['undo', 'Undo', '<path d="M9 14 4 9l5-5M4 9h10a5.5 5.5 0 0 1 0 11h-3"/>', 'Undo (Ctrl+Z)'],
  ['redo', 'Redo', '<path d="m15 14 5-5-5-5M20 9H10a5.5 5.5 0 0 0 0 11h3"/>', 'Redo (Ctrl+Shift+Z)'],
  ['compare', 'Before', '<circle cx="12" cy="12" r="9"/><path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor"/>', 'Hold: without color (B)'],
  ['marks', 'Marks', '<path d="M2 12c4-7 16-7 20 0-4 7-16 7-20 0z"/><circle cx="12" cy="12" r="3"/>', 'Show or hide the marks'],
  ['smaller', '', '<path d="M5 12h14"/>', 'Zoom out (-)'],
  ['larger', '', '<path d="M5 12h14M12 5v14"/>', 'Zoom in (+)'],
  ['fit', '', '<path d="M8 3H3v5M16 3h5v5M8 21H3v-5M16 21h5v-5"/>', 'Whole photo (0)'],
  ['clear', 'Clear', '<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"/>', 'Remove all hints'],
];
const tool = ([name, label, path, title]) =>
  `<button type="button" data-tool="${name}" title="${say(title)}" role="radio">${icon(path)}<span>${say(label)}</span></button>`;
const action = ([name, label, path, title]) =>
  `<button type="button" data-do="${name}" title="${say(title)}" aria-label="${say(title)}">${icon(path)}${label && `<span>${say(label)}</span>`}</button>`;

const KEYS =
  'Photo with color hints. Arrow keys move the crosshair or the selected hint, Enter sets a hint, ' +
  'Delete removes it, square brackets change its size, Escape lets go of it.';

const PAGE = `
<div class="hue" hidden>
  <div class="work">
    <div class="bar">
      <div class="group" role="radiogroup" aria-label="${say('Tool')}">${TOOLS.map(tool).join('')}</div>
      <div class="group" role="group" aria-label="${say('Actions')}">${ACTIONS.map(action).join('')}</div>
    </div>
    <canvas tabindex="0" role="application" aria-label="${say(KEYS)}"></canvas>
    <p class="status" role="status"></p>
  </div>
  <div class="panel">
    <section>
      <h4 data-is="whose"></h4>
      <div class="line">
        <input type="color" aria-label="${say('Choose any color')}">
        <input class="hex" spellcheck="false" autocomplete="off" maxlength="7" aria-label="${say('Color as hex')}" placeholder="${say('likeliest')}">
        <button type="button" class="chip" data-do="auto" title="${say('Let each hint take the likeliest color of its place')}">${say('Auto')}</button>
      </div>
      <div class="swatches" data-is="recent" role="group" aria-label="${say('Recent colors')}"></div>
    </section>
    <section data-is="likely" hidden>
      <h4>${say('Likely here')}</h4>
      <div class="likely" role="group" aria-label="${say('Likely colors')}"></div>
    </section>
    <section data-is="gamut" hidden>
      <h4>${say('All colors it could have')}</h4>
      <canvas class="plane" width="220" height="220" tabindex="0" role="application" aria-label="${say('Plane of colors, for the arrow keys')}"></canvas>
    </section>
    <section data-is="chosen" hidden class="line">
      <button type="button" class="chip" data-do="remove" title="${say('Delete')}">${say('Delete hint')}</button>
      <button type="button" class="chip" data-do="free" title="${say('Let its color spread everywhere')}">${say('Free from area')}</button>
    </section>
  </div>
  <div class="more">
    <section><h4><label>${say('Size')} <output></output><input type="range" min="1" max="100" aria-label="${say('Size in pixels of the photo')}"></label></h4></section>
    <section>
      <h4 title="${say('The automatic colors will prefer these')}">${say('Palette for the rest')}</h4>
      <div class="swatches" data-is="palette" role="group" aria-label="${say('Palette')}"></div>
    </section>
    <section>
      <h4 title="${say('It stays in your browser')}">${say('Take colors from another picture')}</h4>
      <label class="chip drop"><span>${say('Drop or choose one')}</span><input type="file" accept="image/*" aria-label="${say('Reference picture')}"></label>
      <canvas class="reference" hidden aria-label="${say('Reference picture: click to take a color')}"></canvas>
    </section>
  </div>
</div>`;

/** Returns what draws the photo and the marks on it. */
function drawing(desk) {
  const {board, view, hints} = desk;
  const pen = board.getContext('2d');

  function draw() {
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, ...view.size);
    const [left, top] = view.toScreen(0, 0);
    const [right, bottom] = view.toScreen(1, 1);
    pen.imageSmoothingQuality = 'high';
    const layers = desk.before ? [desk.gray] : [desk.painted.image ? desk.painted : desk.gray, desk.overlay];
    for (const {image} of layers) if (image) pen.drawImage(image, left, top, right - left, bottom - top);
    if (desk.before) return;
    if (desk.area) outline(desk.area, true);
    if (desk.line) outline(desk.line, false);
    if (desk.marks) {
      if (hints.current?.lasso.length) outline(hints.current.lasso, true);
      hints.items.forEach((hint, i) => i !== hints.selected && spot(hint, hints.belongs(i)));
      if (hints.current) spot(hints.current, true, true);
    }
    if (desk.mark) ring(...view.toScreen(desk.mark.x, desk.mark.y), 16, 3);
    if (desk.cross) cross(...view.toScreen(desk.cross.x, desk.cross.y));
    const size = desk.sizes[desk.tool];
    if (desk.pointer && desk.tool !== 'point' && size) ring(...desk.pointer, (size * view.scale) / 2, 1);
  }

  function ring(x, y, radius, width) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    twice(width);
  }

  /** White with a dark rim: seen on everything. */
  function twice(width, color = '#fff') {
    [pen.strokeStyle, pen.lineWidth] = ['rgba(0,0,0,0.6)', width + 2];
    pen.stroke();
    [pen.strokeStyle, pen.lineWidth] = [color, width];
    pen.stroke();
  }

  function spot({x, y, color, size, stroke}, chosen, first = false) {
    const [px, py] = view.toScreen(x, y);
    const half = (size * view.scale) / 2;
    if (first && !stroke && half > 9) {
      pen.beginPath();
      pen.rect(px - half, py - half, 2 * half, 2 * half);
      twice(1);
    }
    pen.beginPath();
    pen.arc(px, py, first ? 9 : stroke ? 2.5 : 6, 0, 7);
    if (stroke && !first) [pen.strokeStyle, pen.lineWidth] = [chosen ? '#fff' : 'rgba(255,255,255,0.55)', chosen ? 2 : 1];
    if (stroke && !first) pen.stroke();
    else twice(first ? 3 : 2);
    pen.fillStyle = color;
    pen.fill();
  }

  function outline(polygon, closed) {
    pen.beginPath();
    polygon.forEach(([x, y]) => pen.lineTo(...view.toScreen(x, y)));
    if (closed) pen.closePath();
    pen.setLineDash([6, 5]);
    twice(1.5);
    pen.setLineDash([]);
  }

  function cross(x, y) {
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 5 * dx, y + 5 * dy);
      pen.lineTo(x + 16 * dx, y + 16 * dy);
    }
    twice(2);
  }

  return draw;
}

/** Returns what fills everything beside the photo. */
function panel(desk) {
  const {root, page, hints, find} = desk;
  let sheet = null; // the ab plane without its mark

  function swatch(color, title, click) {
    const made = document.createElement('button');
    Object.assign(made, {type: 'button', title, onclick: click});
    made.setAttribute('aria-label', title);
    made.style.setProperty('--c', color);
    return made;
  }

  /** New children only where there is something new: a button that is focused stays. */
  function renew(element, what, make) {
    const key = JSON.stringify(what);
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    element.replaceChildren(...make());
  }

  function likely({color, share, name}) {
    const percent = share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`;
    const row = swatch(color, `${name}, ${percent}`, () => desk.pick(color));
    const [label, number, bar] = ['span', 'b', 'i'].map((tag) => document.createElement(tag));
    [label.textContent, number.textContent, bar.style.width] = [name, percent, `${Math.max(2, share * 100)}%`];
    row.append(label, number, bar);
    return row;
  }

  function member(color) {
    return swatch(color, say('Take {color} out of the palette', {color}), () => desk.collect(desk.palette.filter((each) => each !== color)));
  }

  function plus() {
    if (desk.palette.length >= PALETTE) return [];
    const made = swatch('transparent', say('Add the color above to the palette'), () => desk.collect([...desk.palette, desk.shownColor]));
    [made.className, made.disabled] = ['plus', !desk.shownColor];
    return [made];
  }

  /** The focus of a button that goes away would be lost, and the keys with it. */
  function rescue(element) {
    if (element.contains(root.getRootNode().activeElement)) desk.board.focus({preventScroll: true});
  }

  function disable(name, off) {
    if (off) rescue(desk.button(name));
    desk.button(name).disabled = off;
  }

  function fillTools() {
    root.querySelectorAll('[data-tool]').forEach((each) => {
      const on = each.dataset.tool === desk.tool;
      each.setAttribute('aria-checked', on);
      each.tabIndex = on ? 0 : -1; // one stop for Tab; arrows go on from there
    });
    desk.board.dataset.tool = desk.tool;
    disable('undo', !hints.past.length);
    disable('redo', !hints.future.length);
    disable('clear', !hints.items.length);
    disable('smaller', desk.view.zoom === 1);
    disable('fit', desk.view.zoom === 1);
    desk.button('compare').setAttribute('aria-pressed', desk.before);
    desk.button('marks').setAttribute('aria-pressed', desk.marks);
    desk.button('auto').setAttribute('aria-pressed', desk.color === null);
  }

  function fillColor() {
    const color = desk.shownColor;
    const whose = hints.current ? (hints.current.stroke ? 'Color of this stroke' : 'Color of this hint') : 'Color of the next hint';
    desk.part('whose').textContent = say(whose);
    if (root.getRootNode().activeElement !== find('.hex')) find('.hex').value = color ?? '';
    if (color) find('[type=color]').value = color;
    find('[type=color]').classList.toggle('none', !color);
    renew(desk.part('recent'), desk.recent, () => desk.recent.map((each) => swatch(each, each, () => desk.pick(each))));
    renew(desk.part('palette'), [desk.palette, Boolean(color)], () => [...desk.palette.map(member), ...plus()]);
    if (!hints.current) rescue(desk.part('chosen'));
    desk.part('chosen').hidden = !hints.current;
    desk.button('free').hidden = !hints.current?.lasso.length;
    [find('[type=range]').value, find('output').textContent] = [desk.size, `${desk.size} px`];
  }

  /** Blank where sRGB has no color of this lightness. */
  function paintPlane() {
    const pixels = new ImageData(2 * REACH, 2 * REACH);
    for (let i = 0; i < 4 * REACH * REACH; i++) {
      const rgb = labToRgb(desk.L, (i % (2 * REACH)) + 0.5 - REACH, REACH - Math.floor(i / (2 * REACH)) - 0.5);
      if (inside(rgb)) pixels.data.set([...rgb.map((c) => c * 255), 255], 4 * i);
    }
    return pixels;
  }

  function fillPlane() {
    const plane = find('.plane');
    const ink = plane.getContext('2d');
    const L = desk.L.toFixed(1);
    if (plane.dataset.lightness !== L) [plane.dataset.lightness, sheet] = [L, paintPlane()];
    ink.putImageData(sheet, 0, 0);
    if (!desk.shownColor) return;
    const [, a, b] = rgbToLab(fromHex(desk.shownColor));
    for (const [color, width] of [['rgba(0,0,0,0.7)', 4], ['#fff', 2]]) {
      ink.beginPath();
      ink.arc(REACH + a, REACH - b, 6, 0, 7);
      [ink.strokeStyle, ink.lineWidth] = [color, width];
      ink.stroke();
    }
  }

  function help() {
    const [count, {coarse}] = [hints.items.length, desk];
    if (!desk.painted.image) return say('Looking at the photo …');
    if (desk.area) return say('The next hint inside the marked area stays in it. Escape forgets the area.');
    if (desk.tool !== 'point') return `${say(TOOLS.find(([name]) => name === desk.tool)[3])}.`;
    if (hints.current) {
      const how = coarse ? 'below; drag to move it, hold it to remove it.' : 'at the side; drag to move it, right click or Delete to remove it.';
      return say(`Hint {i} of {n}: choose its color ${how}`, {i: hints.selected + 1, n: count});
    }
    const verb = coarse ? 'Tap' : 'Click';
    if (count) return say(`${count === 1 ? '1 hint' : '{n} hints'}. ${verb} the next place.`, {n: count});
    return say(`${verb} a thing in the photo: it takes its likeliest color, and you choose another one.`);
  }

  desk.likely = (colors) => {
    desk.part('likely').hidden = false;
    desk.part('likely').classList.remove('old');
    renew(find('.likely'), colors, () => colors.map(likely));
  };

  return () => {
    page.dataset.hints = hints.items.length;
    fillTools();
    fillColor();
    if (desk.ask) fillPlane();
    find('.status').textContent = desk.words || help();
  };
}
