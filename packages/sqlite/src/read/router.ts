import type { Statement } from "better-sqlite3";
import { PoolError, type QueryOptions, statementsHeard, tellStatement } from "@pool/core";
import { sqliteErrorOf, type Place } from "../errors.js";
import { type SqliteResult } from "../handle/handle.js";
import { assertBindable } from "../handle/values.js";
import { BoundedMap } from "../helper/lru.js";
import { type Values } from "../helper/protocol.js";
import { isCheckpoint } from "../helper/rules.js";
import { type Dispatcher } from "../lane/dispatcher.js";
import { QUICK_MS } from "../lane/job.js";
import { withoutMarks } from "../read-mark.js";
import { readQueryOptions, readStatementObject, readText, type SqliteStatement } from "../statement.js";
import { type InThreadReader } from "./in-thread.js";
import { Plan } from "./plan.js";
import { Turn } from "./turn.js";

export interface RouterOptions {
  readonly place: Place;
  readonly reader: InThreadReader;
  readonly dispatcher: Dispatcher;
  readonly planCache: number;
}

/** Runs a statement in this thread when its work is bounded, and hands it to the dispatcher when it is not. */
export class Router {
  readonly #place: Place;
  readonly #where: string;
  readonly #reader: InThreadReader;
  readonly #dispatcher: Dispatcher;
  readonly #plans: BoundedMap<Plan>;
  readonly #turn = new Turn();

  constructor({ place, reader, dispatcher, planCache }: RouterOptions) {
    this.#place = place;
    this.#where = `sqlite ${JSON.stringify(place.name)}`;
    this.#reader = reader;
    this.#dispatcher = dispatcher;
    this.#plans = new BoundedMap(planCache);
  }

  /** One statement, on whatever connection suits it. */
  query<Row>(statement: string | SqliteStatement, values?: Values, options?: QueryOptions): Promise<SqliteResult<Row>> {
    if (typeof statement === "string") return this.#query<Row>(statement, values, options);
    try {
      return this.#query<Row>(...readStatementObject(this.#where, statement, values, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #query<Row>(text: string, values?: Values, options?: QueryOptions): Promise<SqliteResult<Row>> {
    try {
      if (options !== undefined) readQueryOptions(this.#where, options);
      const plan = this.#plans.get(text) ?? this.#plan(text);
      const { statement } = plan;
      if (plan.kind !== "point" || statement === undefined) return this.#send<Row>(plan, values, options);
      if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
      if (statementsHeard()) return this.#told<Row>(plan, statement, values, options);
      if (this.#turn.over) return this.#later<Row>(text, values, options);
      const rows = this.#here<Row>(plan, statement, values);
      return Promise.resolve({ rows, rowCount: rows.length });
    } catch (error) {
      return this.#failed<Row>(error, text, values, options);
    }
  }

  #send<Row>(plan: Plan, values?: Values, options?: QueryOptions): Promise<SqliteResult<Row>> {
    const send = (): Promise<SqliteResult<Row>> => this.#dispatcher.send<Row>(plan, values, options);
    return plan.kind === "write" && isCheckpoint(plan.text) ? withoutMarks(send) : send();
  }

  /** The schema has changed: an index may be gone that made a read bounded. */
  forget(): void {
    this.#plans.clear();
  }

  #plan(text: string): Plan {
    if (this.#dispatcher.closed !== undefined) throw this.#dispatcher.closed;
    const plan = this.#reader.plan(readText(this.#where, text));
    if (this.#reader.isOpen) this.#plans.set(text, plan);
    return plan;
  }

  #here<Row>(plan: Plan, statement: Statement, values: Values | undefined): Row[] {
    assertBindable(values, this.#where);
    const { standsFor } = plan;
    if (standsFor === 0) {
      const rows = this.#reader.all(statement, values);
      plan.wasNotTimed();
      return rows as Row[]; // the caller knows the type of its rows
    }
    const startedAt = performance.now();
    const rows = this.#reader.all(statement, values);
    const ms = performance.now() - startedAt;
    this.#turn.spend(ms * standsFor);
    if (ms > QUICK_MS) plan.wasSlowHere(ms);
    else plan.wasQuickHere(ms);
    return rows as Row[];
  }

  async #later<Row>(
    text: string,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    await this.#turn.next();
    return await this.query<Row>(text, values, options);
  }

  async #told<Row>(
    plan: Plan,
    statement: Statement,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    if (this.#turn.over) await this.#turn.next();
    if (this.#plans.get(plan.text) !== plan) return await this.#dispatcher.send<Row>(plan, values, options);
    const told = {
      pool: `${this.#place.name}:in-thread`,
      leaseId: undefined,
      label: options?.label,
      statement: plan.text,
      values,
    };
    try {
      return await tellStatement(told, () => {
        const rows = this.#here<Row>(plan, statement, values);
        return { rows, rowCount: rows.length };
      });
    } catch (error) {
      return await this.#failed<Row>(error, plan.text, values, options);
    }
  }

  /** A read that met a lock, or a file in trouble, is better off where waiting blocks nobody. */
  #failed<Row>(
    error: unknown,
    text: string,
    values: Values | undefined,
    options: QueryOptions | undefined,
  ): Promise<SqliteResult<Row>> {
    if (error instanceof PoolError) return Promise.reject(error);
    const { closed } = this.#dispatcher;
    if (closed !== undefined) return Promise.reject(closed);
    const made = sqliteErrorOf(this.#place, error);
    const elsewhere = ["DATABASE_LOCKED", "CANNOT_OPEN", "DATABASE_IO"].includes(made.code) || !this.#reader.isOpen;
    if (!elsewhere) return Promise.reject(made);
    return this.#dispatcher.send<Row>(new Plan(text, "read"), values, options);
  }
}
