// Loaded before the first paint, so that a chosen theme never flashes. Nothing else belongs here.
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("theme");
  if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
} catch { /* storage is switched off: the system's theme is shown */ }
