// The contact sheet: only what was seen can be selected. Seen is a picture that was in view for a moment, all of it or as
// much as the window shows, once it was painted. Shift and a click select all between; x, j and k do it by keys. What is on the sheet is its
// reviewer's meanwhile (`desk-holds`).
const LOOKED = 250; // milliseconds
const WHOLE = 0.95; // of the picture, or of the window's height
const form = document.getElementById("sheet");
const tiles = form ? [...form.querySelectorAll("[data-tile]")] : [];
const boxOf = (tile) => tile.querySelector("[name=image]");
const count = form?.querySelector("[data-count]");
const inView = new Map();
let at = -1;
let last = -1;

function tellCount() {
  const boxes = tiles.map(boxOf);
  const n = boxes.filter(({ checked }) => checked).length;
  const seen = boxes.filter(({ disabled }) => !disabled).length;
  count.textContent = form.dataset.words.replace("{n}", n).replace("{seen}", seen);
}

async function see(tile) {
  const isThere = await tile.querySelector(".tile-result").decode().then(() => true, () => false);
  if (!isThere || !inView.has(tile)) return;
  boxOf(tile).disabled = false;
  eye.unobserve(tile.querySelector(".tile-result"));
  tellCount();
}

function look({ target, isIntersecting, intersectionRatio, intersectionRect, rootBounds }) {
  const tile = target.closest("[data-tile]");
  clearTimeout(inView.get(tile));
  inView.delete(tile);
  const isWhole = intersectionRatio >= WHOLE || intersectionRect.height >= WHOLE * rootBounds.height;
  if (isIntersecting && isWhole) inView.set(tile, setTimeout(see, LOOKED, tile));
}

const eye = new IntersectionObserver((entries) => entries.forEach(look), { threshold: [0, 0.25, 0.5, 0.75, WHOLE] });

function tick(place, isChecked) {
  const box = boxOf(tiles[place]);
  if (!box.disabled) box.checked = isChecked;
}

// All from the one that was pressed before.
function tickTo(place, isChecked) {
  for (let each = Math.min(last, place); each <= Math.max(last, place); each += 1) tick(each, isChecked);
}

function move(by) {
  tiles[at]?.classList.remove("is-at");
  at = Math.min(tiles.length - 1, Math.max(0, at + by));
  tiles[at].classList.add("is-at");
  tiles[at].scrollIntoView({ block: "nearest" });
  boxOf(tiles[at]).focus({ preventScroll: true });
}

function press(event) {
  const button = event.target.closest("button");
  if (button?.dataset.move) move(Number(button.dataset.move));
  else if (button && "all" in button.dataset) tiles.forEach((_, place) => tick(place, true));
  else if (button && "tick" in button.dataset && at >= 0) tick(at, !boxOf(tiles[at]).checked);
  else if (event.target.matches("[name=image]")) {
    at = tiles.indexOf(event.target.closest("[data-tile]"));
    if (event.shiftKey && last >= 0) tickTo(at, event.target.checked);
    last = at;
  } else return;
  tellCount();
}

if (form) {
  for (const tile of tiles) {
    boxOf(tile).disabled = true;
    boxOf(tile).checked = false;
    eye.observe(tile.querySelector(".tile-result"));
  }
  form.addEventListener("click", press);
  const detail = { images: tiles.map(({ dataset }) => dataset.tile), address: form.dataset.claims };
  form.dispatchEvent(new CustomEvent("desk-holds", { bubbles: true, detail }));
  tellCount();
}
