import { type Job } from "./job.js";

/** A list that is still under way after this time, in ms, is looked at: what has not begun is better off elsewhere. */
export const SLOW_MS = 10;

/** What holds for all jobs of one list. */
export interface ListOptions {
  readonly writes: boolean;
  readonly timeout: number;
  /** It has taken {@link SLOW_MS}. `back` are the jobs that were taken back before they began. */
  onSlow(back: readonly Job[]): void;
}
