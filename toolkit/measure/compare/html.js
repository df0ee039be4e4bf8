const pictures = document.getElementById("pictures"), view = { z: 1, x: 0, y: 0 };
const limit = (value, low, high) => Math.min(high, Math.max(low, value));
function show(z, x, y) {
  view.z = limit(z, 1, 16); view.x = limit(x, 1 - view.z, 0); view.y = limit(y, 1 - view.z, 0);
  for (const name of "zxy") pictures.style.setProperty("--" + name, view[name]);
  pictures.classList.toggle("zoomed", view.z > 1);
}
function zoom(factor, u = .5, v = .5) {
  const z = limit(view.z * factor, 1, 16), f = z / view.z;
  show(z, u - (u - view.x) * f, v - (v - view.y) * f);
}
function at(event) {
  const frame = event.target.closest(".frame"), box = frame && frame.getBoundingClientRect();
  return box && { u: (event.clientX - box.left) / box.width, v: (event.clientY - box.top) / box.height, box };
}
pictures.addEventListener("wheel", event => {
  const place = at(event);
  if (!place || (view.z === 1 && !event.ctrlKey)) return;
  event.preventDefault(); zoom(Math.exp(-event.deltaY / 300), place.u, place.v);
}, { passive: false });
pictures.addEventListener("dblclick", event => { const place = at(event); if (place) zoom(event.shiftKey ? .5 : 2, place.u, place.v); });
let held = null;
pictures.addEventListener("pointerdown", event => {
  const place = at(event);
  if (place && view.z > 1) { held = { ...view, box: place.box, px: event.clientX, py: event.clientY }; event.preventDefault(); }
});
addEventListener("pointermove", event => {
  if (held) show(held.z, held.x + (event.clientX - held.px) / held.box.width, held.y + (event.clientY - held.py) / held.box.height);
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = null; });
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => button.value === "0" ? show(1, 0, 0) : zoom(+button.value));
}
show(1, 0, 0);
