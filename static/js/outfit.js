// Of the places for further garments, show the filled ones and one empty one more.
const outfit = document.getElementById("outfit");

function arrange() {
  let empty = 0;
  for (const slot of outfit.querySelectorAll("picture-slot")) {
    slot.hidden = !slot.classList.contains("is-full") && !slot.querySelector("[data-error]") && empty++ > 0;
  }
}

new MutationObserver(arrange).observe(outfit, { subtree: true, attributeFilter: ["class"] });
arrange();
