import { type EventEmitter } from "node:events";
import { type PostgresConnection } from "../connection/connection.js";
import { type Home } from "./home.js";
import { type LentClient } from "./lent-client.js";
import { residentOf } from "./resident.js";
import { Seat, type SeatEvents } from "./seat.js";

/** Whom events are told. */
export type Teller = Pick<EventEmitter, "emit" | "listenerCount">;

/** The connections that a facade has seen, and what it tells about them. */
export class Seats implements SeatEvents {
  readonly #home: Home & Teller;
  readonly #byConnection = new WeakMap<PostgresConnection, Seat>();
  readonly #open = new Set<Seat>();
  /** Those that have been opened by somebody else, and not been told of yet. */
  readonly #unannounced = new WeakSet<Seat>();

  constructor(home: Home & Teller) {
    this.#home = home;
  }

  /** The seat of a connection, made at first sight. */
  of(connection: PostgresConnection): Seat {
    const known = this.#byConnection.get(connection);
    if (known !== undefined) return known;
    const seat = new Seat(connection, this);
    seat.resident = residentOf(this.#home, seat);
    this.#byConnection.set(connection, seat);
    this.#open.add(seat);
    this.#unannounced.add(seat);
    return seat;
  }

  /** Tells of a connection that is new here, once. */
  announce(seat: Seat, client: LentClient): void {
    if (this.#unannounced.delete(seat)) this.#home.emit("connect", client);
  }

  lentLongerThan(age: number): number {
    const before = performance.now() - age;
    let count = 0;
    for (const seat of this.#open) if (seat.isLent && seat.openedAt < before) count += 1;
    return count;
  }

  idleError(error: Error, { resident }: Seat): void {
    Object.defineProperty(error, "client", { value: resident, enumerable: false, configurable: true });
    // Nobody has to listen: a connection that is lost while idle is replaced, and no reason to end the process.
    if (this.#home.listenerCount("error") > 0) this.#home.emit("error", error, resident);
  }

  ended(seat: Seat): void {
    this.#open.delete(seat);
    this.#home.emit("remove", seat.resident);
  }
}
