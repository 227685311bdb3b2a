// The opening of the studio: its example moves by itself once, and shows the garment that is tapped, without a call.
// It tells the picture's slider "compare-to" with the percentage of the photo before.
const opening = document.querySelector("[data-opening]");
const compare = opening.querySelector("compare-slider");
const [before, after] = compare.querySelectorAll("img");
const caption = opening.querySelector("figcaption");
const onMe = opening.querySelector("[data-on-me]:not([data-address])");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const LEG = 900; // milliseconds from one end to the other
let turn = 0; // counts what moves: the latest alone goes on

function show(percent) { compare.dispatchEvent(new CustomEvent("compare-to", { detail: { percent } })); }

function stop() { turn += 1; }

// From where it is to each of these in turn.
async function move(...stations) {
  stop();
  const mine = turn;
  if (calm.matches) return show(stations.at(-1));
  for (const to of stations) {
    const from = compare.cut;
    const began = performance.now();
    for (let part = 0; part < 1;) {
      const now = await new Promise(requestAnimationFrame);
      if (mine !== turn) return;
      part = Math.min(1, Math.max(0, (now - began) / LEG));
      show(from + (to - from) * (1 - Math.cos(part * Math.PI)) / 2);
    }
  }
}

async function choose(link) {
  const { address, alt, caption: words } = link.dataset;
  for (const each of opening.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  onMe.href = link.dataset.onMe;
  await Object.assign(new Image(), { src: address }).decode().catch(() => {});
  if (!link.hasAttribute("aria-current")) return; // another was tapped meanwhile
  Object.assign(after, { src: address, alt });
  caption.textContent = words;
  document.getElementById("status").textContent = alt;
  move(0);
}

opening.addEventListener("click", (event) => {
  const link = event.target.closest("[data-address]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(link);
  document.dispatchEvent(new CustomEvent("garment-wanted", { detail: { reference: link.dataset.garment } }));
});
document.addEventListener("outfit-changed", ({ detail: { worn } }) => {
  const link = worn.length === 1 && opening.querySelector(`[data-garment="${worn[0].reference}"]:not([aria-current])`);
  if (link) choose(link);
});
for (const name of ["pointerdown", "keydown", "input"]) compare.addEventListener(name, stop, true);

show(50);
Promise.all([before.decode(), after.decode()]).then(() => move(85, 15, 50)).catch(() => {});
