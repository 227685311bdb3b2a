// The summary of what is wrong does not go on saying what was put right since.
const form = document.getElementById("wishes");
const summary = document.getElementById("problems");
const title = summary?.querySelector("h2");

function mended(place) {
  for (const item of summary.querySelectorAll("li")) {
    const link = item.querySelector("a")?.hash;
    if (!link || link === `#${place}`) item.remove();
  }
  const count = summary.querySelectorAll("li").length;
  title.textContent = count > 1 ? title.dataset.many.replace("{count}", count) : title.dataset.one;
  if (count) return;
  summary.remove();
  document.title = document.title.replace(/^.*?: /, "");
}

function watch() {
  form.addEventListener("change", ({ target }) => mended(target.id));
  form.addEventListener("slot-changed", ({ detail: { kind, number, state, error } }) => {
    if (state === "full" && !error) mended(`${kind}${number > 1 ? `-${number}` : ""}-card`);
  });
}

if (summary) window.addEventListener("pageshow", watch); // after all have told how the form begins
