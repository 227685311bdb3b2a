// After a press the keyboard goes on in the main part; with data-stays, one stands where one stood.
// What was deleted can be taken back for some seconds, on the next page too.
const PRESSED = "pressed";
const OFFERED = "undo";
const UNDO = "[data-undo-seconds]";
const region = document.querySelector(".messages");
const store = (() => { try { return sessionStorage; } catch { return null; } })(); // it may be switched off
const read = (name) => JSON.parse(store?.getItem(name) ?? null);
const keep = (name, what) => store?.setItem(name, JSON.stringify(what));
const here = () => location.pathname + location.search;
let press = read(PRESSED); // the one that brought this page
store?.removeItem(PRESSED);

const forget = () => { press = null; };
function stand() {
  const rows = [...document.querySelectorAll("[data-keeps-place]")].map(({ id, scrollLeft, scrollTop }) => [id, scrollLeft, scrollTop]);
  return { at: here(), top: scrollY, above: region.offsetHeight, rows };
}

function goOn() {
  if (!press || document.querySelector("[autofocus]")) return; // what is wrong is told first
  document.getElementById("main").focus({ preventScroll: true });
  const place = press.stays && press.places.find(({ at }) => at === here());
  for (const [id, ...scrolled] of place?.rows ?? []) document.getElementById(id)?.scrollTo(...scrolled);
  if (place?.top) scrollTo(0, place.top - place.above + region.offsetHeight);
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
    keep(OFFERED, { html: form.closest(".message").outerHTML, stood: press?.places[0] });
  }
  if (forms.length) return;
  const template = document.createElement("template");
  template.innerHTML = read(OFFERED)?.html ?? "";
  const form = template.content.querySelector(UNDO);
  const left = form?.dataset.until - Date.now();
  if (!(left > 0)) return;
  form.style.setProperty("--gone", `${left - form.dataset.undoSeconds * 1000}ms`);
  document.getElementById("messages").append(template.content);
  setTimeout(leave, left, form);
}

offer();
goOn();
forget();
document.addEventListener("click", forget, true);
document.addEventListener("submit", ({ target }) => {
  press = { stays: "stays" in target.dataset, places: [stand()] };
  if (!target.matches(UNDO)) return;
  press.places.push(read(OFFERED)?.stood ?? {});
  store?.removeItem(OFFERED);
}, true);
document.addEventListener("htmx:oobAfterSwap", offer);
document.addEventListener("htmx:afterSwap", () => { // it was answered here
  if (press?.stays) goOn();
  forget();
});
addEventListener("pagehide", () => press && keep(PRESSED, press));
addEventListener("pageshow", ({ persisted }) => persisted && offer());
