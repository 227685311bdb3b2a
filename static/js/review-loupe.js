// While the loupe is on, a glass follows the pointer over a picture, and another one over each picture beside it
// (data-pane) at the same place. What is under it is fetched in its sharpest file (`sharp-wanted`).
const POWER = 3;
const isOn = () => document.documentElement.dataset.desk?.split(" ").includes("loupe");
const layerOf = (pane) => [...pane.querySelectorAll("img.layer")].findLast((img) => getComputedStyle(img).visibility !== "hidden");

// Where the picture itself lies in its box, which may be wider or higher.
function placeOf(img) {
  const box = img.getBoundingClientRect();
  const scale = Math.min(box.width / img.naturalWidth, box.height / img.naturalHeight);
  const [width, height] = [img.naturalWidth * scale, img.naturalHeight * scale];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

function glassOf(pane) {
  const frame = pane.querySelector(".pane-frame");
  let glass = frame.querySelector(".glass");
  if (glass) return glass;
  glass = Object.assign(document.createElement("div"), { className: "glass" });
  glass.append(Object.assign(document.createElement("img"), { alt: "", draggable: false }));
  frame.append(glass);
  return glass;
}

function lay(pane, at) {
  const img = layerOf(pane);
  if (!img?.naturalWidth) return;
  const place = placeOf(img);
  const glass = glassOf(pane);
  const frame = glass.parentElement.getBoundingClientRect();
  const [x, y] = [place.left + at.x * place.width - frame.left, place.top + at.y * place.height - frame.top];
  const inside = glass.firstElementChild;
  if (inside.src !== img.currentSrc) inside.src = img.currentSrc;
  glass.hidden = false;
  const half = glass.offsetWidth / 2;
  glass.style.translate = `${x - half}px ${y - half}px`;
  inside.style.width = `${place.width * POWER}px`;
  inside.style.height = `${place.height * POWER}px`;
  inside.style.translate = `${half - at.x * place.width * POWER}px ${half - at.y * place.height * POWER}px`;
}

function hide() {
  for (const glass of document.querySelectorAll(".glass:not([hidden])")) glass.hidden = true;
}

document.addEventListener("pointermove", (event) => {
  const under = isOn() && document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-pane]");
  const img = under && layerOf(under);
  if (!img?.naturalWidth) return hide();
  const place = placeOf(img);
  const at = { x: (event.clientX - place.left) / place.width, y: (event.clientY - place.top) / place.height };
  if (Math.min(at.x, at.y) < 0 || Math.max(at.x, at.y) > 1) return hide();
  const panes = under.parentElement.querySelectorAll("[data-pane]");
  under.parentElement.dispatchEvent(new CustomEvent("sharp-wanted", { bubbles: true }));
  for (const pane of panes) lay(pane, at);
});
document.addEventListener("pointerleave", hide);
document.addEventListener("desk-shows", hide);
