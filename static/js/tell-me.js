// <tell-me>: whether a notification is wanted when something is ready, kept for all pages of the site (`news-badge` shows it).
// Phones let no page show one, and nobody is asked for a permission that would do nothing.
const KEPT = "tell-me";
const canNotify = "Notification" in window && window.isSecureContext && !matchMedia("(pointer: coarse)").matches;
let wanted = false, answer;

try {
  wanted = localStorage.getItem(KEPT) === "1";
} catch { /* storage is switched off: nothing will come */ }

// A headless browser says "denied" also where it was granted: what it answers when it is asked counts.
const permission = () => Notification.permission === "granted" ? "granted" : answer ?? Notification.permission;
const isOn = () => wanted && permission() === "granted";

function choose(on) {
  wanted = on;
  try {
    if (on) localStorage.setItem(KEPT, "1");
    else localStorage.removeItem(KEPT);
  } catch {
    wanted = false;
  }
}

class TellMe extends HTMLElement {
  connectedCallback() {
    if (!canNotify) return;
    this.button = this.querySelector("button");
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.press());
    this.show();
    navigator.permissions?.query({ name: "notifications" }).then(({ state }) => {
      if (state !== "granted") return;
      answer = state;
      this.show();
    }).catch(() => null); // a browser that knows no such question
  }

  // The words stand where it was pressed once.
  show() {
    this.button.setAttribute("aria-pressed", isOn());
    this.querySelector("p").textContent = wanted ? this.dataset[permission()] : "";
  }

  async press() {
    const ask = !isOn();
    choose(ask);
    if (ask) answer = await Notification.requestPermission();
    this.show();
    document.getElementById("status").textContent = this.querySelector("p").textContent;
  }
}

customElements.define("tell-me", TellMe);
