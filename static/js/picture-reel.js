// <picture-reel>: a row of pictures that the browser itself lets one swipe through. Arrow keys, two buttons and
// the small pictures lead to one, and it is said which one stands there.
const SETTLED = 120; // ms without scrolling
const KEYS = { ArrowLeft: -1, ArrowRight: 1 };

class PictureReel extends HTMLElement {
  connectedCallback() {
    if (this.row) return;
    this.row = this.querySelector("[data-row]");
    this.pictures = [...this.row.children];
    this.place = this.querySelector("[data-place]");
    this.steps = [...this.querySelectorAll("[data-step]")];
    this.links = [...this.querySelectorAll("[data-leads-to]")];
    this.row.addEventListener("scroll", () => this.scrolled(), { passive: true });
    for (const button of this.steps) button.addEventListener("click", () => this.go(this.at + Number(button.dataset.step)));
    this.links.forEach((link, at) => link.addEventListener("click", (event) => {
      event.preventDefault();
      this.go(at);
    }));
    document.addEventListener("keydown", (event) => this.key(event));
    this.tell(this.nearest());
  }

  nearest() {
    const { left } = this.row.getBoundingClientRect();
    const away = this.pictures.map((picture) => Math.abs(picture.getBoundingClientRect().left - left));
    return away.indexOf(Math.min(...away));
  }

  go(wanted) {
    const at = Math.min(this.pictures.length - 1, Math.max(0, wanted));
    this.row.scrollTo({ left: this.pictures[at].offsetLeft - this.pictures[0].offsetLeft });
    this.tell(at);
  }

  scrolled() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.tell(this.nearest()), SETTLED);
  }

  tell(at) {
    if (at === this.at) return;
    this.at = at;
    const ends = { "-1": 0, 1: this.pictures.length - 1 };
    for (const button of this.steps) button.setAttribute("aria-disabled", String(at === ends[button.dataset.step]));
    this.links.forEach((link, place) => link.setAttribute("aria-current", String(place === at)));
    if (this.place) this.place.textContent = this.dataset.words.replace("{number}", at + 1).replace("{count}", this.pictures.length);
  }

  // A picture that is zoomed moves by the arrow keys itself.
  key(event) {
    const step = KEYS[event.key];
    const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input");
    if (!step || isTaken || this.pictures.length === 1) return;
    event.preventDefault();
    this.go(this.at + step);
  }
}

customElements.define("picture-reel", PictureReel);
