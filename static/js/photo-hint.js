// How much of the person the photo should show for what is put on: one quiet line at the person's card. What stands
// below it stays where it is, for a finger is there.
const form = document.getElementById("wishes");
const hints = [...form.querySelectorAll("[data-photo-hint]")]; // what reaches furthest down is the last
const below = form.querySelector("[data-below-hints]");

form.addEventListener("outfit-changed", ({ detail: { worn } }) => {
  const wanted = hints.findLast(({ dataset }) => worn.some(({ kind }) => kind === dataset.photoHint));
  const was = below.getBoundingClientRect().top;
  for (const hint of hints) hint.classList.toggle("is-said", hint === wanted);
  scrollBy(0, below.getBoundingClientRect().top - was);
});
