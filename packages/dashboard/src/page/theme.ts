import { useEffect, useState } from "preact/hooks";

export type Theme = "system" | "light" | "dark";

const KEY = "pool-dashboard-theme";
const changes = new EventTarget();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changes.dispatchEvent(new Event("change")));

/** The theme that was chosen here, and how to choose another. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
    write(theme);
    changes.dispatchEvent(new Event("change"));
  }, [theme]);
  return [theme, setTheme];
}

/** Colours by the name of their custom property, as a canvas takes them: read again when the theme changes. */
export function useColours(): (name: string) => string {
  const [, redraw] = useState(0);
  useEffect(() => {
    const changed = (): void => redraw((n) => n + 1);
    changes.addEventListener("change", changed);
    return () => changes.removeEventListener("change", changed);
  }, []);
  return colour;
}

// A property that says light-dark() is resolved only where it is used as a colour.
function colour(name: string): string {
  const probe = document.getElementById("colour-probe") ?? document.body.appendChild(makeProbe());
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function makeProbe(): HTMLElement {
  const probe = document.createElement("i");
  probe.id = "colour-probe";
  probe.hidden = true;
  return probe;
}

function read(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system"; // storage is switched off
  }
}

function write(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is left.
  }
}
