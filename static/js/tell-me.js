// "Tell me when it is ready": a notification from this tab, when the end comes while nobody sees the tab.
// Phones let no page show one, and nobody is asked for a permission that would do nothing.
const KEPT = "tell-me";
const block = document.querySelector("[data-tell-me]");
const button = block?.querySelector("button");
const words = block?.querySelector("p");
const status = document.getElementById("status");
const canNotify = "Notification" in window && window.isSecureContext && !matchMedia("(pointer: coarse)").matches;
let wanted = false, answer, shown;

try {
  wanted = localStorage.getItem(KEPT) === "1";
} catch { /* storage is switched off: the choice holds for this page */ }

// A headless browser says "denied" also where it was granted: what it answers when it is asked counts.
const permission = () => Notification.permission === "granted" ? "granted" : answer ?? Notification.permission;
const isOn = () => wanted && permission() === "granted";

function choose(on) {
  wanted = on;
  try {
    if (on) localStorage.setItem(KEPT, "1");
    else localStorage.removeItem(KEPT);
  } catch { /* as above */ }
}

// The words stand where it was pressed once.
function show() {
  button.setAttribute("aria-pressed", isOn());
  words.textContent = !wanted ? "" : block.dataset[permission()];
}

async function press() {
  const ask = !isOn();
  choose(ask);
  if (ask) answer = await Notification.requestPermission();
  show();
  status.textContent = words.textContent;
}

function notify(title) {
  try {
    shown = new Notification(title, { body: block.dataset.body, tag: location.pathname });
    shown.onclick = () => { window.focus(); shown.close(); };
  } catch { /* a browser that lets no page show one, and said otherwise */ }
}

if (block && canNotify) {
  button.hidden = false;
  button.addEventListener("click", press);
  show();
  navigator.permissions?.query({ name: "notifications" }).then(({ state }) => {
    if (state !== "granted") return;
    answer = state;
    show();
  }).catch(() => null); // a browser that knows no such question

  let state = document.getElementById("main").dataset.state;
  document.addEventListener("htmx:afterSettle", () => {
    const pulse = document.getElementById("pulse");
    const hasEnded = state === "working" && pulse?.dataset.state === "finished";
    state = pulse?.dataset.state;
    if (hasEnded && document.hidden && isOn()) notify(pulse.dataset.title);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) shown?.close();
  });
}
