import { type FieldDef } from "pg";
import { commandTag } from "./command-tags.js";
import { type CommandComplete, type RowDescription } from "./pg-internals.js";
import { decodeRow, type RowValues } from "./row-bytes.js";
import { type RowReader, type RowShape, type Types } from "./row-reader.js";
import { descriptionIn, knownShape, learnShape } from "./row-shapes.js";
import { type PostgresResult } from "./statement.js";

type Writable = { -readonly [Key in keyof PostgresResult]: PostgresResult[Key] };

const scratch: RowValues = [];

/** Gathers what the server answers to one text into results. */
export class ResultBuilder {
  readonly #types: Types;
  readonly #rowMode: "object" | "array" | undefined;
  #current: Writable = emptyResult();
  #all: PostgresResult[] | undefined;
  #reader: RowReader | undefined;
  #shape: RowShape | undefined;
  /** The bytes that pg is reading now. */
  #description: string | undefined;
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
    this.use(learnShape(this.#description, fields));
    this.#description = undefined;
  }

  /** The same, as the bytes of its message. False for a shape that was not seen before: pg reads that. */
  takeDescription(bytes: Buffer, start: number, end: number): boolean {
    const description = descriptionIn(bytes, start, end);
    const shape = description === undefined ? undefined : knownShape(description);
    if (shape === undefined) this.#description = description;
    else {
      this.#next();
      this.use(shape);
    }
    return shape !== undefined;
  }

  /** Rows of a shape that is known, so that the server was not asked. */
  use(shape: RowShape): void {
    this.#shape = shape;
    this.#current.fields = shape.fields.slice(); // the caller's own
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
    if (this.failure === undefined) this.addRow(decodeRow(bytes, start, end, scratch, this.#shape?.kept ?? []));
  }

  complete({ text }: CommandComplete): void {
    if (this.#reader !== undefined) scratch.fill(null); // holds on to no value
    this.#next();
    const tag = commandTag(text);
    if (tag === null) return;
    const current = this.#current;
    current.command = tag.command;
    current.rowCount = tag.rowCount;
    current.oid = tag.oid;
  }

  /** The same, as the bytes of its message, which end in a NUL. */
  takeCompletion(bytes: Buffer, start: number, end: number): void {
    this.complete({ text: bytes.toString("latin1", start, end - 1) });
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
