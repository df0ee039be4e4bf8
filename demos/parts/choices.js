const row = element.querySelector('.row');
function mark(chosen) {
  row.querySelectorAll('button').forEach((button, i) => button.setAttribute('aria-pressed', i === chosen));
}
const key = (item) => item.src + item.title;
function card(item, i) {
  const button = document.createElement('button'), image = new Image(), label = document.createElement('span');
  button.type = 'button';
  button.key = key(item);
  button.title = item[`title_${document.documentElement.lang}`] || item.title || item.label;
  image.src = item.src;
  image.alt = button.title;
  label.textContent = item.label;
  button.append(image, ...(item.label ? [label] : []));
  button.addEventListener('click', () => { mark(i); props.value = i; trigger('choose'); });
  return button;
}
function draw() {
  const items = props.items ?? [];  // a row that was hidden wakes up before its props do
  const blanks = Array.from({length: props.waiting ?? 0}, () => document.createElement('i'));
  let kept = 0;  // what is there already keeps the keyboard's focus while others come
  while (kept < items.length && row.children[kept]?.key === key(items[kept])) kept++;
  while (row.children.length > kept) row.lastChild.remove();
  row.append(...items.slice(kept).map((item, i) => card(item, kept + i)), ...blanks);
  mark(props.chosen);
}
function show() {
  const blank = row.querySelector('i');
  if (blank && props.forming) blank.style.backgroundImage = `url(${props.forming})`;
}
// Names of props stand without quotes: Gradio takes a quoted word for the name of an event, and an event for the prop's value.
for (const [name, listen] of Object.entries({items: draw, waiting: draw, forming: show, chosen: () => mark(props.chosen)})) watch(name, listen);
draw();
