// Runs before the first paint, so that no page flashes in the other theme. The theme is what the person chose in this
// browser, else what the system asks for; it follows both when they change.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("firebreak.theme");
    } catch {
      return null;
    }
  };
  const show = () => {
    const theme = chosen();
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  };
  show();
  dark.addEventListener("change", show);
  addEventListener("firebreak-theme", show);
})();
