// A photo is chosen with a slot's own file fields (the second one opens the camera), and taken out with its button.
const give = (slot, name, detail) => slot?.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

document.addEventListener("change", ({ target }) => {
  if (target.type === "file" && target.files.length) give(target.closest("picture-slot"), "picture-chosen", { file: target.files[0] });
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-remove]");
  if (button) give(button.closest("picture-slot"), "picture-removed");
});
