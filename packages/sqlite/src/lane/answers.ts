import { type PoolError } from "@pool/core";
import { type Reply } from "../helper/protocol.js";
import { type Job } from "./job.js";

/** What a helper has answered to the jobs of one list, until each caller has been told. It answers in the order of the list. */
export class Answers {
  readonly #jobs: readonly Job[];
  readonly #replies: (Reply | undefined)[];
  #errors: Map<number, PoolError> | undefined;
  #told = 0;

  constructor(jobs: readonly Job[]) {
    this.#jobs = jobs;
    this.#replies = new Array<Reply | undefined>(jobs.length);
  }

  /** `error` is what a reply with one comes to for the caller. */
  add(at: number, reply: Reply, error: PoolError | undefined): void {
    this.#replies[at] = reply;
    if (error !== undefined) (this.#errors ??= new Map<number, PoolError>()).set(at, error);
  }

  has(at: number): boolean {
    return this.#replies[at] !== undefined;
  }

  /** Tells everybody who has not been told. */
  deliver(): void {
    for (; this.#told < this.#jobs.length; this.#told++) {
      const reply = this.#replies[this.#told];
      if (reply === undefined) return;
      this.#jobs[this.#told]?.reply(reply, this.#errors?.get(this.#told));
    }
  }
}
