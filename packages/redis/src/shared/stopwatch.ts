import { type Outgoing } from "./outgoing.js";
import { type RoundTrips } from "./round-trips.js";

/** Times one command after the other on its way to the server and back. */
export class Stopwatch {
  readonly #roundTrips: RoundTrips;
  #timed: Outgoing | undefined;
  #since = 0;

  constructor(roundTrips: RoundTrips) {
    this.#roundTrips = roundTrips;
  }

  sent(command: Outgoing, now: number): void {
    if (this.#timed !== undefined) return;
    this.#timed = command;
    this.#since = now;
  }

  /** Something has come from the server. */
  heard(now: number): void {
    if (this.#timed?.isSettled !== true) return;
    this.#timed = undefined;
    this.#roundTrips.add(now - this.#since);
  }
}
