// Says every while that the pictures on the page are somebody's just now (`desk-holds`: {images, address}), as long
// as they see it; who leaves gives them free. Tells what waits by now, as the answer says or another's (`queue-counted`).
const RENEWED = 20000;
let shown;

async function renew() {
  if (!shown || document.hidden) return;
  const answer = await fetch(shown.address, { method: "POST", body: said("image"), headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok) tell(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("to-check"));
}

function said(name) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  for (const image of shown.images) body.append(name, image);
  return body;
}

// Here, and in the navigation.
function tell(fresh) {
  const old = document.getElementById("to-check");
  if (!fresh || fresh.textContent === old.textContent) return;
  const badge = document.getElementById("review-badge");
  badge.firstElementChild.textContent = fresh.dataset.badge;
  badge.hidden = !fresh.dataset.badge;
  old.replaceChildren(...fresh.childNodes);
}

document.addEventListener("queue-counted", ({ detail }) => tell(detail.fresh));
document.addEventListener("desk-holds", ({ detail }) => { shown = detail; });
document.addEventListener("visibilitychange", renew);
setInterval(renew, RENEWED);
addEventListener("pagehide", () => shown && navigator.sendBeacon(shown.address, said("left")));
