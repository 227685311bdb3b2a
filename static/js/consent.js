// Nothing that may show a person leaves before the form's box is ticked: until then it is held here, and the form
// does not go without it. A garment needs no tick.
const form = document.getElementById("wishes");
const { consent } = form.elements;
const held = new Map(); // slot: what it wants to send

function tell(slot, name, detail) {
  slot.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

function decide({ target: slot, detail: what }) {
  const isNeeded = consent && slot.dataset.kind !== "garment";
  const isHeld = Boolean(what && isNeeded && !consent.checked);
  if (isHeld) held.set(slot, what);
  else held.delete(slot);
  consent?.setCustomValidity(held.size ? consent.dataset.missing : "");
  tell(slot, "upload-allowed", isHeld || !what ? null : { ...what, consent: Boolean(isNeeded) });
  if (isHeld) tell(slot, "upload-held", { words: consent.dataset.missing });
}

form.addEventListener("upload-wanted", decide);
consent?.addEventListener("change", () => {
  for (const [target, detail] of [...held]) decide({ target, detail });
});
