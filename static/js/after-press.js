// What a press leads to on the page that it brings. The keyboard goes on in its main part, not at the top of everything;
// a form with data-stays leads back to this page, as far down as it was. What was deleted can be taken back for some
// seconds, also after a reload or on the next page: so long this tab keeps the offer, and then its button goes.
const PRESSED = "pressed";
const OFFERED = "undo";
const UNDO = "[data-undo-seconds]";
const region = document.querySelector(".messages"); // what is below moves with its height
const store = (() => { try { return sessionStorage; } catch { return null; } })(); // it may be switched off
const here = () => location.pathname + location.search;
let press = null;

const forget = () => { press = null; };

function keep() {
  const rows = [...document.querySelectorAll("[data-keeps-place]")].map(({ id, scrollLeft, scrollTop }) => [id, scrollLeft, scrollTop]);
  if (press) store?.setItem(PRESSED, JSON.stringify({ ...press, top: scrollY, above: region.offsetHeight, rows }));
}

function goOn({ from, top, above, rows }) {
  if (document.querySelector("[autofocus]")) return; // what is wrong is told first
  document.getElementById("main").focus({ preventScroll: true });
  if (from !== here()) return;
  for (const [id, ...place] of rows) document.getElementById(id)?.scrollTo(...place);
  if (top) scrollTo(0, top - above + region.offsetHeight);
}

// Not while somebody is about to press it.
function leave(form) {
  if (!form.matches(":focus-within, :hover")) return form.remove();
  for (const name of ["focusout", "pointerleave"]) form.addEventListener(name, () => setTimeout(leave, 0, form), { once: true });
}

function offer() {
  const forms = [...document.querySelectorAll(UNDO)];
  for (const form of forms.filter(({ dataset }) => !dataset.until)) {
    form.dataset.until = Date.now() + form.dataset.undoSeconds * 1000;
    setTimeout(leave, form.dataset.undoSeconds * 1000, form);
    store?.setItem(OFFERED, form.closest(".message").outerHTML);
  }
  if (forms.length) return;
  const template = document.createElement("template");
  template.innerHTML = store?.getItem(OFFERED) ?? "";
  const form = template.content.querySelector(UNDO);
  const left = form?.dataset.until - Date.now();
  if (!(left > 0)) return;
  document.getElementById("messages").append(template.content);
  setTimeout(leave, left, form);
}

document.addEventListener("click", forget, true);
document.addEventListener("submit", ({ target }) => {
  press = { from: "stays" in target.dataset && here() };
  if (target.matches(UNDO)) store?.removeItem(OFFERED);
}, true);
document.addEventListener("htmx:afterSwap", forget); // it was answered here
document.addEventListener("htmx:oobAfterSwap", offer);
addEventListener("pagehide", keep);
addEventListener("pageshow", ({ persisted }) => persisted && offer());

const left = store?.getItem(PRESSED);
store?.removeItem(PRESSED);
offer();
if (left) goOn(JSON.parse(left));
