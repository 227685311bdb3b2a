// A photo chosen from the shelf or from earlier ones is shown in its frame; its field carries it in the form.
function lookOf(pick) {
  const option = pick.selectedOptions?.[0];
  const picture = pick.parentElement.querySelector("img");
  return { src: option?.dataset.src ?? picture?.src, alt: option?.text.trim() ?? picture.alt, worn: (option ?? pick).dataset.worn };
}

document.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  const slot = pick?.closest("picture-slot");
  if (!slot) return;
  const { value } = pick;
  const look = lookOf(pick);
  slot.empty();
  if (!value) return;
  slot.preview(look);
  slot.mark(value);
  pick.focus();
});

// The frame can be emptied again by choosing the chosen one a second time.
document.addEventListener("click", (event) => {
  const pick = event.target.closest('input[type="radio"][data-pick]');
  if (!pick) return;
  const again = pick.dataset.was === "1";
  for (const other of pick.form.elements[pick.name].length ? pick.form.elements[pick.name] : [pick]) delete other.dataset.was;
  if (again && event.detail) pick.closest("picture-slot").empty();
  else pick.dataset.was = "1";
});
