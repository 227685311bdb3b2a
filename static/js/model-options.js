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

function tell(takes) {
  form.dispatchEvent(new CustomEvent("model-changed", { bubbles: true, detail: takes }));
}

function choose() {
  const takes = JSON.parse(model.selectedOptions[0].dataset.takes);
  offer(size, takes.sizes);
  offer(shape, takes.ratios);
  tell(takes);
}

if (model) {
  model.addEventListener("change", choose);
  window.addEventListener("pageshow", choose); // after Back another one may be chosen
}
tell(JSON.parse(form.dataset.takes));
