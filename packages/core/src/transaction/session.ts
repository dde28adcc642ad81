import { readTransactionOptions, readWork } from "./arguments.js";
import type { Connection } from "./connection.js";
import { sessionEnded, sessionEndedReading, transactionEnded, transactionOpen } from "./failures.js";
import { ManualTransaction } from "./manual-transaction.js";
import { Occupancy } from "./occupancy.js";
import type { OpenTransactionOptions } from "./open-options.js";
import { OpenTransaction } from "./open-transaction.js";
import { readStatement, readUse } from "./read-statement.js";
import { withRetries } from "./retry.js";
import { runTransaction } from "./run-transaction.js";
import type { QueryArguments, Session, SqlResult, Transaction, TransactionOptions, UseArguments } from "./sql.js";
import type { StatementCall } from "./statement-run.js";

type Work<R, T> = (tx: Transaction<R>) => PromiseLike<T>;
type BeginOptions = Pick<TransactionOptions, "isolation" | "readOnly" | "mode">;

const BEGIN_OPTIONS = ["isolation", "readOnly", "mode"] as const;
const TRANSACTION_OPTIONS = [...BEGIN_OPTIONS, "signal", "label", "retries"] as const;

/** One connection, used statement by statement (automatic mode), or with transactions: in callback form, or from `begin` to `commit`. */
export class SqlSession<R> implements Session<R>, AsyncDisposable {
  readonly #connection: Connection<R>;
  readonly #occupancy: Occupancy;
  /** The transaction that `begin` has opened. */
  #manual: ManualTransaction<R> | undefined;
  #ending: Promise<Error | undefined> | undefined;

  constructor(connection: Connection<R>) {
    this.#connection = connection;
    this.#occupancy = new Occupancy(connection.place);
  }

  get inTransaction(): boolean {
    return this.#manual !== undefined || this.#occupancy.occupied;
  }

  query<Row = Record<string, unknown>>(...given: QueryArguments): Promise<SqlResult<Row>> {
    const { queryOptions } = this.#connection.context.driver;
    return this.#run(() => readStatement(queryOptions, ...given)) as Promise<SqlResult<Row>>; // the caller knows its rows
  }

  use<T>(...given: UseArguments<R, T>): Promise<T> {
    return this.#run(() => readUse(...given)) as Promise<T>; // what the work resolves with
  }

  async transaction<T>(work: Work<R, T>, options: Omit<TransactionOptions, "acquireTimeout"> = {}): Promise<T> {
    this.#occupancy.assertFree();
    if (this.#manual !== undefined) {
      readTransactionOptions(options, "transaction (a savepoint, since begin() has opened one)", ["label"]);
      return await this.#manual.scope.transaction(work);
    }
    return await this.#occupy("a transaction", async () => {
      readWork(work, "transaction");
      const { signal, label, readOnly, retries } = readTransactionOptions(options, "transaction", TRANSACTION_OPTIONS);
      const { context, place } = this.#connection;
      const begin = context.driver.begin(options);
      return await withRetries(context, { retries, signal }, async (attempt) => {
        const open = await this.#open({ signal, label: label ?? place.label, readOnly, attempt });
        return await runTransaction(open, begin, work, "commit");
      });
    });
  }

  async begin(options: BeginOptions = {}): Promise<void> {
    this.#occupancy.assertFree();
    if (this.#manual !== undefined) throw this.#stillOpen("begin: a transaction is open already");
    await this.#occupy("begin()", async () => {
      const { context, place } = this.#connection;
      const texts = context.driver.begin(readTransactionOptions(options, "begin", BEGIN_OPTIONS));
      const open = await this.#open({ label: place.label, readOnly: options.readOnly });
      this.#manual = await ManualTransaction.begin(open, texts);
    });
  }

  commit(): Promise<void> {
    return this.#finish("commit", (manual) => manual.commit());
  }

  rollback(): Promise<void> {
    if (this.#manual === undefined && this.#occupancy.refusal() === undefined) return Promise.resolve();
    return this.#finish("rollback", (manual) => manual.rollback());
  }

  async withoutConnection<T>(work: () => T | PromiseLike<T>): Promise<T> {
    readWork(work, "withoutConnection");
    if (this.#occupancy.ended) throw sessionEnded(this.#connection.place);
    const refuse = (): Error => this.#stillOpen("withoutConnection: a transaction would end with the connection");
    if (this.inTransaction) throw refuse();
    return await this.#connection.without(work, refuse);
  }

  /**
   * Waits for what was issued, stops who still reads, rolls back what was left open, and returns the connection. Idempotent, and never rejects: that a transaction
   * was left open is what it resolves with.
   */
  end(): Promise<Error | undefined> {
    return (this.#ending ??= this.#end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #run(read: () => StatementCall): Promise<unknown> {
    const refused = this.#occupancy.refusal();
    if (refused !== undefined) return Promise.reject(refused);
    if (this.#manual !== undefined) return this.#manual.scope.run(read);
    return this.#occupancy.share(async () => await this.#connection.statement(read()));
  }

  async #end(): Promise<Error | undefined> {
    this.#connection.reading.stop(sessionEndedReading);
    await this.#occupancy.end();
    const manual = this.#manual;
    this.#manual = undefined;
    const leftOpen = manual && this.#stillOpen("the session ended with a transaction open, which was rolled back");
    if (leftOpen !== undefined) await manual?.abandon(leftOpen);
    await this.#connection.end();
    return leftOpen;
  }

  async #open(options: OpenTransactionOptions): Promise<OpenTransaction<R>> {
    return new OpenTransaction(this.#connection, await this.#connection.take(options.signal), options);
  }

  async #finish(what: "commit" | "rollback", how: (manual: ManualTransaction<R>) => Promise<void>): Promise<void> {
    const [manual, { place }] = [this.#manual, this.#connection];
    this.#occupancy.assertFree();
    if (manual === undefined) throw transactionEnded(place, `${what}: no transaction is open in this session`);
    manual.assertMayEnd(what);
    await this.#occupy(what, async () => {
      this.#manual = undefined;
      await how(manual);
    });
  }

  #occupy<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#occupancy.occupy(what, async () => {
      try {
        return await work();
      } finally {
        if (this.#manual === undefined) this.#connection.rest();
      }
    });
  }

  #stillOpen(what: string): Error {
    return transactionOpen(this.#connection.place, `${what}; end it with commit() or rollback()`);
  }
}
