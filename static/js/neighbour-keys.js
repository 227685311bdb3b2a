// The left and the right arrow go to the next picture, as the links of the page do. Where they move something else
// (a slider, what is zoomed, a group of buttons, what is being written), they go on doing that.
const LINKS = { ArrowLeft: '[rel="prev"]', ArrowRight: '[rel="next"]' };

document.addEventListener("keydown", (event) => {
  const link = LINKS[event.key] && document.querySelector(`a${LINKS[event.key]}`);
  if (!link || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable], details[open], [role=group]")) return;
  event.preventDefault();
  link.click();
});
