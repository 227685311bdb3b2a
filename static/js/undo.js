// What was just deleted can be taken back for some seconds: then the button goes, once nobody is about to press it.
function offer(form) {
  const isBusy = () => form.matches(":focus-within, :hover");
  const leave = () => {
    if (!isBusy()) return form.remove();
    for (const name of ["focusout", "pointerleave"]) form.addEventListener(name, () => setTimeout(leave), { once: true });
  };
  setTimeout(leave, form.dataset.undoSeconds * 1000);
}

const offerAll = () => document.querySelectorAll("[data-undo-seconds]").forEach(offer);
offerAll();
document.addEventListener("htmx:oobAfterSwap", ({ target }) => target.id === "messages" && offerAll());
