// Counts the characters of the words, says where they are missing, and fills in an example that is clicked.
const note = document.getElementById("note");
const count = document.querySelector("[data-count]");
const error = document.getElementById("note-error");

function show() {
  count.textContent = count.dataset.count.replace("{length}", note.value.length);
}

if (count) {
  note.addEventListener("input", show);
  note.addEventListener("input", () => {
    error.say("");
    note.removeAttribute("aria-invalid");
  });
  note.addEventListener("value-missing", () => {
    error.say(note.dataset.missing);
    note.setAttribute("aria-invalid", "true");
  });
  window.addEventListener("pageshow", show);
}

document.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (!example || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  note.value = example.textContent;
  for (const type of ["input", "change"]) note.dispatchEvent(new Event(type, { bubbles: true }));
  note.focus();
});
