import type { EventOf } from "@pool/core";
import type { DumpReason } from "./flight/dumps.js";
import type { FlightRecorder } from "./flight/flight-recorder.js";
import type { Parts } from "./parts.js";
import type { PoolBooks } from "./pools/pool-books.js";
import { viewHolder } from "./pools/view-holder.js";

/** What is done about each event of a pool. */
export class PoolEar {
  readonly #parts: Parts;
  readonly #books: PoolBooks;
  readonly #recorder: FlightRecorder;
  readonly #onIncident: (reason: DumpReason) => void;
  readonly #creates = new WeakMap<object, number>();
  readonly #draining = new Set<string>();
  readonly #waitLogAfter: number;

  /** @param onIncident what the flight recorder shall be dumped for */
  constructor(parts: Parts, onIncident: (reason: DumpReason) => void) {
    this.#parts = parts;
    this.#books = parts.books;
    this.#recorder = parts.recorder;
    this.#onIncident = onIncident;
    this.#waitLogAfter = parts.options.waitLogAfter;
  }

  lease(event: EventOf<"pool:lease">): void {
    this.#books.get(event.pool); // opened while the pool is there
    this.#recorder.lease(event);
    if (event.waitedMs >= this.#waitLogAfter) this.#waited(event);
  }

  #waited({ pool, label, waitedMs }: EventOf<"pool:lease">): void {
    const message = `an acquire from pool ${JSON.stringify(pool)} waited ${String(Math.round(waitedMs))} ms`;
    this.#parts.log.write("warn", { event: "slow-acquire", pool, label, waitedMs }, message);
  }

  release(event: EventOf<"pool:release">): void {
    this.#recorder.release(event);
  }

  /** {@link release}, where traces of leases are noted. */
  releaseInContext(event: EventOf<"pool:release">): void {
    this.#parts.traces.forget(event.pool, event.leaseId);
    this.#recorder.release(event);
  }

  createStarts(event: EventOf<"pool:create:start">): void {
    this.#creates.set(event, this.#parts.clock.now());
  }

  created(event: EventOf<"pool:create">): void {
    const { pool, error } = event;
    const { books, recorder, clock, classifier } = this.#parts;
    const now = clock.now();
    const book = books.get(pool);
    if (error === undefined) {
      book.counts.created.add(now);
      book.times.create.record(now - (this.#creates.get(event) ?? now));
    } else {
      book.counts.createFailed.add(now);
      book.errorsByClass[classifier.classify(pool, error)]++;
    }
    recorder.record("pool:create", event, now);
  }

  close(event: EventOf<"pool:close">): void {
    const { pool, reason, resourceId } = event;
    const { books, recorder, clock, leaks } = this.#parts;
    const book = books.get(pool);
    const now = clock.now();
    book.counts.closed.add(now);
    book.closedBy[reason]++;
    leaks.closed(pool, resourceId, reason);
    recorder.record("pool:close", event, now);
    if (reason === "reclaimed" && this.#draining.has(pool)) this.#onIncident("drain-abort");
  }

  timeout(event: EventOf<"pool:timeout">): void {
    const { pool, label, waitedMs, holders } = event;
    const { books, recorder, clock, log } = this.#parts;
    const book = books.get(pool);
    const now = clock.now();
    book.counts.timeouts.add(now);
    book.timedOut.record(waitedMs);
    recorder.record("pool:timeout", event, now);
    const message = `an acquire from pool ${JSON.stringify(pool)} timed out after ${String(Math.round(waitedMs))} ms`;
    log.write("warn", { event: "acquire-timeout", pool, label, waitedMs, holders }, message);
    this.#onIncident("timeout");
  }

  refuse(event: EventOf<"pool:refuse">): void {
    const { books, recorder, clock } = this.#parts;
    const now = clock.now();
    books.get(event.pool).counts.refused.add(now);
    recorder.record("pool:refuse", event, now);
  }

  state(event: EventOf<"pool:state">): void {
    const { recorder, clock } = this.#parts;
    if (event.state === "draining") this.#draining.add(event.pool);
    else this.#draining.delete(event.pool);
    recorder.record("pool:state", event, clock.now());
  }

  leak(event: EventOf<"pool:leak">): void {
    const { pool, kind, holder } = event;
    const { books, recorder, clock, leaks, traces, log, timeOfDay } = this.#parts;
    const now = clock.now();
    const at = timeOfDay();
    recorder.record("pool:leak", event, now);
    const view = viewHolder(holder, { leak: true, traceId: traces.of(pool, holder.leaseId) });
    const isKnown = kind === "returned" || (kind === "reclaimed" && leaks.isOpen(pool, holder.leaseId));
    const leak = leaks[kind](pool, view, at);
    if (leak === undefined) return;
    const who = `lease ${String(holder.leaseId)}${holder.label === undefined ? "" : ` (${JSON.stringify(holder.label)})`}`;
    const held = `${String(Math.round(holder.heldMs))} ms`;
    const level = kind === "returned" ? "info" : "warn";
    log.write(
      level,
      { event: `leak-${kind}`, ...leak },
      `${who} of pool ${JSON.stringify(pool)} ${LEAKS[kind]} ${held}`,
    );
    if (isKnown) return;
    books.get(pool).counts.leaks.add(now);
    this.#onIncident("leak");
  }
}

const LEAKS = {
  held: "has been held for",
  dropped: "was dropped without a release, after",
  returned: "has come back late, after",
  reclaimed: "was taken away, after",
} as const;
