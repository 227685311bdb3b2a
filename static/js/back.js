// What is chosen is kept with the page's place in the history, so that after Back or a reload the fields and
// the frames show exactly what the form will post. Browsers restore no fields of a page that is not stored.
const form = document.getElementById("wishes");
const outfit = document.getElementById("outfit");
const slots = [...form.querySelectorAll("picture-slot")];
const fields = [...form.querySelectorAll("#consent, select:not([data-pick]), #note")];
const kind = (field) => (field.type === "checkbox" ? "checked" : "value");
const { state } = history;

function remember() {
  const values = fields.map((field) => field[kind(field)]);
  history.replaceState({ key: form.elements.key.value, values, choices: slots.map((slot) => slot.choice) }, "");
}

function restore(slot, choice) {
  const shown = slot.isEmpty ? null : slot.choice;
  if (slot.hasAttribute("data-busy") || choice?.value === shown?.value && !(choice ?? slot.choice) === slot.isEmpty) return;
  if (choice) slot.choose(choice);
  else if (slot.input.files.length) slot.take(slot.input.files[0]);
  else slot.leave();
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) return; // the page is as it was left
  if (state?.key) form.elements.key.value = state.key; // sent again unchanged, it is the same try-on
  for (const [n, field] of fields.entries()) field[kind(field)] = state?.values?.[n] ?? field[kind(field)];
  for (const [n, slot] of slots.entries()) restore(slot, state?.choices ? state.choices[n] : slot.choice);
  outfit.open ||= Boolean(outfit.querySelector(".is-full"));
  new MutationObserver(remember).observe(form, { subtree: true, attributeFilter: ["class"] });
  form.addEventListener("change", remember);
});
