// What was just deleted can be taken back for some seconds: then the button goes, unless somebody is about to press it.
for (const form of document.querySelectorAll("[data-undo-seconds]")) {
  const leave = () => form.matches(":focus-within, :hover") ? setTimeout(leave, 500) : form.remove();
  setTimeout(leave, form.dataset.undoSeconds * 1000);
}
