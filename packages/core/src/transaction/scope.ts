import { transactionBusy, transactionEnded, type Refusal } from "./failures.js";
import { readWork } from "./arguments.js";
import type { OpenTransaction } from "./open-transaction.js";
import { runSavepoint } from "./run-savepoint.js";
import { readStatement, readUse } from "./read-statement.js";
import type { QueryArguments, SqlResult, Transaction, UseArguments } from "./sql.js";
import type { StatementCall } from "./statement-run.js";

/**
 * What the work of a transaction or savepoint is handed. It decides what may still be asked: nothing while a savepoint inside it is open
 * (that would run inside the savepoint), nothing after its end. What was issued before the end is waited for.
 */
export class TransactionScope<R> implements Transaction<R> {
  readonly depth: number;
  readonly outer: TransactionScope<R> | undefined;
  readonly #open: OpenTransaction<R>;
  readonly #pending = new Set<Promise<unknown>>();
  /** `closing`: its work is done, and what it issued without waiting still runs. */
  #state: "open" | "closing" | "ended" = "open";
  #endedBy: unknown;
  /** The savepoint that is open in it. */
  #inner: TransactionScope<R> | undefined;

  constructor(open: OpenTransaction<R>, outer?: TransactionScope<R>) {
    this.#open = open;
    this.outer = outer;
    this.depth = outer === undefined ? 0 : outer.depth + 1;
  }

  query<Row = Record<string, unknown>>(...given: QueryArguments): Promise<SqlResult<Row>> {
    const { queryOptions } = this.#open.context.driver;
    return this.run(() => readStatement(queryOptions, ...given)) as Promise<SqlResult<Row>>; // the caller knows its rows
  }

  use<T>(...given: UseArguments<R, T>): Promise<T> {
    return this.run(() => readUse(...given)) as Promise<T>; // what the work resolves with
  }

  /** One statement that `read` checks, or what stands for one. */
  run(read: () => StatementCall): Promise<unknown> {
    return this.#admit(async () => await this.#open.statement(read(), this.refusal));
  }

  transaction<T>(work: (tx: Transaction<R>) => PromiseLike<T>): Promise<T> {
    return this.#admit(async () => {
      readWork(work, "transaction");
      this.#inner = this.#open.newScope(this);
      try {
        return await runSavepoint(this.#open, this.#inner, work);
      } finally {
        this.#inner = undefined;
      }
    });
  }

  /** A savepoint is open in it. */
  get busy(): boolean {
    return this.#inner !== undefined;
  }

  /** Takes nothing new; what was issued before may still run. */
  close(): void {
    if (this.#state === "open") this.#state = "closing";
  }

  /** Waits for what was issued and not waited for. Rejects with the first failure among it: nobody else has seen that one. */
  async drain(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#pending);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Nothing starts any more, in it and in the savepoints inside it; not even what waits for its turn. */
  end(cause?: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#endedBy = cause;
    // Who asked for those that are dropped now gets to know by the transaction's own rejection.
    void Promise.allSettled(this.#pending);
    this.#inner?.end(cause);
  }

  /** Why what waits for its turn may not run. */
  readonly refusal: Refusal = () => {
    if (this.#state !== "ended") return undefined;
    return transactionEnded(this.#open.place, `${this.#name} has ended, and was used after it`, this.#endedBy);
  };

  // Every promise that it gives out is the one it keeps, so that one that nobody awaits is an unhandled rejection as anywhere else.
  #admit<T>(start: () => Promise<T>): Promise<T> {
    const refused = this.#refusalOfNew();
    if (refused !== undefined) return Promise.reject(refused);
    const run = async (): Promise<T> => {
      try {
        return await start();
      } finally {
        this.#pending.delete(issued);
      }
    };
    const issued = run();
    this.#pending.add(issued);
    return issued;
  }

  #refusalOfNew(): Error | undefined {
    if (this.#state === "closing")
      return transactionEnded(this.#open.place, `${this.#name} has ended, and was used after it`);
    if (!this.busy) return this.refusal();
    const why = `a savepoint is open in ${this.#name}: what is asked for meanwhile would run inside it; use the savepoint's own handle, or await it first`;
    return this.refusal() ?? transactionBusy(this.#open.place, why);
  }

  get #name(): string {
    return this.depth === 0 ? "the transaction" : `the savepoint at depth ${String(this.depth)}`;
  }
}
