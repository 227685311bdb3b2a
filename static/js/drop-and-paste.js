// Photos can be dropped on a card, or pasted: into the card in use, else into the first empty one.
const slots = (within = document) => [...within.querySelectorAll("picture-slot")].filter((slot) => slot.checkVisibility());
const photoOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || /\.(heic|heif)$/i.test(file.name));
const carries = (event) => event.dataTransfer?.types.includes("Files");

function slotAt(target) {
  const card = target.closest?.("picture-slot, .card");
  if (!card || card.matches("picture-slot")) return card;
  const places = slots(card);
  return places.find((slot) => slot.isEmpty) ?? places[0];
}

function mark(slot) {
  for (const each of slots()) each.classList.toggle("is-over", each === slot);
}

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
  if (photo && slot) slot.take(photo);
});

document.addEventListener("paste", (event) => {
  const photo = photoOf(event.clipboardData);
  const slot = photo && (slotAt(document.activeElement) ?? slots().find((each) => each.isEmpty) ?? slots()[0]);
  if (!slot) return;
  event.preventDefault();
  slot.take(photo);
  if (!slot.waiting) document.getElementById("status").textContent = `Photo pasted as the ${slot.dataset.kind}`;
});
