// A photo chosen from the shelf or from earlier ones is shown in its frame; its field carries it in the form.
document.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  const slot = pick?.closest("picture-slot");
  if (!slot) return;
  const { value } = pick;
  const look = slot.look(pick);
  slot.empty();
  if (!value) return;
  slot.choose({ value, ...look });
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
