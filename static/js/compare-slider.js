// <compare-slider> lays the picture over the photo it began from; a slider and three buttons move the cut.
// Without it both stand side by side.
class CompareSlider extends HTMLElement {
  connectedCallback() {
    if (this.slider || !this.querySelector(".before")) return;
    this.slider = this.make("input", { type: "range", min: 0, max: 100, value: 0, "aria-label": "Before and after: percent of the photo before" });
    this.slider.addEventListener("input", () => this.show());
    this.append(this.slider, this.buttons());
    this.classList.add("is-live");
    this.show();
  }

  make(name, attributes) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  buttons() {
    const group = this.make("div", { class: "compare-buttons", role: "group", "aria-label": "Compare" });
    for (const [words, value] of [["Before", 100], ["Half", 50], ["After", 0]]) {
      const button = this.make("button", { type: "button", "data-value": value });
      button.textContent = words;
      button.addEventListener("click", () => { this.slider.value = value; this.show(); });
      group.append(button);
    }
    return group;
  }

  show() {
    const { value } = this.slider;
    this.style.setProperty("--cut", `${value}%`);
    for (const button of this.querySelectorAll("[data-value]")) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }
}

customElements.define("compare-slider", CompareSlider);
