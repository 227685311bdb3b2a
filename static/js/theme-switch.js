// The theme button: as the system, light, dark, and round again.
const root = document.documentElement;
const order = ["system", "light", "dark"];

function show(button) {
  const theme = root.dataset.theme ?? "system";
  button.hidden = false;
  button.dataset.theme = theme;
  button.title = button.getAttribute(`data-label-${theme}`);
  button.setAttribute("aria-label", button.title);
}

function choose(theme) {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch { /* storage is switched off: the choice holds for this page */ }
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  show(button);
  button.addEventListener("click", () => {
    choose(order[(order.indexOf(root.dataset.theme ?? "system") + 1) % order.length]);
    show(button);
  });
}
