import { type Link } from "./link.js";
import { type Home } from "./outgoing.js";
import { type RoundTrips } from "./round-trips.js";

/**
 * `clear` takes commands · `checking` it was idle for long, and is asked first whether it is still there · `silent` something was sent and nothing has come
 * back for too long: the server is busy, or the line is cut · `retired` another one has taken its place · `ended`.
 */
export type LinkState = "clear" | "checking" | "silent" | "retired" | "ended";

export interface LinkOptions {
  readonly home: Home;
  /** A link that was idle for less is used without a check, in ms. */
  readonly validateIfIdleFor: number;
  /** It is replaced at this age, in ms. */
  readonly lifetime: number;
  /** Commands that may be in flight while the server is so slow that the first of them has run out of time. */
  readonly maxQueued: number;
  /** How long answers take over this line. */
  readonly roundTrips: RoundTrips;
}

export interface LinkOwner {
  /** Something is to be looked at, at that time. */
  expect(link: Link): void;
  /** It takes commands again. */
  cleared(link: Link): void;
  ended(link: Link, cause: unknown): void;
}
