// Sends what a picture slot hands over (a file, or an address), a file with its real progress; a new choice
// ends the sending of the old one.
const NETWORK = "The photo could not be uploaded. Check your connection and try again; your choices are kept";
const requests = new WeakMap();

function bodyFor(slot, { file, url }) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", slot.closest("form").elements.csrfmiddlewaretoken.value);
  body.append("kind", slot.dataset.kind);
  body.append("slot", slot.dataset.number);
  if (slot.consent?.checked) body.append("consent", "1");
  body.append("category", slot.querySelector("[data-category]")?.value ?? "auto");
  if (file) body.append("file", file);
  else body.append("url", url);
  return body;
}

function progress(slot, part, words) {
  const box = slot.frame.querySelector("[data-sending]");
  slot.setAttribute("data-busy", "");
  box.hidden = false;
  box.querySelector("progress").value = part * 100;
  box.querySelector("[data-sending-words]").textContent = part < 1 ? words ?? `Uploading, ${Math.round(part * 100)} %` : "Checking the photo";
}

function settle(slot) {
  slot.removeAttribute("data-busy");
  slot.frame.querySelector("[data-sending]").hidden = true;
}

// What came of it: a fragment for the frame, a fragment for the error, or nothing at all.
function answered(slot, status, html) {
  settle(slot);
  if (status === 201) {
    slot.forget("file", "url");
    slot.fill(html);
  } else if (status === 422) {
    slot.refuse("");
    slot.errors.innerHTML = html;
    slot.frame.classList.add("invalid");
  } else slot.say(NETWORK); // the file stays in its field: the form carries it when it is sent
  slot.dispatchEvent(new CustomEvent("slot-settled", { bubbles: true }));
}

document.addEventListener("slot-send", ({ target: slot, detail: what }) => {
  requests.get(slot)?.abort();
  settle(slot);
  if (!what) return;
  const request = new XMLHttpRequest();
  requests.set(slot, request);
  if (what.file) request.upload.addEventListener("progress", (event) => progress(slot, event.loaded / event.total));
  request.addEventListener("load", () => {
    // A 200 is the log-in page: the session is over.
    if (request.status === 200) location.reload();
    else answered(slot, request.status, request.responseText);
  });
  request.addEventListener("error", () => answered(slot, 0, ""));
  request.open("POST", slot.closest("form").dataset.uploadTo);
  progress(slot, 0, what.url && "Checking the address");
  request.send(bodyFor(slot, what));
});
