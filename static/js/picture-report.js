// <picture-report> tells why a report was not sent, beside the button that sends it; what was written stays.
class PictureReport extends HTMLElement {
  connectedCallback() {
    for (const name of ["htmx:sendError", "htmx:responseError"]) {
      this.addEventListener(name, (event) => {
        event.stopPropagation(); // it is told here
        this.say(this.dataset[`failed${event.detail.xhr.status}`] ?? this.dataset.failed);
      });
    }
    this.addEventListener("htmx:beforeRequest", () => this.say(""));
  }

  say(words) {
    const said = this.querySelector("[data-said]");
    said.hidden = !words;
    said.textContent = words;
  }
}

customElements.define("picture-report", PictureReport);
