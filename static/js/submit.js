// The form waits for photos that are still on their way, and is sent once; without a connection the page stays.
const form = document.getElementById("wishes");
const button = form.querySelector("[data-go]");
const note = form.querySelector("[data-unsent]");
const label = button.firstChild.textContent;
const status = document.getElementById("status");
const slots = new Map(); // each slot with what it last told
const uploading = new Set();
let wanted = false;

form.addEventListener("slot-changed", ({ target, detail }) => slots.set(target, detail));
form.addEventListener("upload-allowed", ({ target, detail }) => (detail ? uploading.add(target) : uploading.delete(target)));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.hasAttribute("aria-busy") && !wanted) return; // it is on its way
  say("");
  const { consent } = form.elements;
  const refused = [...slots].find(([slot, { error }]) => error && isShort(slot));
  if (consent && !consent.checkValidity()) {
    missing(consent.validationMessage);
    consent.focus();
  } else if (refused) {
    missing(refused[1].error);
    refused[0].querySelector("input").focus();
  } else {
    wanted = uploading.size > 0;
    button.firstChild.textContent = wanted ? button.dataset.uploading : button.dataset.sending;
    button.setAttribute("aria-busy", "true");
    if (!wanted) send();
  }
});

form.addEventListener("upload-ended", ({ target }) => {
  uploading.delete(target);
  if (!wanted || uploading.size) return;
  wanted = false;
  ready();
  if (!hasErrors()) form.requestSubmit(button);
});

// What is not accepted is shown by the server's own page; what was accepted already is not accepted again.
async function send() {
  const headers = { "X-Requested-With": "fetch" };
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  if (answer?.status === 201) return location.assign(answer.headers.get("Location"));
  if (answer) return form.submit();
  ready();
  say(form.dataset.sendFailed);
}

function say(words) {
  note.hidden = !words;
  note.textContent = words;
  if (words) status.textContent = words;
}

function hasErrors() {
  return form.elements.note.matches("[required][aria-invalid]") || [...slots.values()].some(({ error }) => error);
}

// While a photo waits for consent, or was refused, nothing is sent: so what else is missing is told here as well.
function missing(before) {
  const empty = [...slots].filter(([slot, { error }]) => slot.dataset.missing && !error && isShort(slot)).map(([slot]) => slot);
  const { note: words } = form.elements;
  if (words.required && !words.value.trim()) empty.push(words);
  for (const field of empty) field.dispatchEvent(new CustomEvent("value-missing", { bubbles: true }));
  status.textContent = [...new Set([before, ...empty.map((field) => field.dataset.missing)])].join(". ");
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

form.addEventListener("picture-refused", ({ target, detail }) => target === form && say(detail.words));
// Back from the next page: the form is ready again.
window.addEventListener("pageshow", ready);
