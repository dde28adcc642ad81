import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { healthy, type Conditions } from "./faults.js";

/** What a pipe tells its link. */
export interface PipeEvents {
  passed(bytes: number): void;
  /** Bytes or the end of the stream were lost, so nothing that follows is forwarded any more. */
  lost(): void;
  cut(how: Conditions["cut"]): void;
}

interface Parcel {
  /** `undefined` is the end of the stream. */
  readonly chunk: Buffer | undefined;
  readonly due: number;
}

// More than this is left with the sender.
const MOST_QUEUED = 1 << 20;
const SLICES_PER_SECOND = 50;

/** Carries bytes from one socket to another, in order, under conditions that may change at any time. */
export class Pipe {
  conditions: Conditions;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #random: () => number;
  readonly #events: PipeEvents;
  readonly #queue: Parcel[] = [];
  readonly #ended = new AbortController();
  #queued = 0;
  #lost = false;
  #wake: () => void = () => undefined;

  constructor(from: Socket, to: Socket, conditions: Conditions, random: () => number, events: PipeEvents) {
    this.#from = from;
    this.#to = to;
    this.conditions = { ...conditions };
    this.#random = random;
    this.#events = events;
    from.on("data", (chunk) => this.#take(chunk));
    from.on("end", () => this.#take(undefined));
    void this.#carry().catch(() => undefined); // it ends when the link does
  }

  /** Changes some of the conditions, also for bytes that are on their way. */
  change(conditions: Partial<Conditions>): void {
    this.conditions = { ...this.conditions, ...conditions };
    this.#wake();
  }

  heal(): void {
    this.change(healthy());
  }

  end(): void {
    this.#ended.abort();
    this.#wake();
  }

  /** Whether the end of the stream would be forwarded, too. */
  get passes(): boolean {
    return !this.#lost && this.conditions.flow === "pass";
  }

  /** From now on nothing is forwarded, for good. */
  lose(): void {
    this.#lost = true;
    this.#queue.length = 0;
    this.#queued = 0;
    this.#from.resume();
  }

  #vanish(): void {
    this.lose();
    this.#events.lost();
  }

  #take(chunk: Buffer | undefined): void {
    if (this.#lost) return;
    if (this.conditions.flow === "vanish") return this.#vanish();
    const { latency, jitter } = this.conditions;
    const delay = Math.max(0, latency + jitter * (2 * this.#random() - 1));
    // One that is due before those ahead of it waits for them: a stream keeps its order.
    this.#queue.push({ chunk, due: performance.now() + delay });
    this.#queued += chunk?.length ?? 0;
    if (this.#queued > MOST_QUEUED) this.#from.pause();
    this.#wake();
  }

  async #carry(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const parcel = this.#queue[0];
      const wait = parcel ? parcel.due - performance.now() : 0;
      if (!parcel || this.conditions.flow === "stall") await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (wait > 0) await sleep(wait, undefined, { signal });
      else if (this.conditions.flow === "vanish") this.#vanish();
      else {
        this.#queue.shift();
        this.#queued -= parcel.chunk?.length ?? 0;
        if (this.#queued <= MOST_QUEUED) this.#from.resume();
        if (parcel.chunk) await this.#send(parcel.chunk);
        else this.#to.end();
      }
    }
  }

  async #send(chunk: Buffer): Promise<void> {
    const { signal } = this.#ended;
    for (let rest = chunk; rest.length > 0 && !this.#lost && !signal.aborted;) {
      const { bandwidth, limit, cut } = this.conditions;
      const slice = rest.subarray(0, Math.min(limit, Math.max(1, Math.ceil(bandwidth / SLICES_PER_SECOND))));
      rest = rest.subarray(slice.length);
      this.conditions.limit -= slice.length;
      this.#events.passed(slice.length);
      await this.#write(slice);
      if (this.conditions.limit <= 0) {
        this.#events.cut(cut);
        return;
      }
      if (bandwidth !== Infinity) await sleep((slice.length / bandwidth) * 1000, undefined, { signal });
    }
  }

  /** Waits for a slow reader, but not for one that is gone. */
  async #write(slice: Buffer): Promise<void> {
    if (slice.length === 0 || this.#to.write(slice)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#to.off("drain", done).off("close", done);
        resolve();
      };
      this.#to.on("drain", done).on("close", done);
    });
  }
}
