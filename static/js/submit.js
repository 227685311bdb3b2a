// The form waits for photos that are still on their way, and is sent once.
const form = document.getElementById("wishes");
const button = form.querySelector("[data-go]");
const label = button.firstChild.textContent;
const slots = new Map(); // each slot with what it last told
const uploading = new Set();
let wanted = false;

form.addEventListener("slot-changed", ({ target, detail }) => slots.set(target, detail));
form.addEventListener("upload-allowed", ({ target, detail }) => (detail ? uploading.add(target) : uploading.delete(target)));

form.addEventListener("submit", (event) => {
  const { consent } = form.elements;
  if (consent && !consent.checkValidity()) {
    event.preventDefault();
    missing(consent.validationMessage);
    consent.focus();
    return;
  }
  wanted = uploading.size > 0;
  if (wanted) event.preventDefault();
  button.firstChild.textContent = wanted ? button.dataset.uploading : button.dataset.sending;
  button.setAttribute("aria-busy", "true");
});

form.addEventListener("upload-ended", ({ target }) => {
  uploading.delete(target);
  if (!wanted || uploading.size) return;
  wanted = false;
  if (hasErrors()) ready();
  else form.requestSubmit(button);
});

function hasErrors() {
  return form.elements.note.matches("[required][aria-invalid]") || [...slots.values()].some(({ error }) => error);
}

// While a photo waits for consent nothing is sent, so what else is missing is told here as well.
function missing(before) {
  const empty = [...slots.keys()].filter((slot) => slot.dataset.missing && isShort(slot));
  const { note } = form.elements;
  if (note.required && !note.value.trim()) empty.push(note);
  for (const field of empty) field.dispatchEvent(new CustomEvent("value-missing", { bubbles: true }));
  const said = new Set([before, ...empty.map((field) => field.dataset.missing)]);
  document.getElementById("status").textContent = [...said].join(". ");
}

// An empty place, of a kind that has fewer pictures than places that must be filled.
function isShort(slot) {
  const { kind, state } = slots.get(slot);
  const alike = [...slots].filter(([, detail]) => detail.kind === kind);
  const required = alike.filter(([each]) => each.dataset.missing);
  return state === "empty" && alike.filter(([, detail]) => detail.state === "full").length < required.length;
}

function ready() {
  button.firstChild.textContent = label;
  button.removeAttribute("aria-busy");
}

// Back from the next page: the form is ready again.
window.addEventListener("pageshow", ready);
