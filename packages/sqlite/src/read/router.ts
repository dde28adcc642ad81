import { type Statement } from "better-sqlite3";
import { PoolError, type QueryOptions, type Statement as BatchStatement, traced } from "@pool/core";
import { sqliteErrorOf, type Place } from "../errors.js";
import { resultOf, type SqliteResult } from "../handle/handle.js";
import { BoundedMap } from "../helper/lru.js";
import { type Values } from "../helper/protocol.js";
import { Job, QUICK_MS } from "../lane/job.js";
import { type Lane } from "../lane/lane.js";
import { type InThreadReader } from "./in-thread.js";
import { Plan } from "./plan.js";
import { Turn } from "./turn.js";
import { assertBindable } from "../handle/values.js";

export interface RouterOptions {
  readonly place: Place;
  readonly reader: InThreadReader;
  readonly threads: Lane;
  readonly processes: Lane;
  readonly writer: Lane;
  readonly queryTimeout: number;
  readonly planCache: number;
  /** Refuses a write that would wait for the very transaction it is called from. */
  readonly assertNotHeld: () => void;
}

/** A read that has taken longer than this goes where it can be killed. */
const LONG_MS = 250;

const queries = traced("pool:query");

/**
 * Decides where a statement on its own runs.
 *
 * | what | where |
 * | --- | --- |
 * | a read whose program is bounded | this thread |
 * | another read, by default | a reader thread |
 * | a read with a signal or a timeout of its own that is not known to be quick, or that was seen to take long | a reader process, which can be killed |
 * | a write | the writer process |
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #plans: BoundedMap<Plan>;
  readonly #turn = new Turn();
  readonly #where: string;
  #closed: PoolError | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#where = `sqlite ${JSON.stringify(options.place.name)}`;
    this.#plans = new BoundedMap(options.planCache);
  }

  /** One statement, on whatever connection suits it. */
  query<Row>(text: string, values?: Values, options?: QueryOptions): Promise<SqliteResult<Row>> {
    try {
      const plan = this.#plans.get(text) ?? this.#plan(text);
      const { statement } = plan;
      if (plan.kind !== "point" || statement === undefined) return this.#send<Row>(plan, values, options);
      if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
      if (queries.hasSubscribers) return this.#traced<Row>(plan, statement, values, options);
      if (this.#turn.over) return this.#later<Row>(text, values, options);
      return Promise.resolve(this.#here<Row>(plan, statement, values));
    } catch (error) {
      return this.#failed<Row>(error, text, values, options);
    }
  }

  /** The schema has changed: an index may be gone that made a read bounded. */
  forget(): void {
    this.#plans.clear();
  }

  close(error: PoolError): void {
    this.#closed = error;
    this.#plans.clear();
  }

  #plan(text: unknown): Plan {
    if (this.#closed !== undefined) throw this.#closed;
    if (typeof text !== "string" || text.trim() === "") {
      throw new PoolError(
        "INVALID_ARGUMENT",
        `${this.#where}: text must be a statement that is not empty, got ${typeof text}`,
      );
    }
    const plan = this.#options.reader.plan(text);
    this.#plans.set(text, plan);
    return plan;
  }

  #here<Row>(plan: Plan, statement: Statement, values: Values | undefined): SqliteResult<Row> {
    assertBindable(values, this.#where);
    const startedAt = performance.now();
    const rows = this.#options.reader.all(statement, values) as Row[]; // the caller knows the type of its rows
    const ms = performance.now() - startedAt;
    this.#turn.spend(ms);
    if (ms > QUICK_MS) plan.wasSlowHere(ms);
    else plan.wasQuickHere();
    return { rows, rowCount: rows.length };
  }

  async #later<Row>(
    text: string,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    await this.#turn.next();
    return await this.query<Row>(text, values, options);
  }

  #traced<Row>(
    plan: Plan,
    statement: Statement,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    const event: { pool: string; leaseId: undefined; label: string | undefined; statement: string; rowCount?: number } =
      {
        pool: `${this.#options.place.name}:in-thread`,
        leaseId: undefined,
        label: options?.label,
        statement: plan.text,
      };
    return queries.tracePromise(async () => {
      if (this.#turn.over) await this.#turn.next();
      const result = this.#here<Row>(plan, statement, values);
      event.rowCount = result.rowCount;
      return result;
    }, event);
  }

  /** A read that met a lock, or a file in trouble, is better off where waiting blocks nobody. */
  #failed<Row>(
    error: unknown,
    text: string,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    if (error instanceof PoolError) return Promise.reject(error);
    const { place } = this.#options;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    try {
      assertBindable(values, this.#where);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
    const made = sqliteErrorOf(place, error);
    if (!["DATABASE_LOCKED", "CANNOT_OPEN", "DATABASE_IO"].includes(made.code)) return Promise.reject(made);
    return this.#send<Row>(new Plan(text, "read"), values, options);
  }

  async #send<Row>(plan: Plan, values: Values | undefined, options: QueryOptions = {}): Promise<SqliteResult<Row>> {
    if (this.#closed !== undefined) throw this.#closed;
    const { queryTimeout } = this.#options;
    const { signal, timeout, label } = options;
    signal?.throwIfAborted();
    assertBindable(values, this.#where);
    if (timeout !== undefined && !(timeout > 0)) {
      throw new PoolError(
        "INVALID_ARGUMENT",
        `${this.#where}: timeout must be more than 0 ms, or Infinity, got ${timeout}`,
      );
    }
    const ownTimeout = timeout !== undefined && timeout < queryTimeout;
    const job = new Job(
      { plan, values, label, timeout: timeout ?? queryTimeout, ownTimeout, signal },
      performance.now(),
    );
    if (plan.kind === "write") this.#write(job);
    else {
      job.onWrites = () => {
        plan.writes();
        this.#write(job);
      };
      this.#readLane(plan, signal !== undefined || ownTimeout).add(job);
    }
    return resultOf<Row>(await job.done);
  }

  /** Statements in one transaction, in one message to the writer. @throws what {@link query} and each of the statements throw */
  async batch(
    statements: readonly BatchStatement[],
    begin: string,
    options: { readonly signal?: AbortSignal; readonly label?: string },
  ): Promise<SqliteResult[]> {
    if (this.#closed !== undefined) throw this.#closed;
    options.signal?.throwIfAborted();
    statements.forEach(({ values }, at) =>
      assertBindable(values, `${this.#where}: statement ${String(at)} of the batch`),
    );
    const plan = new Plan(`${begin}; ${statements[0]?.text ?? ""}; …`, "write");
    const { queryTimeout: timeout } = this.#options;
    const batch = {
      begin,
      statements: statements.map(({ text, values }) => ({ text, ...(values !== undefined && { values }) })),
    };
    const job = new Job(
      { plan, values: undefined, label: options.label, timeout, ownTimeout: false, signal: options.signal, batch },
      performance.now(),
    );
    this.#write(job);
    return ((await job.done).outcomes ?? []).map((outcome) => resultOf(outcome));
  }

  #write(job: Job): void {
    try {
      this.#options.assertNotHeld();
      this.#options.writer.add(job);
    } catch (error) {
      job.fail(error);
    }
  }

  #readLane(plan: Plan, cancellable: boolean): Lane {
    const { threads, processes } = this.#options;
    if (cancellable && plan.expected > QUICK_MS) return processes;
    return !plan.unseen && plan.expected > LONG_MS ? processes : threads;
  }
}
