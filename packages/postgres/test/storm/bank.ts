import { isPoolError } from "@pool/core";
import { type PostgresServer } from "@pool/testing";
import { expect } from "vitest";

export const ACCOUNTS = 40;
export const START = 1_000;

/** What became of an operation: `unknown` may be there or not, `refused` may not. */
export type Fate = "done" | "unknown" | "refused";

/** Errors after which a single statement may have taken effect, as it may after an abort; all others were told by the server or before sending. */
const IN_DOUBT = new Set(["RESOURCE_LOST", "QUERY_TIMEOUT", "OUTCOME_UNKNOWN", "LEASE_ENDED", "STATEMENT_CANCELLED"]);

/** What a storm may be told; all else is a fault of ours. */
const EXPECTED = new Set([
  ...IN_DOUBT,
  "ACQUIRE_TIMEOUT",
  "UNAVAILABLE",
  "QUEUE_FULL",
  "SERIALIZATION_FAILURE",
  "DEADLOCK",
  "CONSTRAINT_FAILED",
  "TRANSACTION_ENDED",
  "TRANSACTION_OPEN",
]);

/** Accounts and a journal of operations in a database of their own, and what callers were told of each. */
export class Bank {
  readonly fates = new Map<number, Fate>();
  readonly told = new Map<string, number>();
  readonly surprises: unknown[] = [];
  readonly url: string;
  readonly #server: PostgresServer;
  #nextId = 1;

  private constructor(server: PostgresServer, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(server: PostgresServer): Promise<Bank> {
    const bank = new Bank(server, await server.createDatabase());
    // No key on the journal, so that what is done twice is there twice.
    await bank.sql(`create table account (id int primary key, balance int not null check (balance >= 0));
      create table journal (id int not null, kind text not null);
      insert into account select id, ${START} from generate_series(0, ${ACCOUNTS - 1}) id`);
    return bank;
  }

  async sql(text: string) {
    return await this.#server.sql(text, { database: new URL(this.url).pathname.slice(1) });
  }

  /** Runs one operation, and notes what became of it. `isAtomic`: it is a transaction, of which only an unknown COMMIT is in doubt. */
  async attempt(isAtomic: boolean, work: (id: number) => Promise<unknown>, signal?: AbortSignal): Promise<void> {
    const id = this.#nextId++;
    const told = await this.#tell(() => work(id), signal);
    const isInDoubt = isAtomic ? told === "OUTCOME_UNKNOWN" : told === "aborted" || IN_DOUBT.has(told);
    this.fates.set(id, told === "done" ? "done" : isInDoubt ? "unknown" : "refused");
  }

  /** Runs what writes nothing. */
  async look(work: () => Promise<unknown>, signal?: AbortSignal): Promise<void> {
    await this.#tell(work, signal);
  }

  async #tell(work: () => Promise<unknown>, signal: AbortSignal | undefined): Promise<string> {
    let told = "done";
    try {
      await work();
    } catch (error) {
      const isAbort = signal?.aborted === true && error === signal.reason;
      told = isPoolError(error) ? error.code : isAbort ? "aborted" : "surprise";
      if (!isAbort && !EXPECTED.has(told)) this.surprises.push(error);
    }
    this.told.set(told, (this.told.get(told) ?? 0) + 1);
    return told;
  }

  /** Money is conserved, what was acknowledged is there once, what is in doubt at most once, what was refused not at all. */
  async expectExact(): Promise<void> {
    expect(this.surprises).toEqual([]);
    const [sum] = await this.sql("select sum(balance) as total, count(*) as n from account");
    expect(sum).toEqual({ total: String(ACCOUNTS * START), n: String(ACCOUNTS) });
    const rows = await this.sql("select id, count(*) as n from journal group by id");
    const written = new Map(rows.map(({ id, n }) => [Number(id), Number(n)]));
    const wrong = [...this.fates].filter(([id, fate]) => {
      const times = written.get(id) ?? 0;
      return fate === "done" ? times !== 1 : times > (fate === "unknown" ? 1 : 0);
    });
    expect(wrong.map(([id, fate]) => ({ id, fate, times: written.get(id) ?? 0 }))).toEqual([]);
    expect([...written.keys()].filter((id) => !this.fates.has(id))).toEqual([]);
  }
}
