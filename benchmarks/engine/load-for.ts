import type * as steady from "./steady.ts";
import type * as storm from "./storm.ts";

/** One engine's own copies of the code that drives it. */
export interface Drivers {
  readonly steady: typeof steady;
  readonly storm: typeof storm;
}

const copies = new Map<string, Promise<Drivers>>();

/** A module that is imported under another query is another module, compiled and optimised by itself. */
export function driversFor(engine: string): Promise<Drivers> {
  const known = copies.get(engine);
  if (known) return known;
  const copy = (async (): Promise<Drivers> => ({
    steady: (await importCopy("./steady.ts", engine)) as Drivers["steady"],
    storm: (await importCopy("./storm.ts", engine)) as Drivers["storm"],
  }))();
  copies.set(engine, copy);
  return copy;
}

function importCopy(file: string, engine: string): Promise<unknown> {
  const url = new URL(`${file}?engine=${engine}`, import.meta.url).href;
  return import(/* @vite-ignore */ url);
}
