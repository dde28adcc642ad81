import { type EventEmitter } from "node:events";
import pg from "pg";
import { Borrowing } from "./borrowing.js";
import { answer, safely, settle } from "./callbacks.js";
import { likePgClient } from "./client-facts.js";
import { type Home } from "./home.js";
import { LentClient } from "./lent-client.js";
import { ENDED_TWICE } from "./pg-error.js";
import { type PgResult } from "./pg-result.js";
import { callbackIn, isForDriver, isSubmittable, readStatement, type Submittable } from "./pg-statement.js";
import { submitTo } from "./pool-submit.js";
import { runStatement } from "./run-statement.js";
import { type Seat } from "./seat.js";
import { Seats } from "./seats.js";
import { type Source } from "./source.js";

/** `pg.Pool` as far as it is used here: its constructor fills in `options`, and nothing of its machinery runs. */
type Base = abstract new (config: pg.PoolConfig) => EventEmitter & {
  readonly options: pg.PoolOptions;
  ending: boolean;
  ended: boolean;
};
const PgPool = pg.Pool as unknown as Base; // with fewer members, which are all replaced here

// Called here: a bundler would drop a module that is imported for its effect alone.
likePgClient(LentClient.prototype);

/** A pool of ours that is a `pg.Pool`. */
export abstract class LentPool extends PgPool implements Home, AsyncDisposable {
  readonly names = new Map<string, string>();
  readonly #source: Source;
  readonly #borrowing: Borrowing;
  readonly #seats: Seats;

  constructor(config: pg.PoolConfig, source: (seats: Seats) => Source) {
    super(config);
    this.#seats = new Seats(this);
    this.#source = source(this.#seats);
    this.#borrowing = new Borrowing(this.#source, this.#seats);
  }

  get poolName(): string {
    return this.#source.pool.name;
  }

  get queryTimeout(): number {
    return this.#source.queryTimeout;
  }

  get totalCount(): number {
    const { size, closing } = this.#source.pool.stats;
    return size - closing;
  }

  get idleCount(): number {
    return this.#source.pool.stats.idle;
  }

  get waitingCount(): number {
    return this.#source.pool.stats.waiting;
  }

  get expiredCount(): number {
    return this.#seats.lentLongerThan(this.#source.maxLifetime);
  }

  connect(callback?: unknown): Promise<LentClient> | undefined {
    const lent = this.#lend();
    if (callback === undefined) return lent;
    const call = callback as (error: unknown, client: unknown, done: (error?: unknown) => void) => unknown;
    lent.then(
      (client) => safely(() => call(undefined, client, client.release)),
      (error: unknown) => safely(() => call(error, undefined, () => undefined)),
    );
    return undefined;
  }

  query(query: unknown, values?: unknown, callback?: unknown): unknown {
    if (typeof query === "function") return this.#refuseFunction(query as () => unknown);
    if (typeof values === "function") return this.query(query, undefined, values);
    if (isSubmittable(query)) return this.#submit(query, callback);
    const call = callback ?? callbackIn(query);
    const outcome = this.#query(query, values);
    return settle(outcome, call, undefined);
  }

  end(callback?: unknown): Promise<void> | undefined {
    const outcome = this.ending ? Promise.reject(new Error(ENDED_TWICE)) : this.#end();
    return settle(outcome, callback, undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ending) await this.end();
  }

  /** A lent client is on its way back. */
  returned(client: LentClient, seat: Seat, error: unknown): void {
    seat.isLent = false;
    if (seat.listener === client) seat.listener = undefined;
    this.emit("release", error, client);
    this.#borrowing.rest(seat);
  }

  async #query(query: unknown, values: unknown): Promise<PgResult> {
    if (this.#isWatched || isForDriver(query)) return await this.#queryWithClient(query, values);
    const statement = readStatement(query, values, this.names);
    const lease = this.#borrowing.free() ?? (await this.#borrowing.acquire());
    return await runStatement(lease, statement, this.#source.queryTimeout, this.#borrowing);
  }

  /** Somebody wants to see the client. */
  get #isWatched(): boolean {
    return this.listenerCount("acquire") > 0 || this.listenerCount("release") > 0;
  }

  async #queryWithClient(query: unknown, values: unknown): Promise<PgResult> {
    using client = await this.#lend();
    return await (client.query(query, values) as Promise<PgResult>); // no callback was given
  }

  #submit(query: Submittable, callback: unknown): Submittable {
    submitTo(this.#lend(), query, callback);
    return query;
  }

  async #lend(): Promise<LentClient> {
    const lease = this.#borrowing.free() ?? (await this.#borrowing.acquire());
    const seat = this.#seats.of(lease.resource);
    const client = new LentClient(this, seat, lease);
    seat.isLent = true;
    this.#seats.announce(seat, client);
    this.emit("acquire", client);
    return client;
  }

  async #end(): Promise<void> {
    this.ending = true;
    await this.#borrowing.end();
    this.ended = true;
  }

  #refuseFunction(callback: () => unknown): Promise<never> | undefined {
    const message = "Passing a function as the first parameter to pool.query is not supported";
    answer(Promise.reject(new Error(message)), callback, undefined);
    return undefined;
  }
}
