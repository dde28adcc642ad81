import { type Lease } from "@pool/core";
import { type PostgresConnection } from "../connection/connection.js";
import { Ending } from "./ending.js";
import { acquireErrorOf, endedError } from "./pg-error.js";
import { type Seat } from "./seat.js";
import { type Seats } from "./seats.js";
import { type Source } from "./source.js";

/** How a facade gets its leases, until it ends. */
export class Borrowing {
  readonly #source: Source;
  readonly #seats: Seats;
  readonly #ending: Ending;
  readonly #allowExit: boolean;
  #isEnded = false;

  constructor(source: Source, seats: Seats) {
    this.#source = source;
    this.#seats = seats;
    this.#ending = new Ending(source);
    this.#allowExit = source.allowExitOnIdle;
  }

  /** One that is free now. @throws PoolError `POOL_CLOSED` */
  free(): Lease<PostgresConnection> | undefined {
    const { pool } = this.#source;
    if (this.#isEnded) throw endedError(pool.name);
    const lease = pool.tryAcquire();
    if (lease !== undefined && this.#allowExit) this.#seats.of(lease.resource).ref();
    return lease;
  }

  /** Waits its turn. Rejects with what pg would, as far as it can be known. */
  async acquire(): Promise<Lease<PostgresConnection>> {
    // Somebody waits, so the process is not idle, even when every socket is about to be.
    const awake = this.#allowExit ? setInterval(() => undefined, 60_000) : undefined;
    using _ = this.#ending.hold();
    try {
      const lease = await this.#source.pool.acquire();
      if (this.#allowExit) this.#seats.of(lease.resource).ref();
      return lease;
    } catch (error) {
      throw acquireErrorOf(error);
    } finally {
      clearInterval(awake);
    }
  }

  giveBack(lease: Lease<PostgresConnection>): void {
    if (this.#allowExit && lease.active) this.rest(this.#seats.of(lease.resource));
    lease.release();
  }

  /** Its connection is idle from now on. */
  rest(seat: Seat): void {
    if (this.#allowExit && !this.#isEnded) seat.unref();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#ending.run();
  }
}
