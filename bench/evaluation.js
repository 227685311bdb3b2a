// Counts the votes, and keeps them over a reload of this page.
const place = `votes ${location.pathname}`;
const reveal = document.getElementById("reveal");
const pairs = [...document.querySelectorAll(".pair")];
const said = document.getElementById("votes");

function vote(pair) {
  return pair.querySelector("input:checked")?.value ?? "";
}

function style(pair, side) {
  return pair.dataset[side] ?? side;
}

function counts() {
  const found = {};
  for (const pair of pairs.filter(vote)) {
    const name = style(pair, vote(pair));
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

function told() {
  const sums = Object.entries(counts()).map(([name, count]) => `${name} ${count}`).sort().join(", ");
  const rows = pairs.map((pair) => `${pair.dataset.name}: ${vote(pair) ? style(pair, vote(pair)) : "no vote"}`);
  return [document.body.dataset.about, sums || "no votes", ...rows].join("\n");
}

function show() {
  const voted = pairs.filter(vote).length;
  const sums = Object.entries(counts()).map(([name, count]) => `${name} ${count}`).sort().join(", ");
  document.getElementById("count").textContent =
    `${voted} of ${pairs.length} judged` + (reveal.checked && sums ? `: ${sums}` : "");
  said.value = reveal.checked ? told() : "Reveal which is which, and the votes stand here.";
}

function keep() {
  try {
    localStorage.setItem(place, JSON.stringify(pairs.map(vote)));
  } catch {
    // A browser that keeps nothing still counts.
  }
}

function restore() {
  try {
    JSON.parse(localStorage.getItem(place) ?? "[]").forEach((value, at) => {
      const box = [...pairs[at].querySelectorAll("input")].find((input) => input.value === value);
      if (box) box.checked = true;
    });
  } catch {
    // Votes of another page, or none.
  }
}

document.addEventListener("change", () => {
  keep();
  show();
});
document.getElementById("copy").addEventListener("click", async (event) => {
  try {
    await navigator.clipboard.writeText(told());
    event.target.textContent = "Copied";
  } catch {
    reveal.checked = true;
    show();
    said.select();
  }
});
restore();
show();
