// Variations of one another lie behind the newest of them until its button is pressed. Meanwhile that one stands for
// all: what is ticked on it is ticked on those behind it.
function behind(front) {
  return document.querySelectorAll(`.is-behind[data-series="${front.dataset.series}"]`);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest(".stack-button");
  if (!button) return;
  const isOpen = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(isOpen));
  for (const card of behind(button.closest(".card"))) card.classList.toggle("is-open", isOpen);
});

// Before anybody counts them.
document.addEventListener("change", ({ target }) => {
  const front = target.closest(".is-stack");
  if (!front || target.name !== "images" || front.querySelector(".stack-button").getAttribute("aria-expanded") === "true") return;
  for (const card of behind(front)) card.querySelector('[name="images"]').checked = target.checked;
}, true);
