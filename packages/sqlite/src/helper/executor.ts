import type { Database, Statement } from "better-sqlite3";
import { verify } from "./backup.ts";
import {
  type BatchRequest,
  type Done,
  type OpenSpec,
  type Outcome,
  type Request,
  type RunRequest,
  type TaskRequest,
} from "./protocol.ts";
import { packRows } from "./rows.ts";
import { Snapshot } from "./snapshot.ts";
import { ConnectionState } from "./state.ts";
import { bindable, type Prepared, Statements } from "./statements.ts";
import { BatchFailure, Refusal } from "./wire-error.ts";

/** What is done at once; a backup takes several turns. */
export type QuickRequest = Exclude<Request, { op: "backup" | "close" }>;

/** What begins so runs in a transaction as it does outside of one. */
const QUERIES = new Set(["select", "with", "values"]);

/** Does what one request asks for, on one connection. Throws the driver's errors, and refusals of its own. */
export class Executor {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #stops: ((id: number) => boolean) | undefined;
  readonly #snapshot: Snapshot | undefined;
  #isShared = false;
  readonly state: ConnectionState;

  /** `stops` tells whether a read is to end at its next row, where somebody can say so: in a thread, which is lent to nobody. */
  constructor(database: Database, spec: OpenSpec, stops: ((id: number) => boolean) | undefined) {
    this.#database = database;
    this.#statements = new Statements(database, spec.statementCache);
    this.#stops = stops;
    this.#snapshot = stops && new Snapshot(database);
    this.state = new ConnectionState(database, spec);
  }

  /** The reads that follow may see one state of the database, until {@link endShared}. */
  beginShared(): void {
    this.#isShared = this.#snapshot !== undefined;
  }

  endShared(): void {
    if (!this.#isShared) return;
    this.#isShared = false;
    this.#snapshot?.close();
  }

  execute(request: QuickRequest): Omit<Done, "id" | "ms"> {
    if (request.op === "run") return this.#run(request);
    return request.op === "batch" ? { outcomes: this.#batch(request) } : this.#task(request);
  }

  #batch({ id, begin, statements }: BatchRequest): Outcome[] {
    const outcomes: Outcome[] = [];
    const control = { op: "run", id, values: undefined, session: true, stoppable: false } as const;
    this.#run({ ...control, text: begin });
    try {
      for (const { text, values } of statements) outcomes.push(this.#run({ ...control, text, values, session: false }));
      this.#run({ ...control, text: "commit" });
      return outcomes;
    } catch (error) {
      this.state.reset();
      throw new BatchFailure(error, outcomes.length);
    }
  }

  #run(request: RunRequest): Outcome {
    const prepared = this.#statements.prepare(request.text);
    this.state.admit(prepared, request.session);
    const values = bindable(request.values);
    if (this.#isShared) this.#share(prepared);
    try {
      if (prepared.reader) return { rows: packRows(this.#read(prepared.statement, values, request)) };
      const { changes, lastInsertRowid } = prepared.statement.run(...values);
      return { changes, lastInsertRowid };
    } finally {
      if (this.#snapshot?.isOpen !== true) this.state.ran(prepared);
    }
  }

  #share({ manner }: Prepared): void {
    if (QUERIES.has(manner.verb)) this.#snapshot?.open();
    else this.#snapshot?.close();
  }

  #read(statement: Statement, values: unknown[], { id, stoppable }: RunRequest): object[] {
    if (!stoppable || this.#stops === undefined) return statement.all(...values) as object[];
    const rows: object[] = [];
    for (const row of statement.iterate(...values)) {
      rows.push(row as object);
      if (this.#stops(id)) throw new Refusal("cancelled", "stopped while its rows were read");
    }
    return rows;
  }

  #task(request: Extract<TaskRequest, QuickRequest>): Omit<Done, "id" | "ms"> {
    switch (request.op) {
      case "check":
        return { found: { one: this.#statements.prepare("select 1").statement.pluck(false).get() } };
      case "reset":
        this.state.reset();
        return {};
      case "checkpoint": {
        const [found] = this.#database.pragma(`wal_checkpoint(${request.mode})`) as Record<string, unknown>[];
        return { found: found ?? {} };
      }
      case "verify":
        return { found: verify(this.#database) };
    }
  }
}
