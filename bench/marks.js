// Times of one try-on, taken inside the page: the first choice in the studio, and the picture, in whichever of its
// copies can be painted first.
// They are told as one line on the console. All are wall times in milliseconds.
(() => {
  const BEGAN = "bench-began";

  addEventListener("change", ({ target }) => {
    if (target.matches("input[type=file], [data-pick], [data-tile]") && !sessionStorage.getItem(BEGAN)) sessionStorage.setItem(BEGAN, Date.now());
  }, true);

  if (!location.pathname.startsWith("/tryons/")) return;
  performance.setResourceTimingBufferSize(2000);
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true });

  async function look() {
    const copies = [...document.querySelectorAll(".arrived [data-arrives]")];
    if (!copies.length) return;
    watch.disconnect();
    const first = await Promise.any(copies.map((copy) => copy.decode().then(() => copy)));
    tell(first, Date.now());
  }

  function tell(picture, decoded) {
    const wall = (time) => performance.timeOrigin + time;
    const entries = performance.getEntriesByType("resource");
    const bytes = entries.find((entry) => entry.name === picture.currentSrc);
    const questions = [...performance.getEntriesByType("navigation"), ...entries.filter((entry) => entry.name.includes("/status"))];
    const answer = questions.filter((entry) => entry.responseEnd <= bytes.startTime).at(-1);
    const began = Number(sessionStorage.getItem(BEGAN));
    sessionStorage.removeItem(BEGAN);
    console.info("bench " + JSON.stringify({
      began,
      decoded,
      asked: wall(answer.startTime),
      told: wall(answer.responseEnd),
      loaded: wall(bytes.responseEnd),
      size: bytes.encodedBodySize,
      questions: questions.length,
    }));
  }
})();
