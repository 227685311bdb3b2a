// A picture gets sharper files in turn: when its small copy is painted the one that fills the page (data-whole), and
// when it is looked at closely the sharpest (data-sharp), where `sharp-wanted` is told and no others.
const isShown = (img) => img.getClientRects().length > 0;

async function sharpen(img, name) {
  const address = img.dataset[name];
  if (!address || img.wanted === address) return;
  img.wanted = address;
  const file = Object.assign(new Image(), { src: address });
  const isThere = await file.decode().then(() => true, () => false);
  if (img.wanted !== address) return; // a sharper one was asked for meanwhile
  delete img.wanted;
  if (!isThere) return; // asked for again next time
  img.src = address;
  for (const done of name === "sharp" ? ["whole", "sharp"] : ["whole"]) delete img.dataset[done];
}

function begin() {
  for (const img of document.querySelectorAll("[data-whole]")) {
    img.decode().then(() => sharpen(img, "whole"), () => {});
  }
}

begin();
for (const event of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(event, begin);

document.addEventListener("sharp-wanted", ({ target }) => {
  const images = target.matches("img") ? [target] : [...target.querySelectorAll("img")];
  for (const img of images.filter(isShown)) sharpen(img, "sharp");
});
