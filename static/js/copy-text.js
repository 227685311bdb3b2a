// A button that puts a text into the clipboard: `data-copy` is the text, `data-copied` what it says then.
if (navigator.clipboard) {
  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  show();
  new MutationObserver(show).observe(document.body, { childList: true, subtree: true }); // rows may come later
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.firstChild.textContent = button.dataset.copied;
  });
}
