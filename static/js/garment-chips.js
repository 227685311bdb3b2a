// The garments of the outfit are chips in the order of wearing. Each says how it is worn and lets that be changed; its
// kind is the one it was kept as, and asked of who brought it where nobody said so yet.
const form = document.getElementById("wishes");
const chips = document.getElementById("chips");
const add = form.querySelector("[data-add-garment]");
const kinds = JSON.parse(chips.dataset.kinds);
const slots = new Map(); // the place of each garment, with what it last told

const part = (slot, name) => slot.querySelector(`[data-${name}]`);
const isFull = (slot) => slots.get(slot).state === "full";

function kindOf(slot) {
  const { value } = part(slot, "category");
  return value === "auto" ? slots.get(slot).picture?.worn ?? value : value;
}

// In which way it is worn is asked only where there is a choice.
function offerFits(slot, kind) {
  const fit = part(slot, "fit");
  for (const group of fit.querySelectorAll("optgroup")) group.hidden = group.disabled = group.dataset.for !== kind;
  fit.hidden = fit.disabled = !fit.querySelector("optgroup:not([disabled])");
  if (fit.selectedOptions[0]?.parentElement.disabled) fit.value = "";
  return fit.value ? `, ${fit.selectedOptions[0].text}` : "";
}

function describe(slot) {
  const category = part(slot, "category");
  const name = slots.get(slot).picture?.label || chips.dataset.unnamed;
  const kind = kindOf(slot);
  part(slot, "name").textContent = name;
  part(slot, "kind-words").textContent = [...category.options].find(({ value }) => value === kind).text + offerFits(slot, kind);
  part(slot, "remove")?.setAttribute("aria-label", chips.dataset.takeOff.replace("{name}", name));
}

function arrange() {
  const { activeElement } = document;
  const layer = (slot) => (isFull(slot) ? kinds[kindOf(slot)].layer : Infinity);
  const inOrder = [...slots.keys()].sort((one, other) => layer(one) - layer(other) || one.dataset.number - other.dataset.number);
  for (const [n, slot] of inOrder.entries()) if (chips.children[n] !== slot) chips.insertBefore(slot, chips.children[n]);
  if (activeElement !== document.activeElement) activeElement.focus({ preventScroll: true });
  inOrder.forEach(describe);
  const worn = inOrder.filter(isFull).map((slot) => ({ slot, kind: kindOf(slot), reference: slots.get(slot).picture?.reference }));
  form.dispatchEvent(new CustomEvent("outfit-changed", { bubbles: true, detail: { worn } }));
}

function open(isOpen) {
  chips.classList.toggle("is-adding", isOpen);
  add.setAttribute("aria-expanded", isOpen);
}

// Of the next garment in its place nothing is known from the one before.
function reset({ target: slot }) {
  if (!slots.has(slot)) return;
  part(slot, "category").value = "auto";
  part(slot, "fit").value = "";
}

// What the server said of a garment was said of another outfit.
function forgive() {
  for (const [slot, { picture, error }] of slots) if (picture && error) slot.dispatchEvent(new CustomEvent("upload-allowed", { bubbles: true, detail: null }));
}

// A picture came: from the shelf, or kept just now.
function sort({ target: slot, detail: { picture, kept } }) {
  if (!slots.has(slot) || !(picture || kept)) return;
  const category = part(slot, "category");
  if (picture || category.value === "auto") category.value = kindOf(slot);
  slot.querySelector(".worn-fold").open = kindOf(slot) === "auto" && (kept || picture.isOwn);
  arrange();
}

chips.append(...form.querySelectorAll('[data-kind="garment"]'));
document.getElementById("outfit").remove();

form.addEventListener("slot-changed", ({ target: slot, detail }) => {
  if (detail.kind !== "garment") return;
  const isFilled = slots.get(slot)?.state === "empty" && detail.state === "full";
  if (isFilled && slot.contains(document.activeElement)) slot.focus({ preventScroll: true }); // its file field is hidden now
  if (isFilled) open(false);
  slots.set(slot, detail);
  arrange();
});
for (const name of ["picture-chosen", "picture-removed"]) form.addEventListener(name, reset, true); // before it is sent
for (const name of ["picture-chosen", "upload-ended"]) form.addEventListener(name, sort);
form.addEventListener("picture-removed", ({ target }) => slots.has(target) && document.activeElement === document.body && add.focus());
form.addEventListener("picture-removed", forgive);
form.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-category], [data-fit]")) return;
  forgive();
  arrange();
});
window.addEventListener("pageshow", arrange); // after Back another kind may be chosen
add.addEventListener("click", () => {
  const isFree = [...slots.keys()].some((slot) => !slot.hidden && !isFull(slot));
  open(isFree && !chips.classList.contains("is-adding"));
  if (!isFree) form.dispatchEvent(new CustomEvent("outfit-full"));
});
