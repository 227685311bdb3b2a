// The form waits for photos that are still on their way, and is sent once.
const form = document.getElementById("wishes");
const button = form.querySelector("[data-go]");
const label = button.firstChild.textContent;
let wanted = false;

const busy = () => form.querySelector("picture-slot[data-busy]");

form.addEventListener("submit", (event) => {
  const consent = form.elements.consent;
  if (!consent.checkValidity()) {
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

// While a photo waits for consent nothing is sent, so a missing garment is told here as well.
function missing(before) {
  const garments = [...form.querySelectorAll('picture-slot[data-kind="garment"]')];
  if (garments.some((slot) => !slot.isEmpty)) return;
  garments[0].say("Select a photo of the garment");
  document.getElementById("status").textContent = `${before}. Select a photo of the garment`;
}

function ready() {
  button.firstChild.textContent = label;
  button.removeAttribute("aria-busy");
}

// Back from the next page: the form is ready again.
window.addEventListener("pageshow", ready);
