// <time data-local="time | day | moment" datetime="…"> says the reader's own time in place of UTC: "14:05",
// "29 November" with its year where that is another one, "29 November, 14:05".
const { lang } = document.documentElement;
const locale = lang === "en" ? "en-GB" : lang; // the language of the page, whatever the browser's is

const time = (at) => at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });

function day(at) {
  const isThisYear = at.getFullYear() === new Date().getFullYear();
  return at.toLocaleDateString(locale, { day: "numeric", month: "long", year: isThisYear ? undefined : "numeric" });
}

const styles = { time, day, date: day, moment: (at) => `${day(at)}, ${time(at)}` };

function localise(within) {
  for (const element of within.querySelectorAll("time[data-local]")) {
    const at = new Date(element.dateTime);
    if (!Number.isNaN(at.valueOf())) element.textContent = styles[element.dataset.local](at);
  }
}

localise(document);
for (const event of ["htmx:afterSwap", "htmx:oobAfterSwap", "upload-ended", "time-changed"]) {
  document.addEventListener(event, () => localise(document));
}
