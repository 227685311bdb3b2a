// Pictures that are looked at closely get their sharpest file, and no others: those shown where `sharp-wanted` is told.
const isShown = (img) => img.getClientRects().length > 0;

async function sharpen(img) {
  const { sharp } = img.dataset;
  delete img.dataset.sharp;
  const file = Object.assign(new Image(), { src: sharp });
  await file.decode().then(() => { img.src = sharp; }, () => { img.dataset.sharp = sharp; }); // asked for again next time
}

document.addEventListener("sharp-wanted", ({ target }) => {
  const images = target.matches("img") ? [target] : [...target.querySelectorAll("img")];
  images.filter((img) => img.dataset.sharp && isShown(img)).forEach(sharpen);
});
