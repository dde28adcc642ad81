import { trace, traced, unlessAborted, type HeldLock } from "@pool/core";
import type { ComputeContext } from "./cache.js";
import type { Counters } from "./counters.js";
import type { Entries, Found, Keeping } from "./entries.js";
import type { CacheSettings } from "./settings.js";
import type { Ticket } from "./tickets.js";

const computes = traced("cache:compute");

export type Compute = (context: ComputeContext) => unknown;

/** A value, and when it is kept and its lock let go of. */
export interface Computed {
  readonly value: unknown;
  /** Never rejects. */
  readonly kept: Promise<void>;
}

const KEPT = Promise.resolve();

/** Runs the work behind an entry and keeps what it comes to, one process at a time where there is a lock. */
export class Computing {
  readonly #settings: CacheSettings;
  readonly #entries: Entries;
  readonly #counters: Counters;

  constructor(settings: CacheSettings, entries: Entries, counters: Counters) {
    this.#settings = settings;
    this.#entries = entries;
    this.#counters = counters;
  }

  /** @throws what the work throws */
  async run(ticket: Ticket, compute: Compute, keeping: Keeping, found: Found, signal: AbortSignal): Promise<Computed> {
    const held = await this.#lock(ticket.key, signal);
    if (held === undefined) return await this.#compute(ticket, compute, keeping, found, signal, false);
    try {
      const { value, kept } = await this.#unlessThere(ticket, compute, keeping, signal);
      return { value, kept: kept.then(() => held.release()) };
    } catch (error) {
      void held.release();
      throw error;
    }
  }

  /** The same behind the caller's back; not at all when another process is on it. Never rejects, and ends with its signal, but for what is being kept. */
  async refresh(ticket: Ticket, compute: Compute, keeping: Keeping, found: Found, signal: AbortSignal): Promise<void> {
    const { lock } = this.#settings;
    let held: HeldLock | undefined;
    try {
      held = await lock?.tryAcquire(this.#lockOf(ticket.key), { signal });
      if (lock !== undefined && held === undefined) return;
      const { kept } = await this.#compute(ticket, compute, keeping, found, signal, true);
      await kept;
    } catch {
      // counted and told; the stale value is still there
    } finally {
      await held?.release();
    }
  }

  /** Somebody else may have had the lock before, and stored what it came to. */
  async #unlessThere(ticket: Ticket, compute: Compute, keeping: Keeping, signal: AbortSignal): Promise<Computed> {
    const found = await this.#entries.read(ticket.key, keeping.tags);
    if (found.hit !== undefined && this.#settings.date() < found.hit.entry.freshUntil)
      return { value: found.hit.value, kept: KEPT };
    return await this.#compute(ticket, compute, keeping, found, signal, false);
  }

  async #compute(
    ticket: Ticket,
    compute: Compute,
    keeping: Keeping,
    found: Found,
    signal: AbortSignal,
    background: boolean,
  ): Promise<Computed> {
    const stamps = await this.#entries.stamp(found, keeping);
    signal.throwIfAborted();
    const work = (): Promise<unknown> => unlessAborted(signal, () => compute({ signal })); // it may not heed its signal
    this.#counters.computes++;
    try {
      const value = computes.hasSubscribers
        ? await trace(computes, { cache: this.#settings.name, background }, work)
        : await work();
      return { value, kept: ticket.voidedBy !== undefined ? KEPT : this.#keep(ticket.key, value, keeping.ttl, stamps) };
    } catch (error) {
      if (!signal.aborted) this.#counters.computeErrors++;
      throw error;
    }
  }

  /** A value that cannot be encoded is given to who asked for it all the same. */
  async #keep(key: string, value: unknown, ttl: number, stamps: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#entries.write(key, value, ttl, stamps);
    } catch (cause) {
      this.#entries.tellUnreadable(cause);
    }
  }

  /** Undefined where there is no lock to be had: then it is computed all the same. */
  async #lock(key: string, signal: AbortSignal): Promise<HeldLock | undefined> {
    const { lock, lockTimeout } = this.#settings;
    try {
      return await lock?.acquire(this.#lockOf(key), { timeout: lockTimeout, signal });
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  #lockOf(key: string): string {
    return `${this.#settings.prefix}l:${key}`;
  }
}
