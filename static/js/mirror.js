// The page of a look, whose parts htmx exchanges: its state and title follow what #pulse tells, its rows stay where
// they were scrolled to, and what comes in its place is told, and brought into view.
const main = document.getElementById("main");
const status = document.getElementById("status");
const places = new Map();
const isMirror = ({ target }) => target.id === "mirror";

document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (target.dataset?.news) status.textContent = target.dataset.news;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isMirror(event)) return;
  for (const { id, scrollLeft, scrollTop } of main.querySelectorAll("[data-keeps-place]")) places.set(id, [scrollLeft, scrollTop]);
});

document.addEventListener("htmx:afterSettle", () => {
  const pulse = document.getElementById("pulse");
  const { state, title } = pulse.dataset;
  if (main.dataset.state === state && document.title.startsWith(title) && !places.size) return;
  main.dataset.state = state;
  document.title = [title, ...document.title.split(" · ").slice(1)].join(" · ");
  if (places.size) settle(title);
});

function settle(title) {
  for (const [id, [left, top]] of places) document.getElementById(id)?.scrollTo({ left, top, behavior: "instant" });
  places.clear();
  status.textContent = title;
  const head = document.getElementById("headline");
  if (head.getBoundingClientRect().bottom < 0) head.scrollIntoView({ behavior: "smooth" });
}

// The try-on was deleted in another window; or what was pressed did not get through.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, ({ target, detail }) => {
    if (target.id !== "pulse") tell(main.dataset.lost);
    else if (detail.xhr.status === 404) location.assign(main.dataset.gone);
  });
}

function tell(words) {
  const said = Object.assign(document.createElement("p"), { className: "message message-error", textContent: words });
  document.getElementById("messages").replaceChildren(said);
}
