// A button that puts a text into the clipboard: `data-copy` is the text, `data-copied` what it says then.
document.documentElement.classList.toggle("can-copy", "clipboard" in navigator);
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.firstChild.textContent = button.dataset.copied;
});
