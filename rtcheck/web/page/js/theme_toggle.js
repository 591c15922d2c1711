// The button that turns the page light or dark, and remembers it where it may.

export function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("rtcheck-theme", root.dataset.theme);
  } catch {
    // storage may be switched off
  }
  document.dispatchEvent(new CustomEvent("theme"));
}
