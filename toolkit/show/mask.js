// The page of `python -m toolkit mask`: the hint canvas alone, and a button that sends its hints to be saved. Follows canvas.js in one module.

const FIRST = '#3a6ea5'; // of the hints to come: no model is here to say what is likely
const WIDE = 1600; // px, of the layer that shows what will be saved
const KOREAN_PAGE = {
  'Paint colors on the photo. Lightness stays as it is.': '사진 위에 색을 칠하세요. 밝기는 그대로 남습니다.',
  'Save mask': '마스크 저장',
  'Saved: {path}': '저장했습니다: {path}',
  'There is nothing to save yet: set a point or paint a stroke.': '아직 저장할 것이 없습니다. 점을 놓거나 획을 그리세요.',
  'The program that opened this page has ended; start it again.': '이 페이지를 연 프로그램이 끝났습니다. 다시 시작하세요.',
};
Object.assign(KOREAN, KOREAN_PAGE);

const state = {src: 'photo.jpg', painted: 'photo.jpg', overlay: '', suggestions: [], load: {}, mark: null, epoch: 0};
const heard = {};
const find = (selector) => document.querySelector(selector);
let hints = [];
let waiting = 0;

/** What will be saved, as a layer over the photo: the square of each hint. */
function cover() {
  waiting = 0;
  const [width, height] = state.shape;
  const scale = Math.min(1, WIDE / Math.max(width, height));
  const sheet = Object.assign(document.createElement('canvas'), {width: Math.max(1, width * scale), height: Math.max(1, height * scale)});
  const pen = sheet.getContext('2d');
  for (const {x, y, color, size} of hints) {
    pen.fillStyle = color;
    pen.fillRect(x * sheet.width - (size * scale) / 2, y * sheet.height - (size * scale) / 2, size * scale, size * scale);
  }
  state.overlay = hints.length ? sheet.toDataURL() : '';
  heard.overlay?.();
}

const host = {
  get: (name) => state[name],
  set(name, value) {
    if (name !== 'value') return;
    hints = value.hints;
    find('#said').textContent = '';
    waiting ||= requestAnimationFrame(cover);
  },
  on: (name, fn) => { heard[name] = fn; },
};

async function save() {
  if (!hints.length) return say('There is nothing to save yet: set a point or paint a stroke.');
  try {
    const body = JSON.stringify({hints});
    const answer = await fetch('save', {method: 'POST', headers: {'Content-Type': 'application/json'}, body});
    const {path, error} = await answer.json();
    return error ?? say('Saved: {path}', {path});
  } catch {
    return say('The program that opened this page has ended; start it again.');
  }
}

state.shape = find('main').dataset.shape.split(' ').map(Number);
find('#what').textContent = say('Paint colors on the photo. Lightness stays as it is.');
find('#save').textContent = say('Save mask');
find('#save').addEventListener('click', async () => { find('#said').textContent = await save(); });
mount(find('#canvas'), host);
const well = find('#canvas [type=color]');
well.value = FIRST;
well.dispatchEvent(new Event('change'));
