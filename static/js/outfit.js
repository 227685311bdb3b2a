// A garment that is tapped on the shelf is put on, and taken off when it is tapped again. What is not worn together is
// said at once, with the way out; which that is comes with the page. So is how much of the person the photo should show.
const form = document.getElementById("wishes");
const words = document.getElementById("chips").dataset;
const note = form.querySelector("[data-clash-note]");
const hints = [...form.querySelectorAll("[data-photo-hint]")]; // what reaches furthest down is the last
const tiles = [...form.querySelectorAll("[data-tile]")];
const kinds = JSON.parse(words.kinds);
const slots = new Map(); // the place of each garment, and whether it is empty or full
let worn = []; // each garment with its kind, in the order of wearing
let places = 0; // garments that the model takes
let swap = null; // what the note's button does
let asked = null; // what had the focus when it was offered

const tell = (slot, name, detail) => slot.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
const rivals = (kind, but) => worn.filter((each) => each.slot !== but && kinds[kind].gives_way.includes(each.kind));
const takeOff = (some) => some.forEach(({ slot }) => tell(slot, "picture-removed"));

function ask(text = "", how = null) {
  note.hidden = !text;
  note.querySelector("[data-words]").textContent = text;
  note.querySelector("[data-swap]").hidden = !how;
  if (text) document.getElementById("status").textContent = text;
  if (text) asked = document.activeElement;
  swap = how;
}

function clash(kind, others) {
  const old = [...new Set(others.map((each) => each.kind))];
  if (old.includes(kind)) return words.two.replace("{two}", kinds[kind].two);
  return words.clash.replace("{new}", kinds[kind].name).replace("{old}", old.map((each) => kinds[each].name).join(words.and));
}

const full = () => ask(places > 1 ? words.full.replace("{places}", places) : words.fullOne);

function putOn(tile) {
  const { worn: kind, own } = tile.dataset;
  const inTheWay = rivals(kind);
  const free = [...slots.keys()].find((slot) => !slot.hidden && slots.get(slot) === "empty");
  const instead = (some) => () => {
    takeOff(some);
    putOn(tile);
  };
  if (inTheWay.length) return ask(clash(kind, inTheWay), instead(inTheWay));
  if (!free) return places > 1 ? full() : ask(words.onePlace, instead(worn));
  const { src } = tile.parentElement.querySelector("img");
  const label = tile.parentElement.textContent.trim();
  tell(free, "picture-chosen", { picture: { reference: tile.value, src, label, worn: kind, isOwn: own !== undefined } });
}

// What stands below it stays where it is, for a finger is there.
function hint() {
  const below = () => document.getElementById("garment-card").getBoundingClientRect().top;
  const was = below();
  const said = hints.findLast(({ dataset }) => worn.some(({ kind }) => kind === dataset.photoHint));
  for (const each of hints) each.classList.toggle("is-said", each === said);
  scrollBy(0, below() - was);
}

const show = () => tiles.forEach((tile) => { tile.checked = worn.some(({ reference }) => reference === tile.value); });

for (const tile of tiles) {
  tile.type = "checkbox";
  tile.removeAttribute("name"); // the chips carry it in the form
  tile.addEventListener("change", () => {
    ask();
    if (tile.checked) putOn(tile);
    else takeOff(worn.filter(({ reference }) => reference === tile.value));
    show();
  });
}

form.addEventListener("outfit-full", full);
form.addEventListener("model-changed", ({ detail }) => { places = detail.references - 1; });
form.addEventListener("slot-changed", ({ target, detail }) => detail.kind === "garment" && slots.set(target, detail.state));
form.addEventListener("outfit-changed", ({ detail }) => {
  const before = worn;
  worn = detail.worn;
  show();
  hint();
  const isNew = ({ slot, kind }) => !before.some((each) => each.slot === slot && each.kind === kind);
  const changed = worn.find((each) => isNew(each) && rivals(each.kind, each.slot).length);
  if (changed) ask(clash(changed.kind, rivals(changed.kind, changed.slot)), () => takeOff(rivals(changed.kind, changed.slot)));
  else if (worn.length < before.length) ask();
});
note.querySelector("[data-swap]").addEventListener("click", () => {
  const how = swap;
  ask();
  how();
  asked.focus({ preventScroll: true });
});
// The example above is shown in another garment.
document.addEventListener("garment-wanted", ({ detail: { reference } }) => {
  const tile = tiles.find(({ value }) => value === reference);
  if (!tile || tile.checked) return;
  takeOff(worn.filter((each) => tiles.some(({ value }) => value === each.reference)));
  putOn(tile);
});
