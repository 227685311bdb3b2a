// <picture-stack> shows one of its panels at a time: what was chosen by a button or the arrow keys, else the first
// picture that is there, else the wait.
class PictureStack extends HTMLElement {
  connectedCallback() {
    if (this.shows) return;
    this.shows = (event) => this.choose(event.target.closest("[data-shows]"));
    this.addEventListener("click", this.shows);
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("htmx:oobAfterSwap", () => this.show());
    this.show();
  }

  get panels() { return [...this.querySelectorAll("[data-panel]")]; }

  get buttons() { return [...this.querySelectorAll("[data-shows]")]; }

  choose(button) {
    if (!button) return;
    this.chosen = button.dataset.shows;
    this.show();
  }

  show() {
    const { panels } = this;
    const first = (kind) => panels.find(({ dataset }) => dataset.panel === kind);
    const shown = panels.find(({ id }) => id === this.chosen) ?? first("picture") ?? first("waiting") ?? panels[0];
    if (!shown) return; // the wait is over, and the next answer of htmx brings what came
    for (const panel of panels) panel.hidden = panel !== shown;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.shows === shown.id));
    this.dataset.ready = "";
    if (shown.dataset.panel === "picture") this.chosen ??= shown.id;
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { buttons } = this;
    const at = buttons.indexOf(event.target);
    if (at < 0 || !step) return;
    event.preventDefault();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    this.choose(next);
  }
}

customElements.define("picture-stack", PictureStack);
