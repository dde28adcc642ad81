import type { Database, Statement } from "better-sqlite3";
import { PoolError } from "@pool/core";
import { sqliteErrorOf, type Place } from "../errors.js";
import { loadDriver } from "../helper/database.js";
import { codeOf } from "../helper/wire-error.js";
import { type OpenSpec, type Values } from "../helper/protocol.js";
import { mannerOf } from "../helper/rules.js";
import { bindable, lookAtSchema } from "../helper/statements.js";
import { ReadMark } from "../read-mark.js";
import { isBounded, type Instruction } from "./bytecode.js";
import { Plan } from "./plan.js";

// Preparing costs time in this thread, about 1 ms for so long a text.
const LONGEST_PREPARED = 16_384;

/**
 * The connection of this thread: for reads whose work is bounded, which cost a fifth of the way to another thread. It is read-only, never
 * waits for a lock (a read that meets one goes to a reader), and each read is on the newest state.
 */
export class InThreadReader {
  readonly #place: Place;
  readonly #spec: Omit<OpenSpec, "role">;
  readonly #mark: ReadMark;
  #database: Database | undefined;
  #lookAtSchema: Statement | undefined;

  constructor(place: Place, spec: Omit<OpenSpec, "role">) {
    this.#place = place;
    this.#spec = spec;
    this.#mark = new ReadMark(spec.file);
    this.open();
  }

  get isOpen(): boolean {
    return this.#database !== undefined;
  }

  /** @throws the driver's own error, and leaves nothing open */
  open(): void {
    this.close();
    const Driver = loadDriver();
    const database = new Driver(this.#spec.file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      for (const [name, value] of this.#spec.pragmas)
        if (MEANT_HERE.has(name)) database.pragma(`${name} = ${String(value)}`);
      database.pragma("query_only = ON");
      if (this.#spec.bigint) database.defaultSafeIntegers(true);
      this.#lookAtSchema = lookAtSchema(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
  }

  /**
   * Finds out what a text is. Prepares it here, which reads the schema and runs nothing.
   * @throws PoolError for a text that cannot be run: syntax, unknown names, several statements, transaction control, PRAGMAs of one connection
   */
  plan(text: string): Plan {
    const manner = mannerOf(text);
    const refusal = manner.refusal ?? manner.refusalOutsideSession;
    if (refusal !== undefined)
      throw new PoolError("INVALID_ARGUMENT", `sqlite ${JSON.stringify(this.#place.name)}: ${refusal}`);
    // To prepare one would carry it out here.
    if (manner.verb === "pragma") return new Plan(text, manner.forWriter ? "write" : "read");
    if (text.length > LONGEST_PREPARED || this.#database === undefined) return new Plan(text, "unknown");
    try {
      this.#lookAtSchema?.get();
      const statement = this.#database.prepare(text);
      if (!statement.readonly) return new Plan(text, "write");
      if (!statement.reader || manner.verb === "explain") return new Plan(text, "read");
      return isBounded((this.#database as Explaining).explain(text))
        ? new Plan(text, "point", statement)
        : new Plan(text, "read");
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || code === "SQLITE_ERROR") throw sqliteErrorOf(this.#place, error);
      return new Plan(text, "unknown");
    }
  }

  /** @throws the driver's own error */
  all(statement: Statement, values: Values | undefined): unknown[] {
    this.#mark.beforeRead();
    // The common case without a detour.
    if (values === undefined) return statement.all();
    if (Array.isArray(values) && typeof values[0] !== "object")
      // The driver takes a list apart more slowly than an argument.
      return values.length === 1 ? statement.all(values[0]) : statement.all(values);
    return statement.all(...bindable(values));
  }

  /** Reads the file's head: the connection and the file work. @throws the driver's own error */
  check(): Readonly<Record<string, unknown>> {
    if (this.#database === undefined) return { schemaVersion: undefined };
    // A number also where integers come as bigints, which JSON does not know.
    return { schemaVersion: Number(this.#database.pragma("schema_version", { simple: true })) };
  }

  /** What was prepared here is of no use afterwards. */
  close(): void {
    this.#mark.close();
    this.#database?.close();
    this.#database = undefined;
  }
}

/** Of the PRAGMAs, those that mean something on a connection that only reads a few rows. */
const MEANT_HERE = new Set(["cache_size", "temp_store", "mmap_size", "case_sensitive_like", "trusted_schema"]);

/** Left out of the type package; the driver has it since version 12. */
type Explaining = Database & { explain(source: string): Instruction[] };
