// Loaded before the first paint, so that no picture flashes up that somebody wants blurred. Buttons with data-switch turn
// a word in data-desk of the page on and off, which its style reads; all but "flip" are remembered by the browser.
{
  const KEPT = "desk";
  const PASSING = "flip";
  const html = document.documentElement;
  const read = () => { try { return localStorage.getItem(KEPT)?.split(" ") ?? []; } catch { return []; } };
  const on = new Set(read().filter(Boolean));

  const show = () => {
    html.dataset.desk = [...on].join(" ");
    for (const button of document.querySelectorAll("[data-switch]")) {
      button.setAttribute("aria-pressed", String(on.has(button.dataset.switch)));
    }
  };

  const turn = (name) => {
    if (!on.delete(name)) on.add(name);
    try { localStorage.setItem(KEPT, [...on].filter((each) => each !== PASSING).join(" ")); } catch { /* not remembered */ }
    show();
  };

  show();
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-switch]");
    if (button) turn(button.dataset.switch);
  });
  document.addEventListener("desk-shows", () => on.has(PASSING) && turn(PASSING)); // the next one is shown as it is
}
