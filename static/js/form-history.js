// What is chosen is kept with the page's place in the history: after Back or a reload the fields and the frames show
// what the form will post. Whoever sits here next finds nothing of it.
const form = document.getElementById("wishes");
const outfit = document.getElementById("outfit");
const fields = [...form.querySelectorAll('#consent, select:not([data-pick]), #note, input[type="url"]')];
const kind = (field) => (field.type === "checkbox" ? "checked" : "value");
const slots = new Map(); // each slot, in the order of the page, with what it last told
const { visitor } = form.dataset;
const state = history.state?.visitor === visitor ? history.state : null;

function remember() {
  const values = fields.map((field) => field[kind(field)]);
  const pictures = [...slots.values()].map(({ picture }) => picture);
  history.replaceState({ visitor, key: form.elements.key.value, values, pictures }, "");
}

function restore(slot, picture) {
  slot.dispatchEvent(new CustomEvent("picture-restored", { bubbles: true, detail: { picture } }));
}

form.addEventListener("slot-changed", ({ target, detail }) => slots.set(target, detail));

window.addEventListener("pageshow", (event) => {
  if (event.persisted) return; // the page is as it was left
  if (history.state && !state) form.reset(); // what the browser filled in was somebody else's
  if (state?.key) form.elements.key.value = state.key; // sent again unchanged, it is the same try-on
  for (const [n, field] of fields.entries()) field[kind(field)] = state?.values?.[n] ?? field[kind(field)];
  for (const [n, slot] of [...slots.keys()].entries()) restore(slot, state?.pictures?.[n]);
  if (outfit) outfit.open ||= [...slots].some(([slot, told]) => told.state === "full" && outfit.contains(slot));
  for (const field of fields) if (field.type === "url" && field.value) field.closest("details").open = true;
  for (const name of ["change", "slot-changed"]) form.addEventListener(name, remember); // after every other script
});
