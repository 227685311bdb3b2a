// Forms with data-decides are sent from here. What was decided on counts when the server says so (`decision-kept`, with the
// line of it in data-trail); what did not arrive is told, and is `decision-lost`. What is decided on one picture holds for
// all selected ones. Told on the picture, which stays on the page meanwhile (`picture-stays`).
const PICTURE = "[data-picture]";
const SETTLING = 800; // milliseconds in which a picture that came back is decided on by nobody who meant another
const READ = 15000;
const MOST_UNDONE = 50;
const desk = document.querySelector("review-desk");
const trail = desk.querySelector("[data-trail]");
const told = desk.querySelector("[data-told]");
const tell = (element, name, detail) => element.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
const selected = () => [...desk.querySelectorAll(`${PICTURE}[data-selected]`)];
const lineOf = (pk) => [...trail.children].find(({ dataset }) => dataset.decided === pk);
let saving = 0;
let quietUntil = 0;

function count(change) {
  saving += change;
  const many = selected().length;
  const [words, n] = saving ? [desk.dataset.saving, saving] : [many ? desk.dataset.selected : "", many];
  told.textContent = words.replace("{n}", n);
  if (!saving) tell(desk, "decisions-saved");
}

// The form of this picture with what was chosen in that of another.
function bodyOf(form, chosen) {
  const body = new FormData(form);
  for (const name of ["reason", "words"]) if (chosen.has(name)) body.set(name, chosen.get(name));
  return body;
}

async function send(form, body, picture) {
  count(1);
  const headers = { "HX-Request": "true" };
  const answer = await fetch(form.action, { method: "POST", body, headers, keepalive: true }).catch(() => null);
  const words = await answer?.text().catch(() => "");
  const page = new DOMParser().parseFromString(words ?? "", "text/html");
  const kept = answer?.ok && page.querySelector("[data-kept]");
  const refused = page.querySelector("[data-refused]");
  if (kept) take(kept, form, picture);
  else if (refused) refuse(refused, picture);
  else lose(picture);
  count(-1);
}

function refuse(words, picture) {
  say(words);
  if (picture) tell(picture, "decision-refused");
}

function take(kept, form, picture) {
  const { kept: pk, review } = kept.dataset;
  tell(desk, "queue-counted", { fresh: kept.querySelector("#to-check") });
  const [old, line] = [lineOf(pk), kept.querySelector("[data-decided]")];
  if (line && old && form.dataset.decides === "again") old.replaceWith(line);
  else {
    old?.remove();
    if (line) trail.prepend(line);
  }
  while (trail.children.length > MOST_UNDONE) trail.lastElementChild.remove();
  if (picture) tell(picture, "decision-kept");
  if (!line) tell(desk, "decision-undone", { picture: pk, review });
}

function lose(picture) {
  quietUntil = performance.now() + SETTLING;
  const alert = Object.assign(document.createElement("div"), { className: "message message-error", role: "alert" });
  alert.append(Object.assign(document.createElement("p"), { textContent: desk.dataset.lost }));
  say(alert);
  if (picture) tell(picture, "decision-lost");
}

function say(message) {
  document.getElementById("messages").append(message);
  pass(message);
}

const pass = (message) => setTimeout(() => message.remove(), READ);

function decide(form, submitter) {
  const picture = form.closest(PICTURE);
  const kind = form.dataset.decides;
  if (picture && performance.now() < quietUntil) return;
  const isLast = form.closest("[data-trail] > :first-child"); // as far as the page knows: one more may be on its way
  if (isLast && saving) return void desk.addEventListener("decisions-saved", () => ofLast(kind), { once: true });
  form.closest("details")?.removeAttribute("open");
  const chosen = new FormData(form, submitter);
  if (!picture || kind === "undo") return void send(form, chosen, picture);
  const pictures = selected().length ? selected() : [picture];
  for (const each of pictures) {
    select(each, false);
    tell(each, "picture-stays", { stays: true });
    const own = each.querySelector(`[data-decides="${kind}"]`);
    if (own) send(own, bodyOf(own, chosen), each);
  }
  if (pictures.includes(picture)) tell(picture, "decision-made");
}

function ofLast(kind) { trail.querySelector(`:scope > :first-child [data-decides="${kind}"]`)?.requestSubmit(); }

function select(picture, isSelected) {
  if (isSelected) picture.dataset.selected = "";
  else delete picture.dataset.selected;
  picture.querySelector("[data-select]").setAttribute("aria-pressed", String(isSelected));
  tell(picture, "picture-stays", { stays: isSelected });
  count(0);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-decides]")) return;
  event.preventDefault();
  decide(event.target, event.submitter);
});
document.addEventListener("click", ({ target }) => {
  const picture = target.closest("[data-select]")?.closest(PICTURE);
  if (picture) select(picture, !("selected" in picture.dataset));
});
for (const message of document.querySelectorAll("#messages > .message-success")) pass(message);
addEventListener("beforeunload", (event) => saving && event.preventDefault());
