// <news-badge>: how many of one's pictures are new. While some are being made the server holds its question until there
// is news, where somebody looks: a browser has six connections. A hidden page asks rarely, and so does one whose held
// answer was cut. Whoever asked for it (`tell-me`) gets a notification of what came (`picture-came`) behind other tabs.
const RARELY = 10000;
const AFTER_CUT = 60000;
const KEPT = "making";
let shown;

const byId = (id) => document.getElementById(id);

class NewsBadge extends HTMLElement {
  connectedCallback() {
    this.told ??= 0;
    try { // other pages of this browser learn that there is something to wait for
      if (this.dataset.making) localStorage.setItem(KEPT, this.dataset.making);
    } catch { /* they learn of it with their next page */ }
    this.wait(0);
  }

  disconnectedCallback() { this.stop(); }

  stop() {
    clearTimeout(this.later);
    this.asking?.abort();
  }

  wait(pause) {
    this.stop();
    if (this.dataset.tickets) this.later = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    const { address, tickets, quiet } = this.dataset;
    if (quiet !== undefined) return; // the page of a look asks now
    this.stop();
    const { signal } = this.asking = new AbortController();
    const isHeld = tickets && !document.hidden && !(performance.now() < this.cutUntil);
    const question = isHeld ? `${address}&ticket=${encodeURIComponent(tickets)}` : address;
    const answer = await fetch(question, { signal }).catch(() => null);
    const words = answer?.status === 200 ? await answer.text().catch(() => "") : "";
    if (signal.aborted) return;
    if (words) this.take(new DOMParser().parseFromString(words, "text/html").getElementById(this.id));
    else if (isHeld && answer?.status !== 204) this.cutUntil = performance.now() + AFTER_CUT;
    this.wait(answer?.status === 204 || this.dataset.address !== address ? 0 : RARELY);
  }

  take(fresh) {
    if (!fresh) return;
    for (const name in this.dataset) delete this.dataset[name];
    Object.assign(this.dataset, fresh.dataset);
    this.replaceChildren(...fresh.childNodes);
    const { count = 0, sentence, shownAt, ended } = this.dataset;
    const number = count && this.querySelector(".badge")?.firstChild.data.trim();
    document.title = (number ? `(${number}) ` : "") + document.title.replace(/^\(\d+\+?\) /, "");
    for (const id of ended?.split(" ") ?? []) byId(`making-${id}`)?.remove();
    if (count > this.told) this.tell(sentence, shownAt);
    this.told = Number(count);
  }

  tell(title, place) {
    const line = byId("came-line")?.content.cloneNode(true);
    if (line) {
      line.querySelector("p").textContent = title;
      line.querySelector("a").href = place;
      byId("came").replaceChildren(line);
    } else byId("status").textContent = title;
    notify({ title, place });
  }
}

customElements.define("news-badge", NewsBadge);

function notify({ title, place }) {
  try { // storage may be switched off; a browser may let no page show one
    if (!document.hidden || localStorage.getItem("tell-me") !== "1") return;
    const body = document.querySelector("meta[name=application-name]").content;
    shown = new Notification(title, { body, tag: place }); // pages that tell of the same show it once
    shown.onclick = () => { window.focus(); shown.close(); };
  } catch { /* as above */ }
}

document.addEventListener("picture-came", ({ detail }) => notify(detail));

document.addEventListener("wait-over", () => {
  const { dataset } = byId("news");
  if (dataset.quiet === undefined) return;
  delete dataset.quiet;
  byId("news").ask();
});
addEventListener("storage", ({ key }) => key === KEPT && byId("news")?.ask());
addEventListener("pageshow", ({ persisted }) => persisted && byId("news")?.ask());
document.addEventListener("visibilitychange", () => {
  byId("news")?.wait(document.hidden ? RARELY : 0);
  if (!document.hidden) shown?.close();
});
