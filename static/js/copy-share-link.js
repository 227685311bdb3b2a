// The opened address stays in this tab alone, so that the pictures' page can offer it once more.
(() => {
  const here = document.currentScript?.dataset.keep;
  try {
    if (here) {
      sessionStorage.setItem(`pass-on ${here}`, location.href);
      return;
    }
    const address = sessionStorage.getItem(`pass-on ${location.pathname}`);
    const button = document.querySelector("[data-pass-on]");
    if (!address || !button || !navigator.clipboard) return;
    const words = button.querySelector("[data-copy-words]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(address);
      words.textContent = "Copied";
      document.getElementById("status").textContent = "Copied";
    });
  } catch { /* storage is switched off: the message that brought the link still has it */ }
})();
