// Nothing that may show a person leaves before the form's box is ticked: until then it is held here, and the form
// does not go without it. A garment needs no tick, nor does a picture that has had one as what it is here: the box is
// seen while something needs it, and is empty again for the next; then stands there when it was agreed to.
const form = document.getElementById("wishes");
const { consent } = form.elements;
const held = new Map(); // slot: what it wants to send
const slots = new Map(); // each slot with what it last told, but garments

function tell(slot, name, detail) {
  slot.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

function decide({ target: slot, detail: what }) {
  const isNeeded = consent && slot.dataset.kind !== "garment";
  const isHeld = Boolean(what && isNeeded && !consent.checked);
  if (isHeld) held.set(slot, what);
  else held.delete(slot);
  tell(slot, "upload-allowed", isHeld || !what ? null : { ...what, consent: Boolean(isNeeded) });
}

// A file on its way has no reference yet: the form would carry it.
function needing() {
  const needs = ({ state, picture }) => state === "full" && (picture?.needsConsent ?? true);
  return [...slots].filter(([, told]) => needs(told)).map(([slot]) => slot);
}

const lacksTick = () => held.size > 0 || needing().length > 0;

function show() {
  const box = consent.closest("[data-consent]");
  const wasGiven = box.classList.contains("is-given");
  const hadFocus = box.contains(document.activeElement);
  if (!lacksTick()) consent.checked = false;
  consent.setCustomValidity(lacksTick() && !consent.checked ? consent.dataset.missing : "");
  box.classList.toggle("is-given", !lacksTick());
  if (wasGiven && lacksTick()) document.getElementById("status").textContent = consent.dataset.asked;
  const agreed = [...slots.values()].flatMap(({ picture }) => picture?.agreed ?? []).sort().at(-1);
  const note = form.querySelector("[data-agreed-note]");
  note.hidden = lacksTick() || !agreed;
  note.querySelector("time").dateTime = agreed ?? "";
  tell(note, "time-changed");
  if (hadFocus && !lacksTick()) (note.hidden ? box.closest("[tabindex]") : note)?.focus({ preventScroll: true });
}

form.addEventListener("upload-wanted", decide);
form.addEventListener("slot-changed", ({ target, detail }) => {
  if (!consent || detail.kind === "garment") return;
  slots.set(target, detail);
  show();
});
consent?.addEventListener("change", () => {
  show();
  for (const [target, detail] of [...held]) decide({ target, detail });
  for (const slot of consent.checked ? needing() : []) if (slots.get(slot).picture) tell(slot, "upload-allowed", null);
});
consent?.addEventListener("invalid", () => {
  for (const slot of needing()) tell(slot, "upload-held", { words: consent.dataset.missing });
});
