// <button data-copy="#field">: puts the field's text on the clipboard and says so.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.querySelector(button.dataset.copy);
  const words = button.querySelector("[data-copy-words]");
  const before = words.textContent;
  let later;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      words.textContent = button.dataset.copied;
    } catch {
      field.select();
      words.textContent = button.dataset.byHand;
    }
    document.getElementById("status").textContent = words.textContent;
    clearTimeout(later);
    later = setTimeout(() => { words.textContent = before; }, 4000);
  });
}
