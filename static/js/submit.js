// The form waits for photos that are still on their way, and is sent once.
const form = document.getElementById("wishes");
const button = form.querySelector("[data-go]");
const label = button.firstChild.textContent;
let wanted = false;

const busy = () => form.querySelector("picture-slot[data-busy]");

form.addEventListener("submit", (event) => {
  const { consent } = form.elements;
  if (consent && !consent.checkValidity()) {
    event.preventDefault();
    missing(consent.validationMessage);
    consent.focus();
    return;
  }
  wanted = Boolean(busy());
  if (wanted) event.preventDefault();
  button.firstChild.textContent = wanted ? "Waiting for the upload" : "One moment";
  button.setAttribute("aria-busy", "true");
});

form.addEventListener("slot-settled", () => {
  if (!wanted || busy()) return;
  wanted = false;
  if (form.querySelector("[data-error]")) ready();
  else form.requestSubmit(button);
});

// While a photo waits for consent nothing is sent, so what else is missing is told here as well.
function missing(before) {
  const said = [before];
  const required = [...form.querySelectorAll("picture-slot[data-select]")];
  const count = (slots, kind) => slots.filter((slot) => slot.dataset.kind === kind).length;
  const full = [...form.querySelectorAll("picture-slot.is-full")];
  for (const slot of required.filter((each) => each.isEmpty)) {
    const { kind, select } = slot.dataset;
    if (count(full, kind) < count(required, kind)) said.push(select) && slot.say(select);
  }
  const { note } = form.elements;
  if (note.required && !note.value.trim()) said.push(note.dataset.wordsNeeded) && askFor(note);
  document.getElementById("status").textContent = [...new Set(said)].join(". ");
}

function askFor(note) {
  const error = document.getElementById("card-error").content.cloneNode(true);
  error.querySelector("[data-words]").textContent = note.dataset.wordsNeeded;
  document.getElementById("note-error").replaceChildren(error);
  note.setAttribute("aria-invalid", "true");
}

function ready() {
  button.firstChild.textContent = label;
  button.removeAttribute("aria-busy");
}

// Back from the next page: the form is ready again.
window.addEventListener("pageshow", ready);
