// Of the places for further pictures, show the filled ones and one empty one more, within what the model takes.
// Where more stand there than it takes, say which to remove; the button waits.
const form = document.getElementById("wishes");
const words = form.querySelector("[data-too-many]");
const button = form.querySelector("[data-go]");
const slots = new Map(); // each slot, in the order of the page, with what it last told
let most = 0;

const isInUse = ([slot, { state, error }]) => state === "full" || error || slot.querySelector('input[type="url"]')?.value;

function arrange() {
  if (!slots.size) return;
  const all = [...slots];
  const full = all.filter(([, { state }]) => state === "full");
  const further = all.filter(([slot]) => !slot.dataset.missing);
  const outfit = document.getElementById("outfit");
  const given = new Set(full.map(([slot, { picture }]) => picture?.reference ?? slot)).size; // one photo twice is sent once
  const awaited = all.filter(([slot, { state }]) => state === "empty" && slot.dataset.missing).length;
  let more = Math.min(1, most - given - awaited);
  for (const each of further) each[0].hidden = !isInUse(each) && more-- < 1;
  if (outfit) outfit.hidden = further.every(([slot]) => slot.hidden);
  const places = form.querySelector("[data-places]");
  if (places) places.textContent = most;
  warn(given - most, full.at(-1)?.[1]);
}

function warn(over, last) {
  words.hidden = over < 1;
  button.disabled = over > 0;
  if (over < 1) return;
  const values = { most, over, number: last.number };
  words.textContent = words.dataset.tooMany.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  document.getElementById("status").textContent = words.textContent;
}

form.addEventListener("model-changed", ({ detail }) => {
  most = detail.references;
  arrange();
});
form.addEventListener("slot-changed", ({ target, detail }) => {
  slots.set(target, detail);
  arrange();
});
