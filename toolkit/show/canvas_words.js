// Part of canvas.js: what it says, in the language of the page it is on.

const KOREAN = { // by the English that stands where it is said
  Point: '점', Brush: '붓', Eraser: '지우개', Area: '영역', Pick: '색 따기', Move: '이동',
  'Click: a colored point': '클릭: 색을 가진 점 하나',
  'Paint strokes of color': '붓으로 색을 칠합니다',
  'Wipe hints away': '힌트를 문질러 지웁니다',
  'Draw around a thing to stay in it': '물건 둘레를 그리면 색이 그 안에만 머뭅니다',
  'Take a color from the photo': '사진에서 색을 가져옵니다',
  'Drag the enlarged photo': '확대한 사진을 끌어 움직입니다',
  Undo: '실행 취소', Redo: '다시 실행', Before: '원본', Marks: '표시', Clear: '모두 지우기',
  'Undo (Ctrl+Z)': '실행 취소 (Ctrl+Z)',
  'Redo (Ctrl+Shift+Z)': '다시 실행 (Ctrl+Shift+Z)',
  'Hold: without color (B)': '누르는 동안: 색 없이 보기 (B)',
  'Show or hide the marks': '표시 보이기 또는 숨기기',
  'Zoom out (-)': '축소 (-)', 'Zoom in (+)': '확대 (+)', 'Whole photo (0)': '사진 전체 (0)',
  'Remove all hints': '모든 힌트 지우기',
  Tool: '도구', Actions: '동작',
  'Photo with color hints. Arrow keys move the crosshair or the selected hint, Enter sets a hint, Delete removes it, square brackets change its size, Escape lets go of it.':
    '색 힌트가 있는 사진. 화살표 키는 십자선이나 선택한 힌트를 움직이고, Enter는 힌트를 놓고, Delete는 지우고, 대괄호는 크기를 바꾸고, Escape는 선택을 풉니다.',
  'Choose any color': '아무 색이나 고르기', 'Color as hex': '16진수 색', likeliest: '가장 그럴듯한 색',
  Auto: '자동', 'Let each hint take the likeliest color of its place': '힌트마다 그 자리의 가장 그럴듯한 색을 씁니다',
  'Recent colors': '최근 색', 'Likely here': '여기에 그럴듯한 색', 'Likely colors': '그럴듯한 색',
  'All colors it could have': '될 수 있는 모든 색', 'Plane of colors, for the arrow keys': '색 평면, 화살표 키로 움직입니다',
  Delete: '지우기', 'Delete hint': '힌트 지우기', 'Free from area': '영역에서 풀기', 'Let its color spread everywhere': '색이 어디로든 퍼지게 합니다',
  Size: '크기', 'Size in pixels of the photo': '사진의 픽셀로 나타낸 크기',
  'Palette for the rest': '나머지를 위한 팔레트', 'The automatic colors will prefer these': '자동 색이 이 색들을 먼저 고릅니다', Palette: '팔레트',
  'Take colors from another picture': '다른 그림에서 색 가져오기', 'It stays in your browser': '그림은 브라우저 밖으로 나가지 않습니다',
  'Drop or choose one': '여기에 놓거나 고르세요', 'Reference picture': '참고 그림', 'Reference picture: click to take a color': '참고 그림: 클릭하면 색을 가져옵니다',
  'Take {color} out of the palette': '팔레트에서 {color} 빼기', 'Add the color above to the palette': '위의 색을 팔레트에 넣기',
  'Color of this stroke': '이 획의 색', 'Color of this hint': '이 힌트의 색', 'Color of the next hint': '다음 힌트의 색',
  'Looking at the photo …': '사진을 살펴보는 중 …',
  'The next hint inside the marked area stays in it. Escape forgets the area.': '표시한 영역 안의 다음 힌트는 그 안에만 머뭅니다. Escape를 누르면 영역이 사라집니다.',
  'Hint {i} of {n}: choose its color at the side; drag to move it, right click or Delete to remove it.':
    '힌트 {n}개 중 {i}번째: 옆에서 색을 고르세요. 끌면 움직이고, 오른쪽 클릭이나 Delete로 지웁니다.',
  'Hint {i} of {n}: choose its color below; drag to move it, hold it to remove it.': '힌트 {n}개 중 {i}번째: 아래에서 색을 고르세요. 끌면 움직이고, 길게 누르면 지워집니다.',
  '1 hint. Click the next place.': '힌트 1개. 다음 자리를 클릭하세요.', '{n} hints. Click the next place.': '힌트 {n}개. 다음 자리를 클릭하세요.',
  '1 hint. Tap the next place.': '힌트 1개. 다음 자리를 누르세요.', '{n} hints. Tap the next place.': '힌트 {n}개. 다음 자리를 누르세요.',
  'Click a thing in the photo: it takes its likeliest color, and you choose another one.':
    '사진 속의 물건을 클릭하세요. 가장 그럴듯한 색을 띠게 되며, 다른 색을 고를 수 있습니다.',
  'Tap a thing in the photo: it takes its likeliest color, and you choose another one.':
    '사진 속의 물건을 누르세요. 가장 그럴듯한 색을 띠게 되며, 다른 색을 고를 수 있습니다.',
  '1 hint loaded.': '힌트 1개를 불러왔습니다.', '{n} hints loaded.': '힌트 {n}개를 불러왔습니다.',
  'A hint in the ring would tell most: choose its color, then click there.': '고리 안의 힌트가 가장 도움이 됩니다. 색을 고른 다음 그곳을 클릭하세요.',
  'There are {n} hints, as many as fit. Remove some first.': '힌트가 {n}개로 가득 찼습니다. 먼저 몇 개를 지우세요.',
  'All hints are gone; undo brings them back.': '모든 힌트를 지웠습니다. 실행 취소로 되돌릴 수 있습니다.',
  'A color is written like #3a6ea5.': '색은 #3a6ea5처럼 씁니다.',
  'The browser cannot show this file as a picture; take a JPEG or PNG.': '브라우저가 이 파일을 그림으로 보여 줄 수 없습니다. JPEG나 PNG를 쓰세요.',
};
const SPOKEN = document.documentElement.lang.startsWith('ko') ? KOREAN : {};

/** A text in the page's language; {names} in it are taken from `values`. */
function say(text, values = {}) {
  return (SPOKEN[text] ?? text).replace(/{(\w+)}/g, (_, name) => values[name]);
}
