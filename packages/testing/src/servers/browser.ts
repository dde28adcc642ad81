import { findBrowser, missing } from "./programs.js";

/** The path of Chromium on this machine, for what drives a browser. @throws Error that names the command which installs it */
export function browserPath(): string {
  const path = findBrowser();
  if (path === undefined) throw missing("Chromium", undefined, "chromium", "chromium");
  return path;
}
