// A place for one picture. A chosen file is shown, sent at once, and becomes a hidden reference in the form.
// Nothing that may show a person is sent before the form's consent box is ticked.
const LARGEST = 20 * 1024 * 1024;
const WORDS = {
  size: "The photo must be smaller than 20 MB",
  consent: "Tick the box to say that you may use this photo",
};

class PictureSlot extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("[data-frame]");
    this.errors = this.querySelector("[data-errors]");
    this.input = this.querySelector('input[type="file"][name]');
    this.picks = [...this.querySelectorAll("[data-pick]")];
    this.consent = this.dataset.kind === "garment" ? null : this.closest("form").elements.consent;
    this.addEventListener("change", (event) => {
      if (event.target.type === "file" && event.target.files.length) this.take(event.target.files[0]);
    });
    this.addEventListener("click", (event) => event.target.closest("[data-remove]") && this.empty());
    this.consent?.addEventListener("change", () => this.waiting && this.send(this.waiting));
  }

  get isEmpty() { return !this.classList.contains("is-full"); }

  take(file) {
    if (file.size > LARGEST) return this.refuse(WORDS.size);
    this.mark("");
    this.forget("url");
    this.preview({ src: URL.createObjectURL(file), alt: "" });
    this.send({ file });
  }

  // A file or an address goes on its way; before the tick it stays here, and keeps the form from leaving with it.
  send(what) {
    this.wait(this.consent && !this.consent.checked ? what : null);
    this.say(this.waiting ? WORDS.consent : "");
    if (!this.waiting) this.dispatchEvent(new CustomEvent("slot-send", { bubbles: true, detail: what }));
  }

  wait(what) {
    this.waiting = what;
    const slots = [...this.closest("form").querySelectorAll("picture-slot")];
    this.consent?.setCustomValidity(slots.some((slot) => slot.waiting) ? WORDS.consent : "");
  }

  fill(html) {
    this.clear();
    this.frame.insertAdjacentHTML("afterbegin", html);
    this.classList.add("is-full");
    this.say("");
  }

  // A picture that lies at a host elsewhere has no `src`: its card is drawn.
  preview({ src, alt, host, worn = "auto" }) {
    this.fill('<div class="kept" data-kept></div>');
    const kept = this.frame.querySelector(".kept");
    const copy = (id) => document.getElementById(id).content.cloneNode(true);
    kept.append(src ? Object.assign(new Image(3, 4), { src, alt }) : copy("linked"), copy("take-out"));
    if (!src) kept.querySelector("[data-host]").textContent = host;
    kept.dataset.worn = worn;
  }

  clear() {
    const { src = "" } = this.frame.querySelector(".kept img") ?? {};
    if (src.startsWith("blob:")) URL.revokeObjectURL(src);
    this.frame.querySelector(".kept")?.remove();
    this.classList.remove("is-full");
  }

  empty() {
    this.dispatchEvent(new CustomEvent("slot-send", { bubbles: true, detail: null }));
    this.leave();
    this.wait(null);
    this.say("");
    this.input.focus();
  }

  // Nothing is chosen here any more, and nothing is posted.
  leave() {
    this.clear();
    this.mark("");
    this.forget("file", "url");
  }

  forget(...types) { for (const input of this.querySelectorAll("input")) if (types.includes(input.type)) input.value = ""; }

  // Of the offered pictures this one is chosen; "" for none.
  mark(value) {
    for (const pick of this.picks) {
      if (pick.type === "radio") pick.checked = pick.value === value;
      else pick.value = [...pick.options].some((option) => option.value === value) ? value : "";
    }
  }

  // The reference that the form would post for this place, and how it is shown; null for none.
  get choice() {
    const pick = this.picks.find((each) => each.value && (each.type !== "radio" || each.checked));
    const value = pick?.value ?? this.frame.querySelector('input[type="hidden"]')?.value;
    const kept = this.frame.querySelector(".kept");
    if (!value || !kept) return null;
    const { src, alt } = kept.querySelector("img") ?? {};
    return { value, src, alt, host: kept.querySelector("[data-host]")?.textContent, worn: kept.dataset.worn };
  }

  refuse(words) {
    this.clear();
    this.forget("file");
    this.say(words);
  }

  say(words) {
    const error = document.getElementById("card-error").content.cloneNode(true);
    error.querySelector("[data-words]").textContent = words;
    this.errors.replaceChildren(...(words ? [error] : []));
    this.frame.classList.toggle("invalid", Boolean(words));
    if (words) document.getElementById("status").textContent = words;
  }
}

customElements.define("picture-slot", PictureSlot);
