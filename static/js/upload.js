// Sends what a slot may hand over (a file, or an address), a file with its real progress, and tells the slot what
// came of it. A new choice ends the sending of the old one.
const requests = new WeakMap();

function bodyFor(slot, { file, url, consent }) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", slot.closest("form").elements.csrfmiddlewaretoken.value);
  body.append("kind", slot.dataset.kind);
  body.append("slot", slot.dataset.number);
  if (consent) body.append("consent", "1");
  body.append("category", slot.querySelector("[data-category]")?.value ?? "auto");
  if (file) body.append("file", file);
  else body.append("url", url);
  return body;
}

function progress(slot, part, isFile) {
  const box = slot.querySelector("[data-sending]");
  const { uploading, checking, checkingAddress } = box.dataset;
  const words = isFile ? uploading.replace("{percent}", Math.round(part * 100)) : checkingAddress;
  box.hidden = false;
  box.querySelector("progress").value = part * 100;
  box.querySelector("[data-sending-words]").textContent = part < 1 ? words : checking;
}

function stop(slot) {
  requests.get(slot)?.abort();
  requests.delete(slot);
  slot.querySelector("[data-sending]").hidden = true;
}

function end(slot, status, html) {
  stop(slot);
  const detail = status === 201 ? { kept: html } : status === 422 ? { error: html } : {};
  slot.dispatchEvent(new CustomEvent("upload-ended", { bubbles: true, detail }));
}

document.addEventListener("upload-allowed", ({ target: slot, detail: what }) => {
  stop(slot);
  if (!what) return;
  const request = new XMLHttpRequest();
  requests.set(slot, request);
  if (what.file) request.upload.addEventListener("progress", (event) => progress(slot, event.loaded / event.total, true));
  request.addEventListener("load", () => {
    // A 200 is the log-in page: the session is over.
    if (request.status === 200) location.reload();
    else end(slot, request.status, request.responseText);
  });
  request.addEventListener("error", () => end(slot, 0, ""));
  request.open("POST", slot.closest("form").dataset.uploadTo);
  progress(slot, 0, Boolean(what.file));
  request.send(bodyFor(slot, what));
});
