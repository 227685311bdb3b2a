// The form offers only what the chosen model takes, so that no wrong combination can be sent.
const form = document.getElementById("wishes");
const { model, size, aspect_ratio: shape } = form.elements;

function offer(field, taken) {
  for (const option of field.options) {
    option.hidden = option.disabled = option.value !== "auto" && !taken.includes(option.value);
  }
  field.closest(".field").hidden = field.disabled = !taken.length;
  const first = [...field.options].find((option) => !option.disabled);
  if (taken.length && !(field.selectedOptions[0]?.disabled === false)) field.value = first.value;
}

function choose() {
  form.dataset.takes = model.selectedOptions[0].dataset.takes;
  const { sizes, ratios } = JSON.parse(form.dataset.takes);
  offer(size, sizes);
  offer(shape, ratios);
  form.dispatchEvent(new Event("model-chosen"));
}

if (model) {
  model.addEventListener("change", choose);
  window.addEventListener("pageshow", choose); // after Back another one may be chosen
}
