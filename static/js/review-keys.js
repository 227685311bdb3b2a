// A key presses the button that shows it (data-key), where one is to be seen; in an open panel of reasons only its own.
// Not while somebody writes, nor where single keys are switched off. "?" opens the help. After a press by pointer the
// keyboard goes on at the page, so that Space presses no button twice. Whoever begins to write in an open panel writes
// into its words; and whoever goes on after a reason was chosen decides on nothing by that, until they pause.
const PANEL = "details[data-panel]";
const WRITING = "input:not([type=checkbox], [type=radio]), textarea, select, dialog[open] *";
const PRESSABLE = "a, button, summary, input, label";
const SAME = { "=": "+" }; // without Shift
const PAUSE = 300; // milliseconds, between the keys of a sentence
const { dataset } = document.documentElement;
let pause;
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[hidden], [inert]");
const help = document.getElementById("desk-help");
const openPanel = () => [...document.querySelectorAll(`${PANEL}[open]`)].find(isSeen);
const areOff = () => dataset.desk?.split(" ").includes("no-keys");

function waitForPause() {
  dataset.writes = "";
  clearTimeout(pause);
  pause = setTimeout(() => delete dataset.writes, PAUSE);
}

function write(panel, event) {
  if (event.key.length > 1 || event.key === " ") return;
  const words = panel.querySelector("textarea");
  event.preventDefault();
  words.focus();
  words.setRangeText(event.key, words.value.length, words.value.length, "end");
}

function press(event) {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") return openPanel()?.removeAttribute("open");
  if (event.key === "Enter" && !event.shiftKey && event.target.matches(`${PANEL} textarea`)) {
    event.preventDefault();
    return event.target.closest(PANEL).querySelector("[value=other]").click();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || areOff() || event.target.closest(WRITING)) return;
  if (event.key === " " && event.target.closest(PRESSABLE)) return; // the browser's own way to press it
  if ("writes" in dataset) return waitForPause();
  const panel = openPanel();
  const named = `[data-key="${CSS.escape(SAME[event.key] ?? event.key)}"]`;
  const found = [...(panel ?? document).querySelectorAll(named)].filter((button) => isSeen(button));
  const button = panel ? found.at(-1) : found[0];
  if (!button) return panel && write(panel, event);
  if (panel?.contains(button) && button.name === "reason") waitForPause();
  event.preventDefault();
  if (!event.repeat) button.click(); // a key that is held down decides once
}

function close({ target }) {
  const panel = openPanel();
  if (panel && !panel.contains(target)) panel.open = false;
}

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  close(event);
  const button = event.target.closest("[data-key]");
  if (event.target.closest("[data-help]")) help.showModal();
  else if (button && event.detail) button.blur(); // by pointer
});
