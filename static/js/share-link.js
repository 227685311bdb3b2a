// <share-link>: one press has a link made, and gives it to the system's sheet or to the clipboard. Pressed again, also
// after a reload, it gives the same one while it is open: its address is known to this tab alone.
class ShareLink extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.said = this.querySelector("[data-said]");
    this.form.addEventListener("change", () => { this.isOther = true; });
    this.settings = this.form.querySelector("details");
    document.addEventListener("click", ({ target }) => { if (!this.settings.contains(target)) this.settings.open = false; });
    this.settings.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      this.settings.open = false;
      this.settings.querySelector("summary").focus();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.made = Promise.resolve(this.made).then(() => this.press(event.submitter));
    });
  }

  async press(submitter) {
    this.settings.open = false;
    const kept = this.isOther ? [] : this.dataset.links.split(" ").map((link) => sessionStorage.getItem(link));
    this.said.innerHTML = kept.find(Boolean) ?? await this.make(submitter).catch(() => document.getElementById("lost").innerHTML);
    for (const field of this.said.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = this.form.elements.csrfmiddlewaretoken.value; // a log-in since has ended the old one
    this.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
    const [field] = this.said.getElementsByTagName("input");
    if (!field) return;
    const share = navigator.share?.({ url: field.value }) ?? Promise.reject(Error());
    share.catch(({ name }) => name === "AbortError" || this.said.querySelector("[data-copy]").click());
  }

  async make(submitter) {
    const { action, elements } = this.form;
    const body = new FormData(this.form, submitter);
    const words = await (await fetch(action, { method: "POST", headers: { "HX-Request": "true" }, body })).text();
    const [, link, key] = words.match(/data-link="(.*?)" data-key="(.+?)"/);
    elements.key.value = key;
    this.isOther = !link;
    this.dataset.links += ` ${link}`;
    if (link) sessionStorage.setItem(link, words);
    return words;
  }
}

customElements.define("share-link", ShareLink);
document.documentElement.classList.toggle("has-sheet", "share" in navigator);

document.addEventListener("click", async ({ target }) => {
  const { sheet } = target.closest("[data-sheet]")?.dataset ?? {};
  if (sheet) navigator.share({ url: document.querySelector(sheet).value }).catch(() => null); // it was closed
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  const words = button.querySelector("[data-copy-words]");
  field.select();
  words.textContent = await navigator.clipboard.writeText(field.value).then(() => button.dataset.copied, () => button.dataset.byHand);
  document.getElementById("status").textContent = words.textContent;
});
