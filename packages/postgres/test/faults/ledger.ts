import { type PostgresServer } from "@pool/testing";
import { expect } from "vitest";
import { type Operation } from "./load.js";

/** What the load writes to: tables in a database of their own, without keys, so that a row which is written twice is there twice. */
export class Ledger {
  readonly server: PostgresServer;
  /** Of the database. */
  readonly url: string;

  private constructor(server: PostgresServer, url: string) {
    this.server = server;
    this.url = url;
  }

  static async create(server: PostgresServer): Promise<Ledger> {
    const ledger = new Ledger(server, await server.createDatabase());
    await ledger.sql("create table ledger (id int not null, kind text not null)");
    // Many rows, so that transactions do not stand in line for one.
    await ledger.sql("create table counter (id int primary key, n int not null)");
    await ledger.sql("insert into counter select id, 0 from generate_series(0, 63) id");
    return ledger;
  }

  /** Runs SQL over the server's Unix socket, past every fault of the line. */
  async sql(text: string): Promise<readonly Readonly<Record<string, string | null>>[]> {
    return await this.server.sql(text, { database: new URL(this.url).pathname.slice(1) });
  }

  /**
   * Compares what is in the database with what callers were told: what was acknowledged is there once, what was not sent is not there, and
   * nothing is there twice. Of transactions all is known but an unknown COMMIT.
   */
  async expectExact(operations: readonly Operation[]): Promise<void> {
    const rows = await this.sql("select id, count(*) as n from ledger group by id");
    const written = new Map(rows.map(({ id, n }) => [Number(id), Number(n)]));
    const wrong = operations.filter(({ id, kind, outcome }) => {
      const times = written.get(id) ?? 0;
      if (kind !== "read" && outcome === "ok") return times !== 1;
      return times > mostTimes(kind, outcome);
    });
    expect(wrong.map((operation) => ({ ...operation, times: written.get(operation.id) ?? 0 }))).toEqual([]);
    const ids = new Set(operations.map(({ id }) => id));
    expect([...written.keys()].filter((id) => !ids.has(id))).toEqual([]);
    const [counter] = await this.sql("select sum(n) as n from counter");
    const [counted] = await this.sql("select count(*) as n from ledger where kind = 'transaction'");
    expect(Number(counter?.n)).toBe(Number(counted?.n));
  }
}

/** Errors of who never got a connection: of these it is certain that nothing was sent. */
const UNSENT = new Set(["ACQUIRE_TIMEOUT", "QUEUE_FULL", "UNAVAILABLE", "POOL_CLOSED"]);

function mostTimes(kind: Operation["kind"], outcome: string): number {
  if (kind === "read" || UNSENT.has(outcome)) return 0;
  return kind === "write" || outcome === "OUTCOME_UNKNOWN" ? 1 : 0;
}
