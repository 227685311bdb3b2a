// Pictures are selected once somebody says so by the button, or ticks one: then a press on a picture ticks it, with
// Shift all from the last one on, and the bar counts them. "Done" and Escape end that.
const form = document.querySelector("form.gallery");
const starter = document.querySelector("[data-select]");
const count = form?.querySelector("[data-count]");
const allWords = form?.querySelector("[data-all-words]");
const selectAll = allWords?.textContent;
let last;

const boxes = () => [...form.querySelectorAll('[name="images"]')];
const visible = () => boxes().filter((box) => box.closest("li").offsetParent !== null);

function show(isSelecting = form.classList.contains("is-selecting")) {
  const { length } = boxes().filter((box) => box.checked);
  const words = { 0: "none", 1: "one" }[length] ?? "many";
  allWords.textContent = length === boxes().length ? allWords.dataset.none : selectAll;
  count.textContent = count.dataset[words].replace("{count}", length);
  form.classList.toggle("is-selecting", isSelecting || length > 0);
  starter.setAttribute("aria-pressed", String(isSelecting || length > 0));
  for (const button of form.querySelectorAll("[data-needs-some]")) button.disabled = !length;
}

function tick(box, isOn) {
  if (box.checked === isOn) return;
  box.checked = isOn;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function tickUntil(box) {
  const all = visible();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (from >= 0) for (const each of all.slice(from, to + 1)) tick(each, box.checked);
}

function end() {
  for (const box of boxes()) box.checked = false;
  last = undefined;
  show(false);
  starter.focus();
}

function press(event) {
  const link = event.target.closest(".frame > a");
  const isTick = event.target.name === "images";
  if (link && !form.classList.contains("is-selecting")) return;
  const box = isTick ? event.target : link?.closest("li").querySelector('[name="images"]');
  if (!box) return;
  if (link) {
    event.preventDefault();
    tick(box, !box.checked);
  }
  if (event.shiftKey) tickUntil(box);
  last = box;
  show(true);
}

if (form) {
  starter.addEventListener("click", () => (form.classList.contains("is-selecting") ? end() : show(true)));
  form.querySelector("[data-all]").addEventListener("click", () => {
    const isOn = boxes().some((box) => !box.checked);
    for (const box of boxes()) tick(box, isOn);
    show(true);
  });
  form.querySelector("[data-end]").addEventListener("click", end);
  form.addEventListener("click", press);
  form.addEventListener("change", () => show());
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && form.classList.contains("is-selecting")) end();
  });
  addEventListener("pageshow", () => show(false)); // the browser may have kept ticks
}
