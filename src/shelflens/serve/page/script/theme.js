// Light, dark, or as the system says.
import { choices } from "./kept.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

export const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

/** A switch: pressed means dark. */
export function themeSwitch(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    choices.set("theme", root.dataset.theme);
    show();
  });
  dark.addEventListener("change", show);
  show();
}
