// Photos can be dropped on a card, or pasted: into the card whose button was used last, else into the first empty
// place. Whatever else is dropped gets a word.
const slots = new Map(); // each slot, in the order of the page, with what it last told
const form = document.getElementById("wishes");
const isOpen = (slot) => !slot.hidden && !slot.closest("details:not([open])");
const shown = (within = document) => [...slots.keys()].filter((slot) => within.contains(slot) && isOpen(slot));
const mayBePhoto = ({ type }) => !type || type.startsWith("image/"); // systems know no type for some; the server decides
const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
// Words that are dragged into a field are the browser's own affair.
const isForField = ({ target, dataTransfer }) => target.closest?.("input, textarea") && !dataTransfer?.types.includes("Files");
let used = null; // the card whose button was used last

// The only place is filled anew; of several none is taken from what stands there.
function firstOf(places) {
  return places.find((slot) => slots.get(slot).state === "empty") ?? (places.length === 1 ? places[0] : null);
}

function slotAt(target) {
  const place = target.closest?.("picture-slot, section") ?? document;
  const near = slots.has(place) ? [place] : shown(place);
  return firstOf(near.length ? near : shown());
}

function mark(slot) {
  for (const each of shown()) each.classList.toggle("is-over", each === slot);
}

// What was dropped or pasted is taken, or refused with a word.
function give(slot, file, refusal) {
  const words = slot ? refusal : form.dataset.noPlace;
  const [name, detail] = words ? ["picture-refused", { words }] : ["picture-chosen", { file }];
  (slot ?? form).dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
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
  if (slots.size) give(slotAt(event.target), event.dataTransfer.files[0], reason(event.dataTransfer));
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-brings-photo]")) used = target.closest("section");
});
document.addEventListener("paste", (event) => {
  const photo = [...(event.clipboardData?.files ?? [])].find(mayBePhoto);
  if (!photo || !slots.size) return;
  event.preventDefault();
  const slot = slotAt(used ?? document);
  give(slot, photo);
  if (slot && !slots.get(slot).error) document.getElementById("status").textContent = slot.dataset.pasted;
});
