// Light or dark before the first paint: as chosen here before, else as the system has it. It is all that is stored.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("rtcheck-theme");
  } catch {
    // storage may be switched off
  }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
