import { type Job } from "./job.js";

/** Jobs in the order of their calls. Those that have settled meanwhile (aborted) are dropped when their turn comes. */
export class Queue {
  #jobs: Job[] = [];
  #head = 0;

  /** Jobs in it, those not counted that have settled and stand first. */
  get length(): number {
    this.#skipSettled();
    return this.#jobs.length - this.#head;
  }

  /** When the first one came; Infinity when there is none. */
  get oldest(): number {
    this.#skipSettled();
    return this.#jobs[this.#head]?.enqueuedAt ?? Infinity;
  }

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** Back to the front, for those that had their turn and did not begin. */
  putBack(jobs: readonly Job[]): void {
    this.#jobs = [...jobs, ...this.#jobs.slice(this.#head)];
    this.#head = 0;
  }

  shift(): Job | undefined {
    this.#skipSettled();
    const job = this.#jobs[this.#head];
    if (job !== undefined) this.#advance();
    return job;
  }

  /** The first `most`. */
  take(most: number): Job[] {
    const taken: Job[] = [];
    while (taken.length < most) {
      const job = this.shift();
      if (job === undefined) break;
      taken.push(job);
    }
    return taken;
  }

  /** Those that came before a time. */
  takeOlder(before: number): Job[] {
    const taken: Job[] = [];
    while (this.oldest <= before && this.oldest !== Infinity) taken.push(...this.take(1));
    return taken;
  }

  #skipSettled(): void {
    while (this.#jobs[this.#head]?.settled === true) this.#advance();
  }

  #advance(): void {
    this.#head++;
    // Array.shift moves everything behind it; cutting now and then does not.
    if (this.#head === this.#jobs.length) {
      this.#jobs = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
  }
}
