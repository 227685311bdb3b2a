// <picture-slot>: the place for one picture. It holds what was chosen in the form's fields, shows it in its frame, and
// tells of each change once it is whole. The events that it hears and tells are listed in docs/architecture.md.
const HEARD = [
  "picture-chosen", "picture-removed", "picture-restored", "upload-allowed", "upload-held", "upload-ended", "value-missing",
  "picture-refused",
];

class PictureSlot extends HTMLElement {
  connectedCallback() {
    if (this.limits) return; // it was moved
    this.limits = this.closest("form").dataset;
    this.frame = this.querySelector("picture-frame");
    this.error = this.querySelector("field-error");
    this.input = this.querySelector('input[type="file"][name]');
    this.picks = [...this.querySelectorAll("[data-pick]")];
    for (const name of HEARD) this.addEventListener(name, this);
    this.changed();
  }

  handleEvent({ type, detail }) {
    this[type](detail);
    this.changed();
  }

  changed() {
    const { kind, number } = this.dataset;
    const state = this.frame.isEmpty ? "empty" : "full";
    this.classList.toggle("is-full", state === "full");
    this.tell("slot-changed", { kind, number, state, error: this.error.words, picture: this.picture });
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail })); }

  // What the form would post for this place, and how it looks; null where there is no reference (yet).
  get picture() {
    const pick = this.picks.find((each) => each.value && (each.type !== "radio" || each.checked));
    const { picture } = this.frame;
    const reference = pick?.value ?? picture?.reference;
    return reference && picture ? { ...picture, reference } : null;
  }

  "picture-chosen"({ file, url, picture }) {
    if (file) return this.take(file);
    this.clear("file", url ? "" : "url"); // an address stays until it is accepted
    if (picture) this.show(picture);
    this.tell("upload-wanted", url ? { url } : null);
  }

  "picture-removed"() {
    this.clear("file", "url");
    this.tell("upload-wanted", null);
    this.input.focus();
  }

  "picture-restored"({ picture = this.picture }) {
    if (this.isSending || this.picture && this.picture.reference === picture?.reference) return;
    this.clear(picture && "file");
    if (picture) this.show(picture);
    else if (this.input.files.length) this.take(this.input.files[0]);
  }

  "upload-allowed"(what) {
    this.isSending = Boolean(what);
    this.say("");
  }

  "upload-held"({ words }) { this.say(words); }

  "picture-refused"({ words }) { this.say(words); }

  // The server's fragment for the frame, or its fragment for the error, or words for what else became of it.
  "upload-ended"({ kept, error, words, isTooLarge, isPassing }) {
    this.isSending = false;
    if (kept || (error && !isPassing) || isTooLarge) this.clear("file", kept && "url"); // else it stays: the form carries it
    this.say(words ?? "");
    if (kept) this.frame.fill(kept);
    if (!error) return;
    this.error.innerHTML = error;
    this.frame.classList.add("invalid");
  }

  "value-missing"() { this.say(this.dataset.missing); }

  take(file) {
    const isTooLarge = file.size > Number(this.limits.largestBytes);
    this.clear(isTooLarge ? "file" : "url");
    if (!isTooLarge) this.frame.show({ src: URL.createObjectURL(file), label: "" });
    this.tell("upload-wanted", isTooLarge ? null : { file });
    if (isTooLarge) this.say(this.limits.tooLarge);
  }

  // An offered picture is marked as chosen; any other one is carried by the frame.
  show(picture) {
    this.say("");
    this.frame.show(picture);
    this.mark(picture.reference);
    if (!this.picture) this.frame.carry(this.dataset.referenceName, picture.reference);
  }

  // Nothing is shown and chosen any more, and the fields of these types hold nothing.
  clear(...types) {
    this.frame.clear();
    this.mark("");
    for (const input of this.querySelectorAll("input")) if (types.includes(input.type)) input.value = "";
  }

  mark(reference) {
    for (const pick of this.picks) {
      if (pick.type === "radio") pick.checked = pick.value === reference;
      else pick.value = [...pick.options].some(({ value }) => value === reference) ? reference : "";
    }
  }

  say(words) {
    this.error.say(words);
    this.frame.classList.toggle("invalid", Boolean(words));
  }
}

customElements.define("picture-slot", PictureSlot);
