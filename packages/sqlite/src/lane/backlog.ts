import { type Job } from "./job.js";
import { Queue } from "./queue.js";

// As many as share a hop without the first reply having to wait for the last statement for long.
const MOST_IN_LIST = 64;
// Fewer than this are not worth a second hop.
const FEWEST_IN_LIST = 8;

/** What waits in a lane: quick statements, which share a list, and those that are sent alone. */
export class Backlog {
  readonly #quick = new Queue();
  readonly #alone = new Queue();

  get length(): number {
    return this.#quick.length + this.#alone.length;
  }

  /** When the first one came; Infinity when there is none. */
  get oldest(): number {
    return Math.min(this.#quick.oldest, this.#alone.oldest);
  }

  /** How long to wait for a connection: as long as the one that has waited longest still may, of `acquireTimeout` ms. */
  patience(acquireTimeout: number): number {
    const { oldest } = this;
    return oldest === Infinity ? acquireTimeout : Math.max(0, oldest + acquireTimeout - performance.now());
  }

  push(job: Job): void {
    (job.alone ? this.#alone : this.#quick).push(job);
  }

  /** Quick ones back to the front, for those that had their turn and did not begin. */
  putBack(jobs: readonly Job[]): void {
    if (jobs.length > 0) this.#quick.putBack(jobs);
  }

  /** Connections that it is worth to borrow, when `room` more may run alone. */
  lists(room: number): number {
    return Math.ceil(this.#quick.length / FEWEST_IN_LIST) + Math.max(0, Math.min(this.#alone.length, room));
  }

  /** What one connection gets, when `room` more may run alone and the quick ones are shared among so many connections. */
  take(room: number, connections: number): Job[] {
    const mayRunAlone = Math.min(this.#alone.length, room);
    const alone = mayRunAlone > 0 && this.#alone.oldest <= this.#quick.oldest ? this.#alone.shift() : undefined;
    // It may have become known as quick while it waited.
    if (alone !== undefined && (alone.alone || this.#quick.length === 0)) return [alone];
    const share = Math.ceil(this.#quick.length / Math.max(1, connections));
    const jobs = this.#quick.take(Math.min(MOST_IN_LIST, Math.max(FEWEST_IN_LIST, share)));
    if (alone !== undefined) jobs.unshift(alone);
    return jobs;
  }

  /** All that are sent alone. */
  takeAlone(): Job[] {
    return this.#alone.take(Infinity);
  }

  /** Those that came before a time. */
  takeOlder(before: number): Job[] {
    return [...this.#quick.takeOlder(before), ...this.#alone.takeOlder(before)];
  }
}
