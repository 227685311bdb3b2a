// Of the places for further pictures, show the filled ones and one empty one more, within what the model takes.
// Where more stand there than it takes, say which to remove; the button waits.
const form = document.getElementById("wishes");
const outfit = document.getElementById("outfit");
const slots = [...form.querySelectorAll("picture-slot")];
const further = slots.filter((slot) => outfit?.contains(slot));
const words = form.querySelector("[data-too-many]");
const button = form.querySelector("[data-go]");

const isInUse = (slot) => !slot.isEmpty || slot.querySelector("[data-error]") || slot.querySelector('input[type="url"]')?.value;

function arrange() {
  const { references } = JSON.parse(form.dataset.takes);
  const full = slots.filter((slot) => !slot.isEmpty);
  const given = new Set(full.map((slot) => slot.choice?.value ?? slot)).size; // one photo twice is sent once
  const awaited = slots.filter((slot) => slot.isEmpty && !further.includes(slot)).length;
  let more = Math.min(1, references - given - awaited);
  for (const slot of further) slot.hidden = !isInUse(slot) && more-- < 1;
  if (outfit) outfit.hidden = further.every((slot) => slot.hidden);
  const places = form.querySelector("[data-places]");
  if (places) places.textContent = references - (slots[0].dataset.kind === "person" ? 1 : 0);
  warn(given - references, references, full.at(-1));
}

function warn(over, references, last) {
  words.hidden = over < 1;
  button.disabled = over > 0;
  if (over < 1) return;
  const { kind, number } = last.dataset;
  words.textContent = `This model takes ${references} ${words.dataset.tooMany}. Remove ${over} to go on, for instance ${kind} ${number}.`;
  document.getElementById("status").textContent = words.textContent;
}

if (slots.length) {
  new MutationObserver(arrange).observe(form, { subtree: true, attributeFilter: ["class"] });
  form.addEventListener("model-chosen", arrange);
  arrange();
}
