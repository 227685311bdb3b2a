// <favourite-heart> fills at the press and says what it is to be; what could not be saved is told, and taken back.
class FavouriteHeart extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.button = this.querySelector("[aria-pressed]");
    this.field = this.querySelector('[name="favourite"]');
    this.said = this.querySelector("[data-said]");
    this.isOn = this.isKept = this.button.getAttribute("aria-pressed") === "true";
    this.addEventListener("submit", () => this.press(), true); // before htmx reads the field
    this.addEventListener("htmx:afterRequest", ({ detail }) => this.told(detail));
    this.addEventListener("htmx:responseError", (event) => event.stopPropagation()); // it is told here
  }

  press() {
    this.turn(!this.isOn);
    this.say("");
  }

  turn(isOn) {
    this.isOn = isOn;
    this.field.value = isOn ? "1" : "0";
    this.button.setAttribute("aria-pressed", String(isOn));
  }

  told({ successful, requestConfig, xhr }) {
    if (successful) {
      this.isKept = requestConfig.parameters.favourite === "1";
      return;
    }
    if (xhr.status === 404 && "ended404" in this.dataset) return location.reload(); // the page says what became of it
    this.turn(this.isKept);
    this.say(this.dataset[`failed${xhr.status}`] ?? this.dataset.failed);
  }

  say(words) {
    this.said.hidden = !words;
    this.said.textContent = document.getElementById("status").textContent = words;
  }
}

customElements.define("favourite-heart", FavouriteHeart);
