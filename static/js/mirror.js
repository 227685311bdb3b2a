// The page of a look, whose parts htmx exchanges. State and title follow #pulse, rows stay where they were scrolled to.
// <picture-stack> shows one panel: what was chosen, else the first picture, else the wait.
const main = document.getElementById("main");
const status = document.getElementById("status");
const places = new Map();
let focused = null; // what had the focus before something was exchanged
const on = (names, hear) => names.split(" ").forEach((name) => document.addEventListener(`htmx:${name}`, hear));

class PictureStack extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.show(target.closest("[data-shows]")));
    this.addEventListener("keydown", (event) => this.key(event));
    this.show();
  }

  all(selector) { return [...this.querySelectorAll(selector)]; }

  show(button) {
    if (button) this.chosen = button.dataset.shows;
    const panels = this.all("[data-panel]");
    const kind = (wanted) => panels.find(({ dataset }) => dataset.panel === wanted);
    const shown = panels.find(({ id }) => id === this.chosen) ?? kind("picture") ?? kind("waiting") ?? panels[0];
    if (!shown) return; // the wait is over, and what came is about to follow
    for (const panel of panels) panel.hidden = panel !== shown;
    for (const each of this.all("[data-goes-with]")) each.hidden = each.dataset.goesWith !== shown.id;
    for (const each of this.all("[data-shows]")) each.setAttribute("aria-pressed", String(each.dataset.shows === shown.id));
    if (shown.dataset.panel === "picture") this.chosen ??= shown.id;
    this.dataset.ready = "";
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = this.all("[data-shows]");
    if (!step || !event.target.dataset.shows) return;
    const next = buttons.at((buttons.indexOf(event.target) + step) % buttons.length);
    event.preventDefault();
    next.focus();
    this.show(next);
  }
}

customElements.define("picture-stack", PictureStack);

// A picture is here when it can be painted whole, in whichever copy comes first; one that was waited for is unveiled.
function paint(within, isAwaited) {
  for (const frame of within.querySelectorAll(".arrived:not(.is-painted, .is-veiled)")) {
    frame.classList.toggle("is-veiled", isAwaited);
    const layers = [...frame.querySelectorAll("[data-arrives]")];
    Promise.any(layers.map((img) => img.decode())).catch(() => null).then(() => {
      frame.classList.replace("is-veiled", "is-unveiled");
      frame.classList.add("is-painted");
    });
  }
}

paint(document, false);
on("afterSwap", ({ target }) => paint(target, false));
on("oobAfterSwap", ({ target }) => {
  if (target.dataset.news) status.textContent = target.dataset.news;
  paint(target, true);
  document.querySelector("picture-stack").show();
});

on("beforeSwap", ({ target }) => {
  focused = document.activeElement;
  if (target.id !== "mirror") return;
  for (const row of target.querySelectorAll("[data-keeps-place]")) places.set(row.id, [row.scrollLeft, row.scrollTop]);
  places.set("headline");
});

const tell = (name, detail) => main.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

on("afterSettle", () => {
  const pulse = document.getElementById("pulse");
  const { state, title } = pulse.dataset;
  const hasEnded = !places.has("headline") && main.dataset.state === "working" && state === "finished";
  main.dataset.state = state;
  document.title = document.title.replace(/^.*?( · |$)/, `${title}$1`);
  if (hasEnded) tell("picture-came", { title, place: location.pathname });
  if (!pulse.hasAttribute("hx-get")) tell("wait-over");
  // What had it is gone: those who use the keyboard go on from here, and not from the top of everything.
  if (focused?.isConnected === false && document.activeElement === document.body) main.focus({ preventScroll: true });
  if (!places.delete("headline")) return;
  status.textContent = title;
  for (const [id, place] of places) document.getElementById(id)?.scrollTo(...place);
  const head = document.getElementById("headline");
  if (head.getBoundingClientRect().bottom < 0) head.scrollIntoView();
});

// Who opens the box means to write in it.
document.addEventListener("toggle", ({ target }) => target.open && target.querySelector("[data-opens-with]")?.focus(), true);

// What was pressed did not get through; or it is not there any more, for it was deleted in another window.
on("responseError sendError", ({ target, detail: { xhr } }) => {
  if (target.id === "pulse") return xhr.status === 404 && location.assign(main.dataset.gone);
  if (/^4/.test(xhr.status)) location.reload();
  else document.getElementById("messages").innerHTML = document.getElementById("lost").innerHTML;
});
