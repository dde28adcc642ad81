import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { machine } from "./machine.ts";

const here = new URL("../", import.meta.url);

/**
 * Writes the figures as JSON: to `results/NAME.local.json`, which git does not see, or with `save` to `results/NAME.json`.
 * @returns the path inside `benchmarks/`
 */
export function writeResults(name: string, results: object, save: boolean): string {
  const path = `results/${name}${save ? "" : ".local"}.json`;
  mkdirSync(new URL("results/", here), { recursive: true });
  writeFileSync(new URL(path, here), `${JSON.stringify({ machine: machine(), ...results }, null, 2)}\n`);
  return path;
}

/** Replaces the part of RESULTS.md between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function writeSection(name: string, text: string): void {
  const file = new URL("RESULTS.md", here);
  const page = readFileSync(file, "utf8");
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`RESULTS.md has no section ${open} … ${close}`);
  writeFileSync(file, `${page.slice(0, start + open.length)}\n\n${text}\n\n${page.slice(end)}`);
}

/** One line that says what the figures were measured on. */
export function measuredOn(date = new Date()): string {
  const { node, cpu, cores, platform, load } = machine();
  return `Measured ${date.toISOString().slice(0, 10)} on Node ${node}, ${platform}, ${String(cores)} cores (${cpu}), load ${load.toFixed(1)}.`;
}
