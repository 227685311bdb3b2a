// Beside the button: what the chosen options are, and what they cost at most.
const form = document.getElementById("wishes");
const words = form.querySelector("[data-options-words]");
const price = form.querySelector("[data-estimate]");
let prices = {}; // micro-USD a picture of the chosen model, by size

function money(micros) {
  const { currency, rate, digits } = price.dataset;
  return currency ? `${currency} ${((micros * rate) / 1e6).toFixed(digits)}` : `$${(micros / 1e6).toFixed(2)}`;
}

function show() {
  const { model, n, size, aspect_ratio: shape, note } = form.elements;
  const chosen = [n.selectedOptions[0].dataset.words];
  if (model) chosen.unshift(model.selectedOptions[0].text);
  if (!size.disabled) chosen.push(size.value);
  if (!shape.disabled && shape.value !== "auto") chosen.push(shape.value);
  if (note.value && !note.required) chosen.push(`“${note.value}”`);
  words.textContent = chosen.join(", ");
  const each = prices[size.disabled ? "" : size.value] ?? Math.max(...Object.values(prices));
  if (price) price.textContent = money(each * n.value);
}

form.addEventListener("change", show);
form.addEventListener("model-changed", ({ detail }) => {
  prices = detail.prices ?? {}; // none where the shop is silent of them
  show();
});
window.addEventListener("pageshow", show); // after Back the browser fills the fields only now
