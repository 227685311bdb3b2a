// Photos can be dropped on a card, or pasted: into the card in use, else into the first empty one.
const slots = new Map(); // each slot, in the order of the page, with what it last told
const shown = (within = document) => [...slots.keys()].filter((slot) => within.contains(slot) && slot.checkVisibility());
const firstOf = (places) => places.find((slot) => slots.get(slot).state === "empty") ?? places[0];
const photoOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || /\.(heic|heif)$/i.test(file.name));
const carries = (event) => event.dataTransfer?.types.includes("Files");

function slotAt(target) {
  const place = target.closest?.("picture-slot, section");
  return slots.has(place) ? place : place && firstOf(shown(place));
}

function mark(slot) {
  for (const each of shown()) each.classList.toggle("is-over", each === slot);
}

function give(slot, file) {
  slot.dispatchEvent(new CustomEvent("picture-chosen", { bubbles: true, detail: { file } }));
}

document.addEventListener("slot-changed", ({ target, detail }) => slots.set(target, detail));

document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault(); // a photo dropped beside a card must not replace the page
  mark(slotAt(event.target));
});
document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(null));
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  mark(null);
  const photo = photoOf(event.dataTransfer);
  const slot = slotAt(event.target);
  if (photo && slot) give(slot, photo);
});

document.addEventListener("paste", (event) => {
  const photo = photoOf(event.clipboardData);
  const slot = photo && (slotAt(document.activeElement) ?? firstOf(shown()));
  if (!slot) return;
  event.preventDefault();
  give(slot, photo);
  if (!slots.get(slot).error) document.getElementById("status").textContent = slot.dataset.pasted;
});
