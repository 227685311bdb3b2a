// A place for one picture. A chosen file is shown, sent at once, and becomes a hidden reference in the form.
// Nothing of a person's photo is sent before the consent box is ticked.
const LARGEST = 20 * 1024 * 1024;
const WORDS = {
  size: "The photo must be smaller than 20 MB",
  consent: "Tick the box to say that you may use this photo",
  network: "The photo could not be uploaded. Check your connection and try again; your choices are kept",
};

class PictureSlot extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("[data-frame]");
    this.errors = this.querySelector("[data-errors]");
    this.input = this.querySelector('input[type="file"][name]');
    this.consent = this.querySelector("#consent");
    this.addEventListener("change", (event) => {
      if (event.target.type === "file" && event.target.files.length) this.take(event.target.files[0]);
    });
    this.addEventListener("click", (event) => event.target.closest("[data-remove]") && this.empty());
    this.consent?.addEventListener("change", () => this.waiting && this.take(this.waiting));
  }

  get isEmpty() { return !this.classList.contains("is-full"); }

  take(file) {
    if (file.size > LARGEST) return this.refuse(WORDS.size);
    this.unpick();
    this.preview(URL.createObjectURL(file), "");
    this.wait(this.consent && !this.consent.checked ? file : null);
    if (this.waiting) return this.say(WORDS.consent);
    this.say("");
    this.dispatchEvent(new CustomEvent("slot-send", { bubbles: true, detail: file }));
  }

  // A photo without consent stays here, and keeps the form from leaving with it.
  wait(file) {
    this.waiting = file;
    this.consent?.setCustomValidity(file ? WORDS.consent : "");
  }

  progress(part) {
    this.setAttribute("data-busy", "");
    const box = this.frame.querySelector("[data-sending]");
    box.hidden = false;
    box.querySelector("progress").value = part * 100;
    box.querySelector("[data-sending-words]").textContent = part < 1 ? `Uploading, ${Math.round(part * 100)} %` : "Checking the photo";
  }

  // What came of it: a fragment for the frame, a fragment for the error, or nothing at all.
  answered(status, html) {
    this.settle();
    if (status === 201) {
      this.input.value = "";
      this.fill(html);
    } else if (status === 422) {
      this.refuse("");
      this.errors.innerHTML = html;
    } else this.say(WORDS.network); // the file stays in its field: the form carries it when it is sent
    this.dispatchEvent(new CustomEvent("slot-settled", { bubbles: true }));
  }

  settle() {
    this.removeAttribute("data-busy");
    this.frame.querySelector("[data-sending]").hidden = true;
  }

  fill(html) {
    this.clear();
    this.frame.insertAdjacentHTML("afterbegin", html);
    this.classList.add("is-full");
    this.say("");
  }

  preview(source, alt) {
    this.fill('<div class="kept"><img width="3" height="4"></div>');
    Object.assign(this.frame.querySelector("img"), { src: source, alt });
    this.frame.querySelector(".kept").append(document.getElementById("take-out").content.cloneNode(true));
  }

  clear() {
    const { src = "" } = this.frame.querySelector(".kept img") ?? {};
    if (src.startsWith("blob:")) URL.revokeObjectURL(src);
    this.frame.querySelector(".kept")?.remove();
    this.classList.remove("is-full");
  }

  empty() {
    this.dispatchEvent(new CustomEvent("slot-send", { bubbles: true, detail: null }));
    this.settle();
    this.leave();
    this.wait(null);
    this.say("");
    this.input.focus();
  }

  // Nothing is chosen here any more, and nothing is posted.
  leave() {
    this.clear();
    this.unpick();
    for (const input of this.querySelectorAll('input[type="file"]')) input.value = "";
  }

  unpick() {
    for (const pick of this.querySelectorAll("[data-pick]")) {
      Object.assign(pick, pick.type === "radio" ? { checked: false } : { value: "" });
    }
  }

  // The reference that the form would post for this place, and how it is shown; null for none.
  get choice() {
    const { src, alt } = this.frame.querySelector(".kept img") ?? {};
    const hidden = this.frame.querySelector('input[type="hidden"]');
    const pick = [...this.querySelectorAll("[data-pick]")].find((each) => each.value && (each.type !== "radio" || each.checked));
    if (pick) return { value: pick.value, ...this.look(pick) };
    return hidden && { value: hidden.value, src, alt };
  }

  look(pick) {
    const option = pick.selectedOptions?.[0];
    const picture = pick.parentElement.querySelector("img");
    return { src: option?.dataset.src ?? picture.src, alt: option?.text.trim() ?? picture.alt };
  }

  choose({ value, src, alt }) {
    this.unpick();
    this.preview(src, alt);
    for (const pick of this.querySelectorAll("[data-pick]")) {
      if (pick.type !== "radio") pick.value = value;
      else if (pick.value === value) pick.checked = true;
    }
    if (!this.choice) this.frame.querySelector(".kept").append(this.hidden(value)); // no longer on the shelf
  }

  hidden(value) {
    const name = this.input.name.replace(this.dataset.kind, `${this.dataset.kind}_reference`);
    return Object.assign(document.createElement("input"), { type: "hidden", name, value });
  }

  // The reference that the form would post for this place, and how it is shown; null for none.
  get choice() {
    const picks = [...this.querySelectorAll("[data-pick]")];
    const pick = picks.find((each) => each.value && (each.type !== "radio" || each.checked));
    if (pick) return { value: pick.value, ...this.look(pick) };
    const hidden = this.frame.querySelector('input[type="hidden"]');
    const { src, alt } = this.frame.querySelector(".kept img") ?? {};
    return hidden && { value: hidden.value, src, alt };
  }

  look(pick) {
    const option = pick.selectedOptions?.[0];
    const picture = pick.parentElement.querySelector("img");
    return { src: option?.dataset.src ?? picture?.src, alt: option?.text.trim() ?? picture.alt };
  }

  choose({ value, src, alt }) {
    this.leave();
    this.preview(src, alt);
    for (const pick of this.querySelectorAll("[data-pick]")) {
      if (pick.type !== "radio") pick.value = value;
      else pick.checked = pick.value === value;
    }
    if (!this.choice) this.frame.querySelector(".kept").append(this.hidden(value)); // not among the offered ones
  }

  hidden(value) {
    const name = this.input.name.replace(this.dataset.kind, `${this.dataset.kind}_reference`);
    return Object.assign(document.createElement("input"), { type: "hidden", name, value });
  }

  refuse(words) {
    this.clear();
    for (const input of this.querySelectorAll('input[type="file"]')) input.value = "";
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
