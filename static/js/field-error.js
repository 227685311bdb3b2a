// <field-error>: what is wrong with a field, shown beside it as the server would show it, and read out.
class FieldError extends HTMLElement {
  get words() { return this.querySelector("[data-words]")?.textContent ?? ""; }

  say(words) {
    const error = document.getElementById("card-error").content.cloneNode(true);
    error.querySelector("[data-words]").textContent = words;
    this.replaceChildren(...(words ? [error] : []));
    if (words) document.getElementById("status").textContent = words;
  }
}

customElements.define("field-error", FieldError);
