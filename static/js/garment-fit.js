// How a garment is worn is asked only of those where there is a choice: a top, and outerwear.
const slots = [...document.querySelectorAll("picture-slot")].filter((slot) => slot.querySelector("[data-wear]"));

function arrange(slot) {
  const category = slot.querySelector("[data-category]").value;
  const kept = slot.querySelector(".kept")?.dataset.worn;
  const worn = category === "auto" ? kept : category;
  const wear = slot.querySelector("[data-wear]");
  const groups = [...wear.querySelectorAll("optgroup")];
  for (const group of groups) group.hidden = group.disabled = group.dataset.for !== worn;
  wear.hidden = wear.disabled = groups.every((group) => group.disabled);
  if (wear.selectedOptions[0]?.parentElement.disabled) wear.value = "";
}

const arrangeAll = () => slots.forEach(arrange);

if (slots.length) {
  const form = slots[0].closest("form");
  form.addEventListener("change", arrangeAll);
  window.addEventListener("pageshow", arrangeAll);
  new MutationObserver(arrangeAll).observe(form, { subtree: true, attributeFilter: ["class"] });
  arrangeAll();
}
