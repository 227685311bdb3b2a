// A photo chosen from the shelf or from earlier ones is shown in its frame; its field carries it in the form.
function pictureOf(pick) {
  const option = pick.selectedOptions?.[0];
  const label = option?.text.trim() ?? pick.parentElement.querySelector("img").alt;
  const { src, worn, agreed, needsConsent } = (option ?? pick).dataset;
  return { reference: pick.value, src, label, worn, agreed, needsConsent: needsConsent !== undefined };
}

function tell(slot, name, detail) {
  slot.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

document.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  const slot = pick?.closest("picture-slot");
  if (!slot) return;
  if (!pick.value) return tell(slot, "picture-removed");
  tell(slot, "picture-chosen", { picture: pictureOf(pick) });
  pick.focus();
});

// The frame can be emptied again by choosing the chosen one a second time.
document.addEventListener("click", (event) => {
  const pick = event.target.closest('input[type="radio"][data-pick]');
  if (!pick) return;
  const again = pick.dataset.was === "1";
  for (const other of pick.form.elements[pick.name].length ? pick.form.elements[pick.name] : [pick]) delete other.dataset.was;
  if (again && event.detail) tell(pick.closest("picture-slot"), "picture-removed");
  else pick.dataset.was = "1";
});
