import { type PoolError } from "@pool/core";
import { resultOf, type SqliteResult } from "../handle/handle.js";
import { type Reply } from "../helper/protocol.js";
import { type Job } from "./job.js";

/** What each job of one list comes to there, for those who want to know; undefined when it was taken back. */
export class Outcomes {
  readonly #watched = new Map<Job, PromiseWithResolvers<SqliteResult | undefined>>();

  constructor(jobs: readonly Job[]) {
    for (const job of jobs) this.#watched.set(job, Promise.withResolvers<SqliteResult | undefined>());
  }

  /** In the order of the jobs. */
  get promises(): Promise<SqliteResult | undefined>[] {
    return Array.from(this.#watched.values(), ({ promise }) => promise);
  }

  /** `error` is what an answer with an error comes to for the caller. */
  answered(job: Job, reply: Reply, error: PoolError | undefined): void {
    if (reply.error === undefined) this.#watched.get(job)?.resolve(resultOf(reply));
    else this.failed(job, error);
  }

  failed(job: Job, error: unknown): void {
    this.#watched.get(job)?.reject(error);
  }

  takenBack(job: Job): void {
    this.#watched.get(job)?.resolve(undefined);
  }
}
