// A button that puts a text into the clipboard: `data-copy` is the text, `data-copied` what it says then.
// The style sheet shows such buttons where that can be done, those too that come later.
if (navigator.clipboard) {
  document.documentElement.dataset.canCopy = "";
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.firstChild.textContent = button.dataset.copied;
  });
}
