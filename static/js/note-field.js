// Counts the characters of the words, and fills in an example that is clicked.
const note = document.getElementById("note");
const count = document.querySelector("[data-count]");

function show({ type }) {
  if (type === "input") {
    document.getElementById("note-error").replaceChildren();
    note.removeAttribute("aria-invalid");
  }
  count.textContent = `${note.value.length} of ${note.maxLength} characters`;
}

if (count) {
  note.addEventListener("input", show);
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
