import type { CloseReason } from "@pool/core";
import type { HolderSnapshot } from "../snapshot/pool-snapshot.js";
import type { LeakSnapshot } from "../snapshot/leak-snapshot.js";

const ENDED_SHOWN = 100;

type Leak = { -readonly [K in keyof LeakSnapshot]: LeakSnapshot[K] };

/** Leases that were held too long or dropped: each reported once, as core tells it, and withdrawn when it comes back late. */
export class LeakBook {
  // Pools of one name number their leases alike, so that no number tells one for certain.
  readonly #open: Leak[] = [];
  #ended: Leak[] = [];
  #count = 0;

  held(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot {
    const leak = this.#make(pool, "held", "open", holder, at);
    this.#open.push(leak);
    return { ...leak };
  }

  /** Its resource is closed, and never lent again. A lease that was reported as held is so no longer. */
  dropped(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot {
    this.#take(pool, holder);
    const leak = this.#make(pool, "dropped", "ended", holder, at);
    leak.endedAt = at;
    this.#keep(leak);
    return { ...leak };
  }

  /** It has come back after all, whichever way. @returns undefined when it was not open */
  returned(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot | undefined {
    const leak = this.#take(pool, holder);
    if (leak === undefined) return undefined;
    Object.assign(leak, { state: "returned", endedAt: at, holder: { ...holder, leak: false } } satisfies Partial<Leak>);
    this.#keep(leak);
    return { ...leak };
  }

  /** It was taken away: also one that was held for less than would be reported. */
  reclaimed(pool: string, holder: HolderSnapshot, at: number): LeakSnapshot {
    const leak = this.#take(pool, holder) ?? this.#make(pool, "held", "open", holder, at);
    Object.assign(leak, {
      state: "reclaimed",
      endedAt: at,
      holder: { ...holder, leak: false },
    } satisfies Partial<Leak>);
    this.#keep(leak);
    return { ...leak };
  }

  /** A resource was closed: if it was a leak's that has just come back, it did not come back to be lent again. */
  closed(pool: string, resourceId: number, reason: CloseReason): void {
    if (reason !== "destroyed" && reason !== "pool-closed") return;
    const [leak] = this.#ended;
    if (leak?.pool !== pool || leak.holder.resourceId !== resourceId || leak.state !== "returned") return;
    leak.state = "ended";
  }

  isOpen(pool: string, leaseId: number): boolean {
    return this.#open.some((leak) => leak.pool === pool && leak.holder.leaseId === leaseId);
  }

  openIn(pool: string): number {
    return this.#open.filter((leak) => leak.pool === pool).length;
  }

  /** The pool is gone, and its leases with it. */
  forget(pool: string, at: number): void {
    for (const leak of this.#open.filter((each) => each.pool === pool)) {
      this.#open.splice(this.#open.indexOf(leak), 1);
      Object.assign(leak, { state: "ended", endedAt: at } satisfies Partial<Leak>);
      this.#keep(leak);
    }
  }

  /** @param holderNow how a holder stands now, where it still is one */
  list(holderNow: (pool: string, leaseId: number) => HolderSnapshot | undefined): LeakSnapshot[] {
    const open = this.#open.map((leak) => ({
      ...leak,
      holder: holderNow(leak.pool, leak.holder.leaseId) ?? leak.holder,
    }));
    return [...open, ...this.#ended.map((leak) => ({ ...leak }))];
  }

  /** The open report of this lease: of several with its number, the one with its label. */
  #take(pool: string, { leaseId, resourceId, label }: HolderSnapshot): Leak | undefined {
    const same = this.#open.filter(({ pool: name, holder }) => name === pool && holder.leaseId === leaseId);
    const exact = same.find(({ holder }) => holder.resourceId === resourceId && holder.label === label);
    const leak = exact ?? same[0];
    if (leak !== undefined) this.#open.splice(this.#open.indexOf(leak), 1);
    return leak;
  }

  #make(pool: string, kind: Leak["kind"], state: Leak["state"], holder: HolderSnapshot, at: number): Leak {
    return { id: ++this.#count, pool, kind, state, holder: { ...holder, leak: true }, reportedAt: at, endedAt: null };
  }

  #keep(leak: Leak): void {
    this.#ended = [leak, ...this.#ended].slice(0, ENDED_SHOWN);
  }
}
