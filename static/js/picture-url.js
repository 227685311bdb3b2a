// A picture's address is handed over like a photo, and its card shown in the frame.
function use(slot) {
  const field = slot.querySelector('input[type="url"]');
  field.value = field.value.trim();
  if (!field.value) return field.focus();
  slot.dispatchEvent(new CustomEvent("picture-chosen", { bubbles: true, detail: { url: field.value } }));
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

// The address was accepted: it is read out, and its field closes.
document.addEventListener("slot-changed", ({ target: slot, detail: { picture } }) => {
  const place = slot.querySelector("details:has([data-use-address])");
  if (!picture?.host || !place?.contains(document.activeElement)) return;
  document.getElementById("status").textContent = picture.label;
  place.querySelector("summary").focus();
  place.open = false;
});
