// The asking is htmx's, and waiting.js has it held; this carries the news to the page's state, title and status line.
const main = document.getElementById("main");
const status = document.getElementById("status");

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const news = event.target;
  if (!news.dataset?.news) return;
  status.textContent = news.dataset.news;
});

document.addEventListener("htmx:afterSettle", () => {
  const pulse = document.getElementById("pulse");
  if (!pulse || main.dataset.state === pulse.dataset.state && document.title.startsWith(pulse.dataset.title)) return;
  main.dataset.state = pulse.dataset.state;
  document.title = [pulse.dataset.title, ...document.title.split(" · ").slice(1)].join(" · ");
  main.querySelector("[data-next]").className = pulse.dataset.state === "finished" ? "button" : "button-quiet";
});

// The try-on was deleted in another window.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 404) location.assign(main.dataset.gone);
});
