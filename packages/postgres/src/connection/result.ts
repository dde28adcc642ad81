import { type FieldDef } from "pg";
import { type CommandComplete, type RowDescription } from "./pg-internals.js";
import { decodeRow, type RowValues } from "./row-bytes.js";
import { RowShape, type RowReader, type Types } from "./row-reader.js";
import { type PostgresResult } from "./statement.js";

type Writable = { -readonly [Key in keyof PostgresResult]: PostgresResult[Key] };

/** Command, of an INSERT its OID, and how many rows. */
const TAG = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/;

const scratch: RowValues = [];

/** Gathers what the server answers to one text into results. */
export class ResultBuilder {
  readonly #types: Types;
  readonly #rowMode: "object" | "array" | undefined;
  #current: Writable = emptyResult();
  #all: PostgresResult[] | undefined;
  #reader: RowReader | undefined;
  #shape: RowShape | undefined;
  /** What a type parser threw, or the choice of one; the rows behind it are not read. */
  failure: { readonly cause: unknown } | undefined;

  constructor(types: Types, rowMode: "object" | "array" | undefined) {
    this.#types = types;
    this.#rowMode = rowMode;
  }

  /** The shape of the rows, once the server has told it. */
  get shape(): RowShape | undefined {
    return this.#shape;
  }

  describe({ fields }: RowDescription): void {
    this.#next();
    this.use(new RowShape(fields));
  }

  /** Rows of a shape that is known, so that the server was not asked. */
  use(shape: RowShape): void {
    this.#shape = shape;
    this.#current.fields = shape.fields;
    try {
      this.#reader = shape.reader(this.#types, this.#rowMode);
    } catch (cause) {
      this.failure ??= { cause };
    }
  }

  /** One row, as the values that pg has decoded. */
  addRow(values: readonly (string | null)[]): void {
    if (this.failure !== undefined) return;
    try {
      this.#current.rows.push(this.#reader?.(values) as Record<string, unknown>); // what a row is, its caller says
    } catch (cause) {
      this.failure = { cause };
    }
  }

  /** One row, as the bytes of its message. */
  takeRow(bytes: Buffer, start: number, end: number): void {
    if (this.failure === undefined) this.addRow(decodeRow(bytes, start, end, scratch));
  }

  complete({ text }: CommandComplete): void {
    scratch.length = 0; // holds on to no value
    this.#next();
    const tag = TAG.exec(text);
    if (tag === null) return;
    const [, command, first, second] = tag;
    this.#current.command = command ?? null;
    this.#current.rowCount = Number(second ?? first ?? 0);
    if (second !== undefined) this.#current.oid = Number(first);
  }

  /** The result; of several statements the last one, with all of them in `results`. */
  finish(): PostgresResult {
    if (this.#all !== undefined) this.#current.results = this.#all;
    return this.#current;
  }

  #next(): void {
    if (this.#current.command === null) return;
    this.#all ??= [this.#current];
    this.#current = emptyResult();
    this.#all.push(this.#current);
  }
}

function emptyResult(): Writable {
  return { command: null, rowCount: 0, oid: null, rows: [], fields: noFields() };
}

function noFields(): FieldDef[] {
  return [];
}
