import { type Job } from "./job.js";

/** What holds for all jobs of one list. */
export interface ListOptions {
  readonly writes: boolean;
  readonly timeout: number;
  /** It takes long. `back` are the jobs that were taken back before they began. */
  onSlow(back: readonly Job[]): void;
}
