// Photos can be dropped on a card, or pasted: into the card in use, else into the first empty one. Whatever else is
// dropped gets a word.
const slots = new Map(); // each slot, in the order of the page, with what it last told
const form = document.getElementById("wishes");
const shown = (within = document) => [...slots.keys()].filter((slot) => within.contains(slot) && slot.checkVisibility());
const firstOf = (places) => places.find((slot) => slots.get(slot).state === "empty") ?? places[0];
const mayBePhoto = ({ type }) => !type || type.startsWith("image/"); // systems know no type for some; the server decides
const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
// Words that are dragged into a field are the browser's own affair.
const isForField = ({ target, dataTransfer }) => target.closest?.("input, textarea") && !dataTransfer?.types.includes("Files");

function slotAt(target) {
  const place = target.closest?.("picture-slot, section");
  return slots.has(place) ? place : place && firstOf(shown(place));
}

function mark(slot) {
  for (const each of shown()) each.classList.toggle("is-over", each === slot);
}

function tell(slot, name, detail) {
  slot.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

// Why what was dropped is not taken; nothing for one file that may be a photo.
function reason({ files, items }) {
  const { dropFolder, dropSeveral, dropNothing, notPhoto } = form.dataset;
  if ([...items].some(isFolder)) return dropFolder;
  if (!files.length) return dropNothing;
  if (files.length > 1) return dropSeveral;
  return mayBePhoto(files[0]) ? "" : notPhoto;
}

document.addEventListener("slot-changed", ({ target, detail }) => slots.set(target, detail));

document.addEventListener("dragover", (event) => {
  if (isForField(event)) return;
  event.preventDefault(); // what is dropped beside a card must not replace the page
  mark(slotAt(event.target));
});
document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(null));
document.addEventListener("drop", (event) => {
  if (isForField(event)) return;
  event.preventDefault();
  mark(null);
  const slot = slotAt(event.target) ?? firstOf(shown());
  if (!slot) return;
  const words = reason(event.dataTransfer);
  if (words) tell(slot, "picture-refused", { words });
  else tell(slot, "picture-chosen", { file: event.dataTransfer.files[0] });
});

document.addEventListener("paste", (event) => {
  const photo = [...(event.clipboardData?.files ?? [])].find(mayBePhoto);
  const slot = photo && (slotAt(document.activeElement) ?? firstOf(shown()));
  if (!slot) return;
  event.preventDefault();
  tell(slot, "picture-chosen", { file: photo });
  if (!slots.get(slot).error) document.getElementById("status").textContent = slot.dataset.pasted;
});
