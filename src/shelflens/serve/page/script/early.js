// Before anything is drawn: the theme and the language of last time. A classic script, so that nothing flashes.
(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(`shelflens.${name}`);
    } catch {
      return null; // storage is forbidden: each visit starts anew
    }
  };
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const spoken = kept("language") ?? navigator.languages?.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
  document.documentElement.lang = /^zh/i.test(spoken) ? "zh" : "en";
})();
