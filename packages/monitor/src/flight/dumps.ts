import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChromeTrace } from "./chrome-trace.js";

/** What a dump is made for. */
export type DumpReason = "timeout" | "leak" | "drain-abort" | "asked";

export interface DumpOptions {
  readonly directory: string;
  /** The oldest file goes when there would be more. */
  readonly mostFiles: number;
  /** What happens sooner after a dump has none of its own, in ms. */
  readonly interval: number;
  now(): number;
}

/** Writes traces into files that only their owner may read, in bounded number and rate. */
export class Dumps {
  readonly #options: DumpOptions;
  #files: string[] = [];
  #last = -Infinity;
  #count = 0;

  constructor(options: DumpOptions) {
    this.#options = options;
  }

  /** Is it time for another? Then it counts as made. */
  claim(): boolean {
    const now = this.#options.now();
    if (now - this.#last < this.#options.interval) return false;
    this.#last = now;
    return true;
  }

  /** @returns the file's path. Rejects when it cannot be written */
  async write(reason: DumpReason, trace: ChromeTrace): Promise<string> {
    const { directory, mostFiles } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const stamp = trace.otherData.takenAt.replaceAll(/[:.]/g, "-");
    const file = join(directory, `pool-flight-${stamp}-${String(process.pid)}-${String(++this.#count)}-${reason}.json`);
    // wx: an existing file, or a link that somebody laid there, is not written to.
    await writeFile(file, JSON.stringify(trace), { mode: 0o600, flag: "wx" });
    this.#files.push(file);
    for (const old of this.#files.splice(0, Math.max(0, this.#files.length - mostFiles)))
      await rm(old, { force: true });
    return file;
  }
}
