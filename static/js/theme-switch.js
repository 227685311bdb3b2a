// The theme button: as the system, the other one, the same one, and round again.
const root = document.documentElement;
const order = ["system", "dark", "light"];
if (matchMedia("(prefers-color-scheme: dark)").matches) order.reverse().unshift(order.pop());

function show(button) {
  const theme = root.dataset.theme ?? "system";
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
