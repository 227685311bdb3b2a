// The address of an opened share link stays in this tab alone, so that the pictures' page can offer it once more.
(() => {
  const here = document.currentScript?.dataset.keep;
  try {
    if (here) {
      sessionStorage.setItem(`pass-on ${here}`, location.href);
      return;
    }
    const address = sessionStorage.getItem(`pass-on ${location.pathname}`);
    const button = document.querySelector("[data-copy-share-link]");
    if (!address || !button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(address);
      for (const words of [button.querySelector("[data-copy-words]"), document.getElementById("status")]) words.textContent = button.dataset.copied;
    });
  } catch { /* storage is switched off: the message that brought the link still has it */ }
})();
