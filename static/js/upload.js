// Sends what a slot may hand over (a file, or an address), a file with its real progress, and tells the slot what
// came of it. A new choice ends the sending of the old one.
const requests = new WeakMap();
const MOST_TRIES = 4; // while the site says that it has too much to do
const PASSING = [429, 503]; // refused for now: the file stays in its place, and the form carries it

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

// What a page says of this answer; of none at all, or of any other one, that it did not work.
function wordsFor({ dataset }, status) {
  return dataset[`upload-${status}`] ?? dataset[`upload-${String(status).charAt(0)}xx`] ?? dataset.uploadFailed;
}

function end(slot, status, html) {
  stop(slot);
  const words = wordsFor(slot.closest("form"), status);
  const isCardError = html.includes("data-error"); // and no page of a proxy's
  let detail = { words, isTooLarge: status === 413 };
  if (status === 201) detail = { kept: html };
  else if (isCardError) detail = { error: html, isPassing: PASSING.includes(status) };
  slot.dispatchEvent(new CustomEvent("upload-ended", { bubbles: true, detail }));
}

// Somebody logged in or out in another tab: take the token of a fresh page. True where there is one.
async function renewToken() {
  const page = await fetch(location.href, { cache: "no-store" });
  if (page.redirected) location.reload(); // to the log-in
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) if (fresh) field.value = fresh.value;
  return Boolean(fresh) && !page.redirected;
}

async function sendAgain(slot, what, request) {
  const isRenewed = await renewToken().catch(() => false);
  if (requests.get(slot) !== request) return; // another one was chosen meanwhile
  if (isRenewed) send(slot, what, { isAgain: true });
  else end(slot, request.status, "");
}

// Not all at the same moment: those who were sent away together would meet again.
function sendLater(slot, what, request, tries) {
  const seconds = Number(request.getResponseHeader("Retry-After")) || 5;
  setTimeout(() => {
    if (requests.get(slot) === request) send(slot, what, { tries });
  }, seconds * 1000 * (1 + Math.random()));
}

function send(slot, what, { isAgain = false, tries = 1 } = {}) {
  const request = new XMLHttpRequest();
  requests.set(slot, request);
  if (what.file) request.upload.addEventListener("progress", (event) => progress(slot, event.loaded / event.total, true));
  request.addEventListener("load", () => {
    // A 200 is the log-in page: the session is over.
    if (request.status === 200) location.reload();
    else if (request.status === 403 && !isAgain) sendAgain(slot, what, request);
    else if (request.status === 503 && tries < MOST_TRIES) sendLater(slot, what, request, tries + 1);
    else end(slot, request.status, request.responseText);
  });
  request.addEventListener("error", () => end(slot, 0, ""));
  request.open("POST", slot.closest("form").dataset.uploadTo);
  progress(slot, 0, Boolean(what.file));
  request.send(bodyFor(slot, what));
}

document.addEventListener("upload-allowed", ({ target: slot, detail: what }) => {
  stop(slot);
  if (what) send(slot, what);
});
