// <time data-local="time | day | date | moment" datetime="…"> says the reader's own time in place of UTC.
const styles = {
  time: { timeStyle: "short" },
  day: { day: "numeric", month: "long" },
  date: { dateStyle: "medium" },
  moment: { dateStyle: "medium", timeStyle: "short" },
};

function localise(within) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) time.textContent = at.toLocaleString([], styles[time.dataset.local]);
  }
}

localise(document);
for (const event of ["htmx:afterSwap", "htmx:oobAfterSwap", "upload-ended", "time-changed"]) {
  document.addEventListener(event, () => localise(document));
}
