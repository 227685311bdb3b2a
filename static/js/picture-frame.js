// <picture-frame>: shows one picture, with the hidden field that carries it in the form: the server's card,
// a file before it is sent, or a drawn card for a picture that lies at a host elsewhere (it has no `src`).
const told = ({ dataset }) => ({ worn: dataset.worn, agreed: dataset.agreed, needsConsent: "needsConsent" in dataset });

class PictureFrame extends HTMLElement {
  get card() { return this.querySelector("[data-kept]"); }

  get isEmpty() { return !this.card; }

  // How the picture looks, and its reference where the frame itself carries it; null for none.
  get picture() {
    const { card } = this;
    if (!card) return null;
    const { src, alt: label = card.querySelector("[data-label]").textContent } = card.querySelector("img") ?? {};
    const reference = card.querySelector('input[type="hidden"]')?.value;
    return { reference, src, label, host: card.querySelector("[data-host]")?.textContent, ...told(card) };
  }

  fill(html) {
    this.clear();
    this.insertAdjacentHTML("afterbegin", html);
  }

  show({ src, label, host, worn = "auto", agreed, needsConsent }) {
    this.fill('<div class="kept" data-kept></div>');
    const { card } = this;
    const copy = (id) => document.getElementById(id).content.cloneNode(true);
    card.append(src ? Object.assign(new Image(3, 4), { src, alt: label }) : copy("linked"), copy("take-out"));
    card.querySelector("img")?.addEventListener("error", () => card.classList.add("is-unseen"));
    if (!src) card.querySelector("[data-host]").textContent = host;
    Object.assign(card.dataset, { worn }, agreed && { agreed });
    card.toggleAttribute("data-needs-consent", Boolean(needsConsent));
  }

  carry(name, value) {
    this.card.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }

  clear() {
    const { src = "" } = this.card?.querySelector("img") ?? {};
    if (src.startsWith("blob:")) URL.revokeObjectURL(src);
    this.card?.remove();
  }
}

customElements.define("picture-frame", PictureFrame);
