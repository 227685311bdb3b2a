// What is chosen is kept with the page's place in the history, so that after Back or a reload the fields and
// the frames show exactly what the form will post. Browsers restore no fields of a page that is not stored.
const form = document.getElementById("wishes");
const outfit = document.getElementById("outfit");
const slots = [...form.querySelectorAll("picture-slot")];
const fields = [...form.querySelectorAll('#consent, select:not([data-pick]), #note, input[type="url"]')];
const kind = (field) => (field.type === "checkbox" ? "checked" : "value");
const { state } = history;

function remember() {
  const values = fields.map((field) => field[kind(field)]);
  history.replaceState({ key: form.elements.key.value, values, choices: slots.map((slot) => slot.choice) }, "");
}

function restore(slot, choice) {
  const shown = slot.isEmpty ? null : slot.choice;
  if (slot.hasAttribute("data-busy") || shown && choice?.value === shown.value) return;
  slot.clear();
  slot.mark("");
  if (choice) choose(slot, choice);
  else if (slot.input.files.length) slot.take(slot.input.files[0]);
}

function choose(slot, { value, ...look }) {
  slot.forget("file");
  slot.preview(look);
  slot.mark(value);
  if (!slot.choice) slot.frame.querySelector(".kept").append(carrier(slot, value)); // not among the offered ones
}

function carrier({ input, dataset }, value) {
  const name = input.name.replace(dataset.kind, `${dataset.kind}_reference`);
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) return; // the page is as it was left
  if (state?.key) form.elements.key.value = state.key; // sent again unchanged, it is the same try-on
  for (const [n, field] of fields.entries()) field[kind(field)] = state?.values?.[n] ?? field[kind(field)];
  for (const [n, slot] of slots.entries()) restore(slot, state?.choices ? state.choices[n] : slot.choice);
  if (outfit) outfit.open ||= Boolean(outfit.querySelector(".is-full"));
  for (const field of fields) if (field.type === "url" && field.value) field.closest("details").open = true;
  new MutationObserver(remember).observe(form, { subtree: true, attributeFilter: ["class"] });
  form.addEventListener("change", remember);
});
