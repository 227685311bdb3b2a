// In which way a garment is worn is asked only of those where there is a choice: a top, and outerwear.
const form = document.getElementById("wishes");
const slots = new Map(); // each garment's slot, and as what its picture was kept

function arrange(slot) {
  const category = slot.querySelector("[data-category]").value;
  const worn = category === "auto" ? slots.get(slot) : category;
  const fit = slot.querySelector("[data-fit]");
  const groups = [...fit.querySelectorAll("optgroup")];
  for (const group of groups) group.hidden = group.disabled = group.dataset.for !== worn;
  fit.hidden = fit.disabled = groups.every((group) => group.disabled);
  if (fit.selectedOptions[0]?.parentElement.disabled) fit.value = "";
}

function arrangeAll() {
  for (const slot of slots.keys()) arrange(slot);
}

form.addEventListener("slot-changed", ({ target: slot, detail: { kind, picture } }) => {
  if (kind !== "garment") return;
  slots.set(slot, picture?.worn);
  arrange(slot);
});
form.addEventListener("change", arrangeAll);
window.addEventListener("pageshow", arrangeAll); // after Back another category may be chosen
