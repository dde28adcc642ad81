import type { EventOf } from "@pool/core";
import { Timing } from "../measure/timing.js";
import type { LockSnapshot } from "../snapshot/backend-snapshot.js";
import type { MonitorMeasures } from "../snapshot/measures.js";

interface Heard {
  readonly wait: Timing;
  readonly hold: Timing;
  acquired: number;
  failed: number;
  lost: number;
  held: number;
}

/** What has been heard of locks, by the kind of their backend. */
export class LockBook {
  readonly #kinds = new Map<string, Heard>();
  readonly #waits = new WeakMap<object, number>();

  waitStarts(event: object, now: number): void {
    this.#waits.set(event, now);
  }

  waited(event: EventOf<"lock:acquire">, now: number): void {
    const heard = this.#heard(event.kind);
    if (event.error !== undefined || event.token === undefined) {
      heard.failed++;
      return;
    }
    heard.wait.record(now - (this.#waits.get(event) ?? now));
    heard.acquired++;
    heard.held++;
  }

  released({ kind, heldMs }: EventOf<"lock:release">): void {
    this.#ended(this.#heard(kind), heldMs);
  }

  lost({ kind, heldMs }: EventOf<"lock:lost">): void {
    const heard = this.#heard(kind);
    heard.lost++;
    this.#ended(heard, heldMs);
  }

  turn(moveOn: boolean): void {
    for (const { wait, hold } of this.#kinds.values()) {
      wait.turn(moveOn);
      hold.turn(moveOn);
    }
  }

  list(): LockSnapshot[] {
    return Array.from(this.#kinds, ([kind, { held, acquired, failed, lost, wait, hold }]) => ({
      kind,
      held,
      acquired,
      failed,
      lost,
      wait: wait.summarise(),
      hold: hold.summarise(),
    })).sort((one, other) => (one.kind < other.kind ? -1 : 1));
  }

  measure(): MonitorMeasures["locks"] {
    return this.list().map((lock) => {
      const { wait, hold } = this.#heard(lock.kind);
      return { ...lock, waitTime: wait.total(), holdTime: hold.total() };
    });
  }

  #ended(heard: Heard, heldMs: number): void {
    heard.hold.record(heldMs);
    // One that was taken before the monitor came is not counted as held.
    if (heard.held > 0) heard.held--;
  }

  #heard(kind: string): Heard {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const heard: Heard = { wait: new Timing(), hold: new Timing(), acquired: 0, failed: 0, lost: 0, held: 0 };
    this.#kinds.set(kind, heard);
    return heard;
  }
}
