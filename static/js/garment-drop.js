// Pictures of garments, dropped or chosen together: each is sent for itself, two at a time, with its own progress and its own error,
// and answered by a row that is changed where it stands. Without this script the form sends all of them at once.
const form = document.querySelector("[data-garment-drop]");
const rows = document.getElementById("dropped");
const AT_ONCE = 2;
const TRIES = 3; // of one that finds too many others being opened
const waiting = [];
let running = 0;

function line(name) {
  const row = document.createElement("p");
  const words = document.createElement("span");
  const bar = document.createElement("progress");
  row.className = "dropped sending";
  bar.max = 1;
  bar.setAttribute("aria-label", name);
  words.textContent = name;
  row.append(words, " ", bar);
  rows.prepend(row);
  return { row, bar, words };
}

function fail({ row }, name, words) {
  const strong = document.createElement("strong");
  strong.textContent = name;
  row.className = "errornote dropped";
  row.setAttribute("role", "alert");
  row.replaceChildren(strong, ` ${words}`);
}

function send(file, place, tries = TRIES) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("part", "1");
  body.set("photos", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      place.bar.value = loaded / total;
      if (loaded === total) {
        place.bar.removeAttribute("value");
        place.words.textContent = `${file.name}: ${form.dataset.working}`;
      }
    });
    request.addEventListener("load", () => {
      if (request.status === 503 && tries > 1) {
        setTimeout(() => done(send(file, place, tries - 1)), 5000);
        return;
      }
      if (request.status === 200) {
        const part = document.createRange().createContextualFragment(request.responseText);
        place.row.replaceWith(part);
      } else fail(place, file.name, request.status === 503 ? form.dataset.tooMany : form.dataset.failed);
      done();
    });
    request.addEventListener("error", () => { fail(place, file.name, form.dataset.failed); done(); });
    request.send(body);
  });
}

async function next() {
  while (running < AT_ONCE && waiting.length) {
    const { file, place } = waiting.shift();
    running += 1;
    send(file, place).then(() => { running -= 1; next(); });
  }
}

function take(files) {
  for (const file of files) waiting.push({ file, place: line(file.name) });
  next();
}

form.querySelector("[type=file]").addEventListener("change", ({ target }) => {
  take([...target.files]);
  target.value = "";
});
form.querySelector(".submit-row").hidden = true;
form.querySelector("[data-without-script]").hidden = true;
for (const name of ["dragenter", "dragover"]) {
  addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("is-over");
  });
}
addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) form.classList.remove("is-over"); });
addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  form.classList.remove("is-over");
  take([...event.dataTransfer.files]);
});

rows.addEventListener("submit", async (event) => {
  const row = event.target.closest("[data-in-place]");
  if (!row) return;
  event.preventDefault();
  const body = new FormData(row);
  body.set("part", "1");
  const answer = await fetch(row.action, { method: "POST", body });
  if (!answer.ok) { row.submit(); return; }
  row.replaceWith(document.createRange().createContextualFragment(await answer.text()));
});
