// The summary of what is wrong does not go on saying what was put right since.
const form = document.getElementById("wishes");
const summary = document.getElementById("problems");
const title = summary?.querySelector("h2");
const told = new Map(); // each slot with what it last told

function mended(place) {
  for (const item of summary.querySelectorAll("li")) {
    const link = item.querySelector("a")?.hash;
    if (!link || link === `#${place}`) item.remove();
  }
  const count = summary.querySelectorAll("li").length;
  if (title.dataset.one) title.textContent = count > 1 ? title.dataset.many.replace("{count}", count) : title.dataset.one;
  if (count) return;
  summary.remove();
  document.title = document.title.replace(/^.*?: /, "");
}

// What a slot tells first is how the form begins.
function follow({ target, detail }) {
  const before = told.get(target);
  told.set(target, detail);
  const isSame = !before || before.error === detail.error && before.picture?.reference === detail.picture?.reference && before.state === detail.state;
  if (isSame || detail.error || !(detail.state === "full" || before.error)) return;
  mended(`${detail.kind}${detail.number > 1 ? `-${detail.number}` : ""}-card`);
}

if (summary) {
  form.addEventListener("change", ({ target }) => mended(target.id));
  form.addEventListener("slot-changed", follow);
}
