// A page that came too early asks whether there is something to see, while it is looked at, and loads itself anew
// once there is, or never will be.
const early = document.querySelector("[data-opens-by-itself]");

async function ask() {
  if (document.hidden) return;
  const { status } = await fetch(early.dataset.opensByItself, { cache: "no-store" }).catch(() => ({}));
  if (status === 200 || status === 404) location.reload();
}

setInterval(ask, early.dataset.seconds * 1000);
document.addEventListener("visibilitychange", ask);
