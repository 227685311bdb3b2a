// <compare-slider> lays the photo that a picture began from over it, up to the cut. Only its handle, dragged sideways,
// its slider (by keys), its buttons and the event "compare-to" with a percentage move the cut. The photo is fetched
// when somebody wants to see it, or when the picture is there and nothing else is on its way.
const tell = (element, name) => element.dispatchEvent(new CustomEvent(name, { bubbles: true }));

class CompareSlider extends HTMLElement {
  connectedCallback() {
    if (this.slider) return;
    this.before = this.querySelector("[data-before]");
    this.handle = this.querySelector("[data-handle]");
    this.slider = this.querySelector('input[type="range"]');
    this.buttons = [...this.querySelectorAll("[data-cut]")];
    this.slider.addEventListener("input", () => this.moveTo(Number(this.slider.value)));
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.moveTo(Number(button.dataset.cut), true));
    }
    const drag = { pointerdown: "take", pointermove: "drag", pointerup: "leave", pointercancel: "giveBack" };
    this.addEventListener("compare-to", ({ detail }) => this.moveTo(detail.percent));
    for (const [name, method] of Object.entries(drag)) this.handle.addEventListener(name, (event) => this[method](event));
    this.show(0);
    this.prefetch();
  }

  show(cut, isSmooth = false) {
    this.cut = cut;
    this.classList.toggle("is-smooth", isSmooth);
    this.style.setProperty("--cut", `${cut}%`);
    const percent = Math.round(cut);
    this.slider.value = percent;
    this.slider.setAttribute("aria-valuetext", this.slider.dataset.words.replace("{percent}", percent));
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.cut) === percent));
  }

  moveTo(cut, isSmooth) {
    this.show(Math.min(100, Math.max(0, cut)), isSmooth);
    this.want();
  }

  take(event) {
    if (event.button) return;
    event.stopPropagation(); // the picture itself does not move
    const grip = this.handle.getBoundingClientRect();
    this.taken = { cut: this.cut, off: event.clientX - (grip.left + grip.right) / 2 };
    this.handle.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.taken) return;
    const { left, width } = this.handle.offsetParent.getBoundingClientRect();
    this.moveTo((event.clientX - this.taken.off - left) / width * 100);
  }

  leave() {
    if (this.taken) this.slider.focus({ preventScroll: true });
    this.taken = null;
  }

  // It was a swipe: the page scrolls.
  giveBack() {
    if (this.taken) this.show(this.taken.cut);
    this.taken = null;
  }

  async want() {
    if (this.isWanted) return;
    this.isWanted = true;
    await this.load();
    this.isWanted = Boolean(this.before.naturalWidth);
    this.classList.add("has-before");
    tell(this.before, "sharp-wanted");
  }

  async load() {
    const { before } = this;
    if (before.complete && before.loading === "eager" && !before.naturalWidth) before.src = before.src; // lost on the way: once more
    before.loading = "eager";
    await before.decode().catch(() => null);
  }

  async prefetch() {
    if (navigator.connection?.saveData) return;
    const after = this.querySelector("[data-after]");
    await after.decode().catch(() => null);
    if (after.dataset.whole) await new Promise((done) => after.addEventListener("load", done, { once: true }));
    if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
    (window.requestIdleCallback ?? setTimeout)(() => this.load());
  }
}

customElements.define("compare-slider", CompareSlider);
