import { type PoolError, type QueryOptions, readCall, readSignal, type SqlResult } from "@pool/core";
import { endOf } from "../channel/end-of.js";
import { type Link } from "../channel/link.js";
import { type WorkerControl } from "../channel/worker-control.js";
import { type Done, type Outcome, type Values } from "../helper/protocol.js";
import { isCheckpoint } from "../helper/rules.js";
import { withoutMarks } from "../read-mark.js";
import { readText } from "../statement.js";
import { plainValues } from "./values.js";

/** What a statement resolves with. */
export interface SqliteResult<Row = Record<string, unknown>> extends SqlResult<Row> {
  /** The rowid of the row that an INSERT added last on this connection; of other statements it tells nothing. */
  readonly lastInsertRowid?: number | bigint;
}

export type Role = "writer" | "reader";

/** How long a cancelled statement has to end by itself before its process is killed, in ms. */
const CANCEL_GRACE_MS = 10;

/** One connection in a helper: what the pools lend, and what `lease.resource` is. */
export class SqliteHandle {
  readonly role: Role;
  readonly link: Link;
  readonly ended: Promise<void>;
  /** Of a connection in a thread. */
  readonly control: WorkerControl | undefined;

  constructor(role: Role, link: Link, ended: Promise<void>, control?: WorkerControl) {
    this.role = role;
    this.link = link;
    this.ended = ended;
    this.control = control;
  }

  /** A transaction is open on this connection, as of the last reply. */
  get inTransaction(): boolean {
    return this.link.inTransaction;
  }

  /**
   * Runs one statement. On abort it is cancelled: one that waits is given up; one that runs ends with its process, and a transaction
   * on this connection with it. Settles once the connection is free or gone.
   * @throws the signal's reason, or a PoolError
   */
  async query<Row = Record<string, unknown>>(
    text: string,
    values?: Values,
    options: Pick<QueryOptions, "signal"> = {},
  ): Promise<SqliteResult<Row>> {
    const call = `sqlite ${JSON.stringify(this.link.place.name)}: query`;
    const signal = readSignal(`${call}: signal`, readCall(call, options, ["signal"]).signal);
    signal?.throwIfAborted();
    try {
      return await this.run<Row>(text, values, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** The same, but rejects with what became of the connection and not with the signal's reason. */
  async run<Row>(
    text: string,
    values: Values | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SqliteResult<Row>> {
    readText(`sqlite ${JSON.stringify(this.link.place.name)}`, text);
    const run = (): Promise<SqliteResult<Row>> => this.#run<Row>(text, values, signal);
    return await (isCheckpoint(text) ? withoutMarks(run) : run());
  }

  async #run<Row>(
    text: string,
    given: Values | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SqliteResult<Row>> {
    const values = plainValues(given, `sqlite ${JSON.stringify(this.link.place.name)}`);
    const { id, done } = this.link.ask((id) => ({ op: "run", id, text, values, session: true, stoppable: false }));
    if (signal === undefined) return resultOf<Row>(await done);
    const cancel = (): void => this.cancel(id, done);
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return resultOf<Row>(await done);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  /** Gives up a statement, and kills the process it runs in when it does not end by itself. */
  cancel(id: number, done: PromiseLike<unknown>): void {
    this.link.cancel(id);
    this.control?.stop(id);
    if (!this.link.canKill) return;
    const timer = setTimeout(() => this.link.kill(), CANCEL_GRACE_MS);
    const settled = (): void => clearTimeout(timer);
    done.then(settled, settled);
  }

  /** Moves the log into the database file, and cuts the log off when nobody reads in it any more. */
  async checkpoint(): Promise<{ readonly busy: boolean }> {
    const ask = (): Promise<Done> => this.link.ask((id) => ({ op: "checkpoint", id, mode: "TRUNCATE" })).done;
    const { found } = await withoutMarks(ask);
    return { busy: found?.busy !== 0 };
  }

  async reset(): Promise<void> {
    await this.link.ask((id) => ({ op: "reset", id })).done;
  }

  async check(): Promise<void> {
    await this.link.ask((id) => ({ op: "check", id })).done;
  }

  /** Lets go of the connection. With work in hand a process is killed; a thread, which cannot be, ends when its query does. */
  async close(graceful: boolean): Promise<void> {
    if (!graceful && this.link.canKill) this.link.kill();
    else this.link.sayClose();
    if (!graceful) this.link.end(undefined, "this connection was closed with a statement under way");
    await endOf(this);
  }

  toJSON(): { role: Role; inTransaction: boolean; lost: PoolError["code"] | undefined } {
    return { role: this.role, inTransaction: this.inTransaction, lost: this.link.lost?.code };
  }
}

/** A helper's reply as a caller sees it. */
export function resultOf<Row>(done: Outcome): SqliteResult<Row> {
  if (done.rows !== undefined) {
    const rows = done.rows as Row[]; // put together where they arrived; the caller knows their type
    return { rows, rowCount: rows.length };
  }
  const { changes = 0, lastInsertRowid } = done;
  return { rows: [], rowCount: changes, ...(lastInsertRowid !== undefined && { lastInsertRowid }) };
}
