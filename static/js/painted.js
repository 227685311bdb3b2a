// A picture has arrived when it can be painted whole, in whichever copy comes first. Until then the page does not say
// that it is here, and one that comes while somebody waits hangs behind the curtain.
async function paint(frame) {
  const layers = [...frame.querySelectorAll("[data-arrives]")];
  await Promise.any(layers.map((img) => img.decode())).catch(() => null);
  frame.classList.replace("is-veiled", "is-unveiled");
  frame.classList.add("is-painted");
}

const paintAll = (within) => within.querySelectorAll(".arrived:not(.is-painted)").forEach(paint);

paintAll(document);
document.addEventListener("htmx:afterSwap", ({ target }) => paintAll(target));
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  for (const frame of target.querySelectorAll(".arrived")) {
    frame.classList.add("is-veiled");
    paint(frame);
  }
});
