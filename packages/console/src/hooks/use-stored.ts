import { useCallback, useState } from "react";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A closed storage costs only the memory of the choice.
  }
}

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

function currentTheme(): Theme {
  const stored = read("firebreak.theme");
  return THEMES.find((theme) => theme === stored) ?? "system";
}

/** The chosen theme and how to choose another; `public/theme.js` shows it. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(currentTheme);
  const choose = useCallback((next: Theme) => {
    write("firebreak.theme", next);
    window.dispatchEvent(new Event("firebreak-theme"));
    setTheme(next);
  }, []);
  return [theme, choose];
}

const SINGLE_KEYS = "firebreak.single-keys";

/** Whether shortcuts of a single letter work; WCAG 2.1.4 asks that they can be turned off. */
export function singleKeysOn(): boolean {
  return read(SINGLE_KEYS) !== "off";
}

export function setSingleKeys(on: boolean): void {
  write(SINGLE_KEYS, on ? "on" : "off");
}
