// <zoom-pan> shows the picture in its frame up to MOST times as large: by two fingers, a double tap, buttons, keys,
// and the wheel with Ctrl. All layers of the frame read --zoom, --x and --y, also where it holds several pictures side by
// side (data-pane). One finger scrolls the page while the picture is whole, and moves the picture while it is not.
const MOST = 6;
const STEP = 1.5;
const CLOSE = 2.5; // what a double tap goes to
const TAP = { ms: 450, px: 12, apart: 40 };
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const MIDDLE = { x: 0.5, y: 0.5 };

const between = (one, other) => ({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 });
const distance = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);

class ZoomPan extends HTMLElement {
  connectedCallback() {
    if (this.stage) return;
    this.stage = this.pane = this.querySelector("[data-stage]");
    this.fingers = new Map();
    this.buttons = [...this.querySelectorAll("[data-zoom]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.step(button.dataset.zoom));
    const begin = ({ target }) => { this.pane = target.closest("[data-pane]") ?? this.stage; };
    for (const name of ["pointerdown", "wheel"]) this.stage.addEventListener(name, begin, { passive: true });
    const heard = { pointerdown: "press", pointermove: "move", pointerup: "lift", pointercancel: "lose" };
    for (const [name, method] of Object.entries(heard)) this.stage.addEventListener(name, (event) => this[method](event));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.addEventListener("keydown", (event) => this.key(event));
    this.show(1, 0, 0);
  }

  // `x` and `y` say where the picture's corner stands, in widths and heights of the frame, which stays covered.
  show(zoom, x, y, isSmooth = false) {
    const kept = (place) => Math.min(0, Math.max(1 - zoom, place));
    Object.assign(this, { zoom, x: kept(x), y: kept(y) });
    this.classList.toggle("is-smooth", isSmooth);
    this.classList.toggle("is-zoomed", zoom > 1);
    this.style.setProperty("--zoom", zoom);
    this.style.setProperty("--x", `${this.x * 100}%`);
    this.style.setProperty("--y", `${this.y * 100}%`);
    for (const button of this.buttons) {
      const isUseless = zoom === (button.dataset.zoom === "in" ? MOST : 1);
      button.setAttribute("aria-disabled", String(isUseless)); // it keeps the focus, and with it the keys
    }
    if (zoom > 1) this.dispatchEvent(new CustomEvent("sharp-wanted", { bubbles: true }));
  }

  // What shows at `at`, a place in the frame, stays there.
  zoomTo(wanted, at = MIDDLE, isSmooth = true) {
    const zoom = Math.min(MOST, Math.max(1, wanted));
    const moved = (place, corner) => place - (place - corner) * zoom / this.zoom;
    this.show(zoom, moved(at.x, this.x), moved(at.y, this.y), isSmooth);
  }

  pan(dx, dy, isSmooth = false) {
    const { width, height } = this.pane.getBoundingClientRect();
    this.show(this.zoom, this.x + dx / width, this.y + dy / height, isSmooth);
  }

  step(name) {
    this.zoomTo({ in: this.zoom * STEP, out: this.zoom / STEP, fit: 1 }[name]);
  }

  at({ clientX, clientY }) {
    const { left, top, width, height } = this.pane.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  press(event) {
    if (event.button) return;
    this.fingers.set(event.pointerId, event);
    this.stage.setPointerCapture(event.pointerId);
    this.began = this.fingers.size === 1 ? event : null;
  }

  move(event) {
    const was = this.fingers.get(event.pointerId);
    if (!was) return;
    const other = [...this.fingers.values()].find((finger) => finger !== was);
    if (other) this.pinch(was, event, other);
    else if (this.zoom > 1) this.pan(event.clientX - was.clientX, event.clientY - was.clientY);
    this.fingers.set(event.pointerId, event);
  }

  pinch(was, now, other) {
    const [before, after] = [between(was, other), between(now, other)];
    this.zoomTo(this.zoom * distance(now, other) / Math.max(1, distance(was, other)), this.at(before), false);
    this.pan(after.clientX - before.clientX, after.clientY - before.clientY);
  }

  lift(event) {
    this.fingers.delete(event.pointerId);
    const isTap = this.began && distance(this.began, event) < TAP.px && event.timeStamp - this.began.timeStamp < TAP.ms;
    const isSecond = isTap && this.tapped && event.timeStamp - this.tapped.timeStamp < TAP.ms && distance(this.tapped, event) < TAP.apart;
    if (isSecond) this.zoomTo(this.zoom > 1 ? 1 : CLOSE, this.at(event));
    this.tapped = isTap && !isSecond ? event : null;
  }

  lose(event) {
    this.fingers.delete(event.pointerId);
    this.tapped = null;
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    this.zoomTo(this.zoom * Math.exp(-pixels / 250), this.at(event), false);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    const [dx, dy] = (this.zoom > 1 && !event.target.matches("input") && ARROWS[event.key]) || [];
    if (name) this.step(name);
    else if (dx !== undefined) this.pan(dx * this.stage.clientWidth / 8, dy * this.stage.clientHeight / 8, true);
    else return;
    event.preventDefault();
  }
}

customElements.define("zoom-pan", ZoomPan);
