// <share-link>: one press has a link made and gives it to the system's sheet, or to the clipboard. The next press
// gives the same link, also after a reload, as long as it is open: its address is known to this tab alone.
class ShareLink extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.said = this.querySelector("[data-said]");
    this.form.addEventListener("change", () => { this.isChanged = true; });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.press(event.submitter);
    });
  }

  async press(submitter) {
    if (this.isBusy) return;
    this.isBusy = true;
    const known = this.isChanged ? null : this.dataset.links.split(" ").map((link) => link && sessionStorage.getItem(`link ${link}`)).find(Boolean);
    if (known) this.said.innerHTML = known;
    else await this.make(submitter).catch(() => { this.said.textContent = this.dataset.lost; });
    this.isBusy = false;
    this.pass();
  }

  async make(submitter) {
    const body = new FormData(this.form, submitter);
    const answer = await fetch(this.form.action, { method: "POST", headers: { "HX-Request": "true" }, body });
    if (answer.status >= 500 || answer.redirected) throw answer;
    this.said.innerHTML = await answer.text();
    const { link, key } = this.said.firstElementChild.dataset;
    this.form.elements.key.value = key;
    this.isChanged = !link;
    if (!link) return;
    this.dataset.links = `${link} ${this.dataset.links}`;
    sessionStorage.setItem(`link ${link}`, this.said.innerHTML);
  }

  async pass() {
    const field = this.said.querySelector("input[readonly]");
    if (!field) return;
    this.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true })); // for its times
    const { title } = this.said.firstElementChild.dataset;
    try {
      await navigator.share({ title, url: field.value });
    } catch (failure) {
      if (failure.name !== "AbortError") this.said.querySelector("[data-copy]").click();
    }
  }
}

customElements.define("share-link", ShareLink);
