import { type Lease } from "@pool/core";
import { AsyncResource } from "node:async_hooks";
import pg from "pg";
import { type PostgresConnection } from "../connection/connection.js";
import { asCallback, settle } from "./callbacks.js";
import { type Home } from "./home.js";
import { Order } from "./order.js";
import { CONNECTED, RELEASED_TWICE, releasedError } from "./pg-error.js";
import { type PgResult } from "./pg-result.js";
import {
  callbackIn,
  isForDriver,
  isSubmittable,
  type PgStatement,
  readStatement,
  sendToDriver,
  type Submittable,
} from "./pg-statement.js";
import { runStatement } from "./run-statement.js";
import { emitterOf, type Seat } from "./seat.js";

/**
 * A connection in the hands of one holder, as a `pg.PoolClient`. Each loan has its own, so that what a holder does after the release, another
 * release included, cannot reach the next holder; listeners go with it. Behaves as a `pg.Client` that is connected.
 */
export class LentClient {
  readonly #home: Home;
  readonly #seat: Seat;
  readonly #lease: Lease<PostgresConnection>;
  readonly #ran: ((statement: PgStatement) => void) | undefined;
  #isReleased = false;
  readonly #order = new Order();
  /** Gives the connection back, or has it closed. @throws Error when it was called before */
  readonly release: (error?: unknown) => void;

  /** @param ran told of each statement that has succeeded */
  constructor(home: Home, seat: Seat, lease: Lease<PostgresConnection>, ran?: (statement: PgStatement) => void) {
    this.#home = home;
    this.#seat = seat;
    this.#lease = lease;
    this.#ran = ran;
    // A property of its own, since programs pass it on without its object.
    this.release = (error) => {
      if (this.#isReleased) throw new Error(RELEASED_TWICE);
      this.#giveBack(error);
    };
  }

  /** The seat of a client, for what reads the driver's properties. */
  static seatOf(client: LentClient): Seat {
    return client.#seat;
  }

  /** Resolves when no statement of this client is under way, and none follows the last one at once. */
  static async quiet(client: LentClient): Promise<void> {
    await client.#order.quiet();
  }

  static listens(client: LentClient): void {
    const isHeld = !client.#isReleased && client.#lease.active;
    if (isHeld && client.#seat.resident !== client) client.#seat.listener = client;
  }

  get connection(): pg.Connection {
    return this.#lease.resource.client.connection;
  }

  query(query: unknown, values?: unknown, callback?: unknown): unknown {
    if (typeof values === "function") return this.query(query, undefined, values);
    if (query === null || query === undefined) throw new TypeError("Client was passed a null or undefined query");
    if (isSubmittable(query)) return this.#submit(query, callback);
    const call = callback ?? callbackIn(query);
    const outcome = isForDriver(query) ? this.#runByDriver(query, values) : this.#run(query, values);
    return settle(outcome, call, null);
  }

  connect(callback?: unknown): Promise<never> | undefined {
    return settle(Promise.reject(new Error(CONNECTED)), callback, null);
  }

  /** Has the connection closed. A release may follow. */
  end(callback?: unknown): Promise<void> | undefined {
    return settle(this.#end(), callback, null);
  }

  [Symbol.dispose](): void {
    if (!this.#isReleased) this.#giveBack(undefined);
  }

  #run(query: unknown, values: unknown): Promise<PgResult> {
    return new Promise((resolve) => this.#order.next(() => resolve(this.#perform(query, values))));
  }

  async #perform(query: unknown, values: unknown): Promise<PgResult> {
    try {
      if (this.#isReleased) throw releasedError(this.#home.poolName);
      const statement = readStatement(query, values, this.#home.names);
      const result = await runStatement(this.#lease, statement, this.#home.queryTimeout);
      this.#ran?.(statement);
      return result;
    } finally {
      this.#order.ends();
    }
  }

  #runByDriver(query: object, values: unknown): Promise<PgResult> {
    return new Promise<PgResult>((resolve, reject) => {
      const done = (error: Error | undefined, result: unknown): void =>
        error ? reject(error) : resolve(result as PgResult); // pg's own result
      this.#submit(new pg.Query(query as pg.QueryConfig, values as unknown[], done) as Submittable, undefined);
    });
  }

  /** Hands an object to the driver, behind the statements that were issued before it. */
  #submit(query: Submittable, callback: unknown): Submittable {
    const bound = callback === undefined ? undefined : AsyncResource.bind(asCallback(callback));
    this.#order.behind(() => {
      if (query.callback === undefined && bound !== undefined) query.callback = bound;
      this.#send(query);
    });
    return query;
  }

  #send(query: Submittable): void {
    const { driver } = this.#seat;
    try {
      if (this.#isReleased || !this.#lease.active) throw releasedError(this.#home.poolName);
      sendToDriver(query, this.#lease.resource, driver);
    } catch (error) {
      process.nextTick(() => {
        query.handleError?.(error, driver.connection);
        emitterOf(this).emit("drain"); // as when the driver is done with it
      });
    }
  }

  async #end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#seat.driver.once("end", () => resolve()));
    if (!this.#lease.active) throw releasedError(this.#home.poolName);
    this.#lease.destroy();
    await ended;
  }

  #giveBack(error: unknown): void {
    this.#isReleased = true;
    this.#home.returned(this, this.#seat, error);
    if (error) this.#lease.destroy(error instanceof Error ? error : undefined);
    else this.#lease.release();
  }
}
