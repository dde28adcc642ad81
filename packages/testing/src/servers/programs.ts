import { accessSync, constants, existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** Where a program may lie beside the PATH; a `*` stands for one folder, of which the highest version is taken. */
const POSTGRES = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/opt/homebrew/opt/libpq/bin",
];
const COMMON = [
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/usr/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/opt/homebrew/sbin",
];

const BROWSERS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The program's path on this machine, or nothing. */
export function findProgram(name: string): string | undefined {
  return folders()
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** The folder that holds PostgreSQL's programs, or nothing. A link on the PATH is followed to where the others are, too. */
export function findPostgres(): string | undefined {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "initdb"));
  const known = POSTGRES.flatMap(expand).map((folder) => join(folder, "initdb"));
  return [...onPath, ...known]
    .filter(isProgram)
    .map((initdb) => dirname(realpathSync(initdb)))
    .find((folder) => isProgram(join(folder, "postgres")));
}

/** Chromium's path on this machine, under any of its names, or nothing. */
export function findBrowser(): string | undefined {
  const named = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"].map(findProgram);
  return named.find((path) => path !== undefined) ?? BROWSERS.find(isProgram);
}

/** What to say when a server can be had nowhere: the one command that helps. */
export function missing(server: string, variable: string | undefined, debian: string, brew: string): Error {
  const command =
    process.platform === "darwin" ? `brew install ${brew}` : `apt-get install --no-install-recommends ${debian}`;
  const given = variable ? `, nor is a running one given by ${variable}` : "";
  return new Error(`there is no ${server} on this machine${given}; run: ${command}`);
}

function folders(): string[] {
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...onPath, ...COMMON, ...POSTGRES.flatMap(expand)];
}

function expand(pattern: string): string[] {
  const [, above = "", before = "", after = ""] = /^(.*)\/([^/*]*)\*(.*)$/.exec(pattern) ?? [];
  if (!above) return existsSync(pattern) ? [pattern] : [];
  if (!existsSync(above)) return [];
  const byVersion = new Intl.Collator("en", { numeric: true }).compare;
  return readdirSync(above)
    .filter((name) => name.startsWith(before))
    .sort((one, other) => byVersion(other, one))
    .map((name) => join(above, `${name}${after}`));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
