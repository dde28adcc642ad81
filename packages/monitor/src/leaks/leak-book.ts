import type { CloseReason } from "@pool/core";
import type { HolderSnapshot } from "../snapshot/pool-snapshot.js";
import type { LeakSnapshot } from "../snapshot/leak-snapshot.js";

const ENDED_SHOWN = 100;

type Leak = { -readonly [K in keyof LeakSnapshot]: LeakSnapshot[K] };

/** Leases that were held too long or dropped: each reported once, and withdrawn when it comes back late. */
export class LeakBook {
  readonly #open = new Map<string, Leak>();
  #ended: Leak[] = [];
  #count = 0;

  /** @returns the report, or undefined when this lease has been reported as that already */
  held(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot | undefined {
    const key = keyOf(pool, holder.leaseId);
    if (this.#open.has(key)) return undefined;
    const leak = this.#make(pool, "held", "open", holder, at);
    this.#open.set(key, leak);
    return { ...leak };
  }

  /** Its resource is closed, and never lent again. A lease that was reported as held is so no longer. */
  dropped(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot {
    this.#open.delete(keyOf(pool, holder.leaseId));
    const leak = this.#make(pool, "dropped", "ended", holder, at);
    leak.endedAt = at;
    this.#keep(leak);
    return { ...leak };
  }

  /** It has come back after all, whichever way. @returns undefined when it was not open */
  returned(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot | undefined {
    const key = keyOf(pool, holder.leaseId);
    const leak = this.#open.get(key);
    if (leak === undefined) return undefined;
    this.#open.delete(key);
    Object.assign(leak, { state: "returned", endedAt: at, holder: { ...holder, leak: false } } satisfies Partial<Leak>);
    this.#keep(leak);
    return { ...leak };
  }

  /** A resource was closed: if it was a leak's that has just come back, it did not come back to be lent again. */
  closed(pool: string, resourceId: number, reason: CloseReason): void {
    if (reason !== "reclaimed" && reason !== "destroyed" && reason !== "pool-closed") return;
    const [leak] = this.#ended;
    if (leak?.pool !== pool || leak.holder.resourceId !== resourceId || leak.state !== "returned") return;
    leak.state = reason === "reclaimed" ? "reclaimed" : "ended";
  }

  isOpen(pool: string, leaseId: number): boolean {
    return this.#open.has(keyOf(pool, leaseId));
  }

  openIn(pool: string): number {
    let count = 0;
    for (const leak of this.#open.values()) if (leak.pool === pool) count++;
    return count;
  }

  /** The pool is gone, and its leases with it. */
  forget(pool: string, at: number): void {
    for (const [key, leak] of this.#open) {
      if (leak.pool !== pool) continue;
      this.#open.delete(key);
      Object.assign(leak, { state: "ended", endedAt: at } satisfies Partial<Leak>);
      this.#keep(leak);
    }
  }

  /** @param holderNow how a holder stands now, where it still is one */
  list(holderNow: (pool: string, leaseId: number) => HolderSnapshot | undefined): LeakSnapshot[] {
    const open = Array.from(this.#open.values(), (leak) => ({
      ...leak,
      holder: holderNow(leak.pool, leak.holder.leaseId) ?? leak.holder,
    }));
    return [...open, ...this.#ended.map((leak) => ({ ...leak }))];
  }

  #make(pool: string, kind: Leak["kind"], state: Leak["state"], holder: HolderSnapshot, at: number): Leak {
    return { id: ++this.#count, pool, kind, state, holder: { ...holder, leak: true }, reportedAt: at, endedAt: null };
  }

  #keep(leak: Leak): void {
    this.#ended = [leak, ...this.#ended].slice(0, ENDED_SHOWN);
  }
}

function keyOf(pool: string, leaseId: number): string {
  return `${String(leaseId)} ${pool}`;
}
