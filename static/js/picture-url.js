// A picture's address is handed over like a photo, and its card shown in the frame.
function use(slot) {
  const field = slot.querySelector('input[type="url"]');
  const url = field.value.trim();
  if (!url) return field.focus();
  slot.leave();
  field.value = url; // stays until it is accepted
  slot.send({ url });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-use-address]")) use(event.target.closest("picture-slot"));
});

document.addEventListener("keydown", (event) => {
  const slot = event.target.type === "url" && event.key === "Enter" ? event.target.closest("picture-slot") : null;
  if (!slot) return;
  event.preventDefault(); // it would send the whole form
  use(slot);
});

document.addEventListener("slot-settled", ({ target: slot }) => {
  const linked = slot.querySelector(".linked");
  const place = slot.querySelector(".address");
  if (!linked || !place?.contains(document.activeElement)) return;
  document.getElementById("status").textContent = linked.textContent.trim().replace(/\s+/g, " ");
  place.querySelector("summary").focus();
  place.open = false;
});
