import { type PoolError } from "@pool/core";
import { type BackupOptions, type BackupReport, backUpTo } from "./backup.js";
import { type Place } from "./errors.js";
import { type OpenSpec } from "./helper/protocol.js";

/** The backups of one client. Each has a process of its own, and none outlives the client. */
export class Backups {
  readonly #place: Place;
  readonly #spec: Omit<OpenSpec, "role">;
  readonly #running = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  #closed: PoolError | undefined;

  constructor(place: Place, spec: Omit<OpenSpec, "role">) {
    this.#place = place;
    this.#spec = spec;
  }

  /** @throws what `client.backup` does, and the error of {@link close} */
  async start(target: string, options?: BackupOptions): Promise<BackupReport> {
    if (this.#closed !== undefined) throw this.#closed;
    const backup = backUpTo(this.#place, this.#spec, target, options, this.#ending.signal);
    this.#running.add(backup);
    try {
      return await backup;
    } finally {
      this.#running.delete(backup);
    }
  }

  /** Begins no more; those that run go on. */
  close(error: PoolError): void {
    this.#closed = error;
  }

  /** Resolves when none runs any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Ends those that still run, with the error of {@link close}. Resolves when nothing is left of them. */
  async end(): Promise<void> {
    this.#ending.abort(this.#closed);
    await this.idle();
  }
}
