// What was just deleted can be taken back for some seconds: then the button goes, once nobody is about to press it.
function leave(form) {
  if (!form.matches(":focus-within, :hover")) return form.remove();
  for (const name of ["focusout", "pointerleave"]) form.addEventListener(name, () => setTimeout(leave, 0, form), { once: true });
}

function offer() {
  for (const form of document.querySelectorAll("[data-undo-seconds]")) setTimeout(leave, form.dataset.undoSeconds * 1000, form);
}

offer();
document.addEventListener("htmx:oobAfterSwap", offer);
