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
    this.clear();
    this.unpick();
    this.wait(null);
    this.say("");
    for (const input of this.querySelectorAll('input[type="file"]')) input.value = "";
    this.input.focus();
  }

  unpick() {
    for (const pick of this.querySelectorAll("[data-pick]")) {
      Object.assign(pick, pick.type === "radio" ? { checked: false } : { value: "" });
    }
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
