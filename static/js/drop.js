// Photos can be dropped on a card, or pasted: into the card in use, else into the first empty one.
const slots = () => [...document.querySelectorAll("picture-slot")];
const photoOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || /\.(heic|heif)$/i.test(file.name));
const carries = (event) => event.dataTransfer?.types.includes("Files");

function slotAt(target) {
  const card = target.closest?.("picture-slot, .card");
  return card?.matches("picture-slot") ? card : card?.querySelector("picture-slot");
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
  if (!photo) return;
  event.preventDefault();
  const slot = slotAt(document.activeElement) ?? slots().find((each) => each.isEmpty) ?? slots()[0];
  slot.take(photo);
  document.getElementById("status").textContent = `Photo pasted as the ${slot.dataset.kind}`;
});
