// <compare-slider> lays the picture over the photo it began from; its controls, a slider and three buttons, move the
// cut, and so does the event "compare-to" with a percentage. Without it both stand side by side.
class CompareSlider extends HTMLElement {
  connectedCallback() {
    const controls = this.querySelector("[data-controls]");
    if (this.slider || !controls) return;
    this.append(controls.content.cloneNode(true));
    this.slider = this.querySelector('input[type="range"]');
    this.buttons = [...this.querySelectorAll("[data-value]")];
    this.slider.addEventListener("input", () => this.show());
    for (const button of this.buttons) {
      button.addEventListener("click", () => { this.slider.value = button.dataset.value; this.show(); });
    }
    this.addEventListener("compare-to", ({ detail }) => { this.slider.value = detail.percent; this.show(); });
    this.classList.add("is-live");
    this.show();
  }

  show() {
    const { value } = this.slider;
    this.style.setProperty("--cut", `${value}%`);
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }
}

customElements.define("compare-slider", CompareSlider);
