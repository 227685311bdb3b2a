// Sends what a picture slot hands over, with its real progress; a new choice ends the sending of the old one.
const requests = new WeakMap();

function bodyFor(slot, file) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", slot.closest("form").elements.csrfmiddlewaretoken.value);
  body.append("kind", slot.dataset.kind);
  body.append("slot", slot.dataset.number);
  if (slot.querySelector("#consent:checked")) body.append("consent", "1");
  body.append("category", slot.querySelector('select[name^="category"]')?.value ?? "auto");
  body.append("file", file);
  return body;
}

document.addEventListener("slot-send", ({ target: slot, detail: file }) => {
  requests.get(slot)?.abort();
  if (!file) return;
  const request = new XMLHttpRequest();
  requests.set(slot, request);
  request.upload.addEventListener("progress", (event) => slot.progress(event.loaded / event.total));
  request.addEventListener("load", () => {
    // A 200 is the log-in page: the session is over.
    if (request.status === 200) location.reload();
    else slot.answered(request.status, request.responseText);
  });
  request.addEventListener("error", () => slot.answered(0, ""));
  request.open("POST", slot.closest("form").dataset.uploadTo);
  slot.progress(0);
  request.send(bodyFor(slot, file));
});
