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
import { mannerOf } from "./rules.ts";
import { Snapshot } from "./snapshot.ts";
import { ConnectionState } from "./state.ts";
import { bindable, type Prepared, Statements } from "./statements.ts";
import { BatchFailure, Refusal } from "./wire-error.ts";

/** What is done at once; a backup takes several turns. */
export type QuickRequest = Exclude<Request, { op: "backup" | "close" }>;

/** What was done, and in how long, which is filled in last. */
export type Timed = Done & { ms: number };

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

  /** How long it took is for the caller to say. */
  execute(request: QuickRequest): Timed {
    const { id } = request;
    if (request.op === "batch") return { id, ms: 0, outcomes: this.#batch(request) };
    if (request.op !== "run") return { id, ms: 0, found: this.#task(request) };
    const { rows, changes = 0, lastInsertRowid } = this.#run(request);
    if (!request.session) this.state.assertNothingLeft();
    if (rows !== undefined) return { id, ms: 0, rows };
    return lastInsertRowid === undefined ? { id, ms: 0, changes } : { id, ms: 0, changes, lastInsertRowid };
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
    const prepared = this.#prepare(request);
    const values = bindable(request.values);
    if (this.#isShared) this.#share(prepared);
    try {
      if (prepared.reader) return { rows: packRows(this.#read(prepared.statement, values, request)) };
      if (prepared.manner.verb === "pragma") return this.#carryOut(prepared.statement.bind(...values));
      const { changes, lastInsertRowid } = prepared.statement.run(...values);
      return { changes, lastInsertRowid };
    } finally {
      this.state.ran(prepared);
    }
  }

  /** Asks whether a text may run before it prepares it. */
  #prepare({ text, session }: RunRequest): Prepared {
    const kept = this.#statements.kept(text);
    const manner = kept?.manner ?? mannerOf(text);
    this.state.admit(manner, session);
    const prepared = kept ?? this.#statements.prepare(text, manner);
    this.state.admitWrites(prepared);
    return prepared;
  }

  #share({ manner }: Prepared): void {
    if (QUERIES.has(manner.verb)) this.#snapshot?.open();
    else this.#snapshot?.close();
  }

  /** To its end: `run` goes one step, in which incremental_vacuum frees one page. */
  #carryOut({ source }: Statement): Outcome {
    this.#database.exec(source);
    return { changes: 0 };
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

  #task(request: Extract<TaskRequest, QuickRequest>): NonNullable<Done["found"]> {
    switch (request.op) {
      case "check":
        return { one: this.#database.prepare("select 1").pluck().get() };
      case "reset":
        this.state.reset();
        return {};
      case "checkpoint": {
        const [found] = this.#database.pragma(`wal_checkpoint(${request.mode})`) as Record<string, unknown>[];
        // Integers may come as bigints.
        return { busy: Number(found?.busy) };
      }
      case "verify":
        return verify(this.#database);
    }
  }
}
