// <review-desk> shows one picture after the other. The next ones are loaded before, so that the next picture is there at
// once; one whose decision was lost comes back, and so does one that was undone.
const AHEAD = 3;
const PICTURE = "[data-picture]";
const HEARD = {
  click: "go", "decision-made": "next", "decision-lost": "bringBack", "decision-kept": "free",
  "decision-refused": "refuse", "decision-undone": "reload", "decisions-saved": "leave", "picture-stays": "hold",
};

class ReviewDesk extends HTMLElement {
  connectedCallback() {
    this.ahead = [];
    this.shown = this.querySelector(PICTURE);
    for (const [name, method] of Object.entries(HEARD)) this.addEventListener(name, (event) => this[method](event));
    this.fill();
  }

  find(pk) { return [...this.querySelectorAll(PICTURE)].find(({ dataset }) => dataset.picture === pk); }

  // A picture of the server's, hidden until its turn; or the one that is here already.
  async load(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    const words = answer?.ok && answer.status !== 204 ? await answer.text().catch(() => "") : "";
    const found = new DOMParser().parseFromString(words, "text/html").querySelector(PICTURE);
    const here = found && this.find(found.dataset.picture);
    if (!found || here) return here;
    found.hidden = true;
    this.shown.after(document.adoptNode(found));
    await Promise.all([...found.querySelectorAll("img")].map((img) => img.decode().catch(() => null)));
    return found;
  }

  address(side, { dataset }) {
    return `${this.dataset.address}?${side}=${encodeURIComponent(dataset.place)}${this.dataset.filters}`;
  }

  // One fetch at a time: each begins where the one before has ended. What is here is this reviewer's (`desk-holds`).
  fill() { return this.filling ??= this.fillUp().finally(() => { this.filling = null; }); }

  async fillUp() {
    for (;;) {
      const images = [...this.querySelectorAll(PICTURE)].map(({ dataset }) => dataset.picture);
      this.dispatchEvent(new CustomEvent("desk-holds", { bubbles: true, detail: { images, address: this.dataset.claims } }));
      if (!this.shown || this.ahead.length >= AHEAD) return;
      const next = await this.load(this.address("after", this.ahead.at(-1) ?? this.shown));
      if (!next || next === this.shown || next.stays || this.ahead.includes(next)) return;
      this.ahead.push(next);
    }
  }

  show(picture) {
    const old = this.shown;
    this.shown = picture;
    picture.hidden = false;
    old.hidden = true;
    this.forget(old);
    picture.focus({ preventScroll: true });
    if (picture.getBoundingClientRect().top < 0) picture.scrollIntoView();
    history.replaceState(null, "", picture.dataset.address);
    document.title = document.title.replace(/^.*?(?= · )/, picture.dataset.title);
    this.dispatchEvent(new CustomEvent("desk-shows", { bubbles: true }));
    this.fill();
  }

  bring(picture) {
    this.isLeaving = false;
    if (!picture || picture === this.shown) return;
    this.ahead = [this.shown, ...this.ahead.filter((each) => each !== picture)];
    this.show(picture);
  }

  async next(event) {
    this.isSaving ||= Boolean(event); // it was decided on
    if (!this.ahead.length) await this.fill();
    if (this.ahead.length) return this.show(this.ahead.shift());
    this.isLeaving = true; // all was seen: on from the beginning, once the last decision is kept
    if (!this.isSaving) this.leave();
  }

  async go(event) {
    const way = event.target.closest("[data-go]");
    if (!way || !this.shown || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (way.dataset.go === "after") return this.next();
    this.bring(await this.load(way.dataset.go === "before" ? this.address("before", this.shown) : way.href));
  }

  leave() {
    this.isSaving = false;
    if (this.isLeaving) location.assign(this.dataset.address + this.dataset.filters.replace("&", "?"));
  }

  hold({ target, detail }) { target.stays = detail.stays; }

  free({ target }) { this.forget(Object.assign(target, { stays: false })); }

  forget(picture) { if (picture !== this.shown && !picture.stays && !this.ahead.includes(picture)) picture.remove(); }

  bringBack({ target }) { this.bring(target); }

  refuse({ target }) {
    this.free({ target });
    if (target === this.shown) this.reload({ detail: { picture: target.dataset.picture } });
  }

  // As it stands now, in its own place or before all others.
  async reload({ detail }) {
    this.isLeaving = false;
    const old = this.find(detail.picture);
    const address = `${this.dataset.address}${detail.picture}/${this.dataset.filters.replace("&", "?")}`;
    if (!this.shown) return location.assign(address);
    if (old) old.dataset.picture = "";
    this.ahead = this.ahead.filter((each) => each !== old);
    const picture = await this.load(address);
    if (picture && old === this.shown) this.show(picture); else this.bring(picture);
  }
}

customElements.define("review-desk", ReviewDesk);
