import { isPoolError } from "../errors.js";
import { moment } from "../events.js";
import type { Engine } from "./engine.js";
import type { CloseReason } from "./close-reason.js";
import { unwatch } from "./dropped.js";
import type { Ending, Entry } from "./entry.js";
import { busyMsOf, holderOf } from "./holders.js";
import { publishRelease, releasesHeard } from "./told-ends.js";

const leaks = moment("pool:leak");

/** What happens to a resource when its lease ends: looked at, made clean where it must be, then kept or closed. */
export class Returns<R> {
  readonly #engine: Engine<R>;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  take(entry: Entry<R>, how: Ending, cause: unknown): void {
    const engine = this.#engine;
    if (entry.sharing?.putsOff(how, cause) === true) return;
    const { leaseId } = entry;
    entry.leaseId = 0;
    entry.hold = undefined;
    unwatch(entry);
    const { objection, openTransaction, clean } = this.#inspect(entry);
    const reason = how === "released" ? (objection ?? engine.whyNotKeep(entry, engine.now())) : how;
    if (entry.leakReported) this.#endLeak(entry, leaseId, how);
    if (releasesHeard()) this.#publish(entry, leaseId, openTransaction, reason !== undefined);
    // Counted when it is leased no more: whoever hears of it may look at the stats.
    engine.totals[how === "reclaimed" ? "destroyed" : how]++;
    if (reason !== undefined) engine.close(entry, reason, cause ?? entry.retireCause);
    else if (clean) engine.keep(entry);
    else this.#reset(entry, openTransaction);
  }

  #inspect(entry: Entry<R>): { objection: CloseReason | undefined; openTransaction: boolean; clean: boolean } {
    const { factory, checks, totals } = this.#engine;
    const status = checks.status(entry);
    if (status === "unfit") return { objection: "reset-failed", openTransaction: false, clean: false };
    const openTransaction = status?.inTransaction === true;
    if (openTransaction) totals.openTransactions++;
    const clean = factory.reset === undefined || (status?.clean === true && !openTransaction);
    if (status?.busy === true || entry.running > 0) return { objection: "busy-at-release", openTransaction, clean };
    return {
      objection: openTransaction && factory.reset === undefined ? "reset-failed" : undefined,
      openTransaction,
      clean,
    };
  }

  #reset(entry: Entry<R>, inTransaction: boolean): void {
    const engine = this.#engine;
    entry.to("resetting");
    engine.checks.reset(entry, inTransaction).then(
      () => {
        engine.keep(entry);
      },
      (error: unknown) => {
        const reason = isPoolError(error, "HOOK_REFUSED") ? "hook-refused" : "reset-failed";
        engine.close(entry, entry.retire ?? reason, error);
      },
    );
  }

  #endLeak(entry: Entry<R>, leaseId: number, how: Ending): void {
    entry.leakReported = false;
    // That it was dropped has been told by whoever found it.
    if (how === "dropped" || !leaks.hasSubscribers) return;
    const { name, factory } = this.#engine;
    const holder = { ...holderOf(entry, factory, this.#engine.now(), this.#engine.exactNow()), leaseId };
    leaks.publish({ pool: name, kind: how === "reclaimed" ? how : "returned", holder });
  }

  #publish(entry: Entry<R>, leaseId: number, openTransaction: boolean, destroyed: boolean): void {
    const { name } = this.#engine;
    const { id: resourceId, label } = entry;
    const releasedAt = entry.instant || this.#engine.exactNow();
    const leasedAt = entry.lentAt > 0 ? entry.lentAt : entry.leasedAt;
    const heldMs = Math.max(0, releasedAt - leasedAt);
    const busyMs = busyMsOf(entry, releasedAt);
    publishRelease({
      pool: name,
      leaseId,
      resourceId,
      label,
      heldMs,
      busyMs,
      openTransaction,
      destroyed,
      releasedAt,
    });
  }
}
