import { type Lease } from "@pool/core";
import { type PostgresConnection } from "../connection/connection.js";
import { CLEAN } from "../connection/dirt.js";
import { rememberedDirt } from "../connection/session-dirt.js";
import { type Home } from "./home.js";
import { LentClient } from "./lent-client.js";
import { releasedError } from "./pg-error.js";
import { type PgStatement } from "./pg-statement.js";
import { type Seat } from "./seat.js";

/** A client that stands for a connection nobody holds: it tells and is told, and runs nothing. */
export function residentOf(home: Home, seat: Seat): LentClient {
  return new LentClient(home, seat, new NoLease(home.poolName, seat.connection));
}

/** A client for those who prepare a new connection; runs statements until it is closed, and remembers what they leave behind. */
export class SetupClient {
  readonly client: LentClient;
  readonly remembered: PgStatement[] = [];
  readonly #lease: NoLease;

  constructor(home: Home, seat: Seat) {
    this.#lease = new NoLease(home.poolName, seat.connection, true);
    this.client = new LentClient(home, seat, this.#lease, (statement) => {
      if (rememberedDirt(statement.text) !== CLEAN) this.remembered.push(statement);
    });
  }

  close(): void {
    this.#lease.active = false;
  }
}

/** What a lent client takes for a lease where the pool has not lent anything. */
class NoLease implements Lease<PostgresConnection> {
  readonly id = 0;
  readonly #pool: string;
  readonly #connection: PostgresConnection;
  active: boolean;

  constructor(pool: string, connection: PostgresConnection, active = false) {
    this.#pool = pool;
    this.#connection = connection;
    this.active = active;
  }

  get resource(): PostgresConnection {
    if (!this.active) throw releasedError(this.#pool);
    return this.#connection;
  }

  release(): void {
    this.active = false;
  }

  destroy(): void {
    this.active = false;
    void this.#connection.close(false);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  async track<T>(_statement: string, work: () => PromiseLike<T>): Promise<T> {
    return await work();
  }
}
