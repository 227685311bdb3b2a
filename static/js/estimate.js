// Beside the button: what the chosen options are, and what they cost at most.
const form = document.getElementById("wishes");
const words = form.querySelector("[data-options-words]");
const price = form.querySelector("[data-estimate]");

function show() {
  const { n, size, aspect_ratio: shape, note } = form.elements;
  const chosen = [`${n.value} picture${n.value === "1" ? "" : "s"}`, size.value];
  if (shape.value !== "auto") chosen.push(shape.value);
  if (note.value) chosen.push(`“${note.value}”`);
  words.textContent = chosen.join(", ");
  const micros = Number(size.selectedOptions[0].dataset.micros) * Number(n.value);
  if (price) price.textContent = `$${(micros / 1e6).toFixed(2)}`;
}

form.addEventListener("change", show);
window.addEventListener("pageshow", show); // after Back the browser fills the fields only now
show();
