// The shelf: a search narrows it as one types, and the arrow keys go from tile to tile, of which one is in the order of
// the Tab key.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

function attend(shelf) {
  shelf.dataset.attended = "";
  const tiles = [...shelf.querySelectorAll("[data-tile]")];
  const search = shelf.querySelector("[data-search]");
  const said = shelf.querySelector("[data-found]");
  const shown = () => tiles.filter((tile) => !tile.closest("li").hidden);

  function enter(tile) {
    for (const each of tiles) each.tabIndex = each === tile ? 0 : -1;
  }

  function narrow() {
    const asked = plain(search.value).split(/\s+/);
    for (const group of shelf.querySelectorAll("[data-shelf-group]")) {
      const heading = plain(group.querySelector("h3").textContent);
      const items = [...group.querySelectorAll("li")];
      for (const item of items) item.hidden = !asked.every((word) => plain(item.textContent + heading).includes(word));
      group.hidden = items.every((item) => item.hidden);
    }
    said.textContent = search.value.trim() && said.dataset.found.replace("{found}", shown().length);
    enter(shown()[0]);
  }

  enter(tiles[0]);
  shelf.addEventListener("focusin", ({ target }) => tiles.includes(target) && enter(target));
  shelf.addEventListener("keydown", (event) => {
    const [all, step] = [shown(), STEPS[event.key]];
    const isTile = tiles.includes(event.target);
    if (event.key === "Enter" && (isTile || event.target === search)) {
      event.preventDefault(); // it would send the form
      if (isTile) event.target.click();
    }
    if (!step || !isTile) return;
    event.preventDefault();
    all[Math.min(Math.max(all.indexOf(event.target) + step, 0), all.length - 1)].focus();
  });
  search?.addEventListener("input", narrow);
  if (search?.value) narrow(); // it was kept when the shelf was exchanged
}

const attendAll = () => document.querySelectorAll("[data-shelf]:not([data-attended])").forEach(attend);
attendAll();
document.addEventListener("htmx:afterSwap", attendAll);
