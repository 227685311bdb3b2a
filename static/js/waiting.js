// Whether the page's question (#pulse, which htmx asks) is held open by the server until something changes.
// Only where somebody looks: a browser has six connections. A hidden page asks rarely, and one whose held
// answer was cut on the way asks for a minute as its htmx attributes say.
const RARELY = 10000;
const AFTER_CUT = 60000;
const pressed = new Set(); // other requests of the page on their way
let asked, askedAt = -Infinity, cutAt = -Infinity, isHeld = false, isPutOff = false, later;

const pulse = () => document.getElementById("pulse");
const tell = (name) => pulse()?.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: {} }));
const about = (event) => event.target.id === "pulse";

document.addEventListener("htmx:configRequest", (event) => {
  if (!about(event)) return;
  const now = performance.now();
  if (document.hidden && now - askedAt < RARELY) return postpone(event);
  asked = event.target.getAttribute("hx-get");
  askedAt = now;
  const { ticket } = event.target.dataset;
  isHeld = ticket && !document.hidden && now - cutAt > AFTER_CUT;
  if (isHeld) event.detail.parameters.ticket = ticket;
  if (document.hidden) event.detail.parameters.hidden = 1;
});

function postpone(event) {
  event?.preventDefault();
  clearTimeout(later);
  later = setTimeout(() => tell("ask"), RARELY);
}

// What was asked for already is asked again after the pause that the server names: its state is the same.
document.addEventListener("htmx:load", () => {
  const address = pulse()?.getAttribute("hx-get");
  if (address && address !== asked && !document.hidden && performance.now() - cutAt > AFTER_CUT) tell("ask");
});

// News takes nothing away that was pressed and has no answer yet, for that would find no place: it is asked for anew.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!about(event)) pressed.add(event.detail.xhr);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!about(event) || !pressed.size) return;
  event.detail.shouldSwap = false;
  isPutOff = true;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr } = event.detail;
  const isOver = pressed.delete(xhr) && !pressed.size && isPutOff;
  if (isOver) isPutOff = false;
  if (isOver || about(event) && xhr.status === 204) tell("ask");
});

for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, (event) => {
    if (about(event) && isHeld) cutAt = performance.now();
  });
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(later);
  if (!document.hidden) return tell("ask");
  if (isHeld) tell("htmx:abort");
  postpone();
});
