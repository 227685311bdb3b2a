// <button data-copy="#field">: puts the field's text on the clipboard and says so.
document.addEventListener("focusin", ({ target }) => target.matches("input[readonly]") && target.select());

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  const words = button.querySelector("[data-copy-words]");
  button.dataset.before ??= words.textContent;
  try {
    await navigator.clipboard.writeText(field.value);
    words.textContent = button.dataset.copied;
  } catch {
    field.select();
    words.textContent = button.dataset.byHand;
  }
  document.getElementById("status").textContent = words.textContent;
  clearTimeout(button.later);
  button.later = setTimeout(() => { words.textContent = button.dataset.before; }, 4000);
});
