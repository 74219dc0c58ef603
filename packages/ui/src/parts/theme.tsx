import { useEffect, useState, type ReactNode } from "react";

const KEY = "ocelli-theme";
const NEXT: Readonly<Record<string, string>> = { auto: "light", light: "dark", dark: "auto" };

/** Chooses between the light and the dark look; at first it follows the system. */
export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState(() => localStorage.getItem(KEY) ?? "auto");
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(KEY, theme);
  }, [theme]);
  return (
    <button type="button" className="plain" onClick={() => setTheme(NEXT[theme] ?? "auto")}>
      Theme: {theme}
    </button>
  );
}
