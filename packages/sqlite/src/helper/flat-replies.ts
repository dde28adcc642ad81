import { type ByteReader } from "./byte-reader.ts";
import { type ByteWriter, NOT_FLAT } from "./byte-writer.ts";
import { type FromHelper, type PackedRows, type Reply } from "./protocol.ts";
import { type Words } from "./words.ts";

/** Replies of a thread. */
export type Replies = Extract<FromHelper, { type: "replies" }>;

const IN_TRANSACTION = 1;
const DIRTY = 2;
const SCHEMA_CHANGED = 4;

// More are cheaper to post: the system's own cloning is quicker than writing them one by one.
const MOST_CELLS = 512;
// Of the names of all layouts that are remembered: those of many wide tables would take megabytes.
const MOST_CHARACTERS = 65_536;

// The names of all columns are one word, and no name has this in it.
const BETWEEN_NAMES = "\0";
const LONGEST_NAMES = 8_192;

/** Writes replies. Knows the columns of the last rows, which are most often those of the next. */
export class ReplyWriter {
  #names: readonly string[] = [];
  #word = "";

  /** @throws NOT_FLAT for other replies than rows, and for many rows */
  readonly write = (message: Replies, writer: ByteWriter, words: Words): void => {
    const { replies, inTransaction, dirty, schemaChanged } = message;
    writer.byte((inTransaction ? IN_TRANSACTION : 0) | (dirty ? DIRTY : 0) | (schemaChanged ? SCHEMA_CHANGED : 0));
    writer.integer(replies.length);
    for (const reply of replies) {
      if (reply.error !== undefined || reply.rows === undefined || reply.outcomes !== undefined) throw NOT_FLAT;
      writer.integer(reply.id);
      writer.real(reply.ms);
      this.#rows(reply.rows, writer, words);
    }
  };

  /** How many, the names of their columns, and the cells. */
  #rows(packed: PackedRows, writer: ByteWriter, words: Words): void {
    if ("names" in packed) {
      const { names, cells } = packed;
      if (cells.length > MOST_CELLS) throw NOT_FLAT;
      writer.integer(cells.length / names.length);
      writer.word(this.#wordOf(names), words);
      for (const cell of cells) writer.cell(cell);
      return;
    }
    writer.integer(packed.length);
    const [first] = packed;
    if (first === undefined) return;
    const names = Object.keys(first);
    writer.word(this.#wordOf(names), words);
    for (const row of packed as readonly Record<string, unknown>[]) for (const name of names) writer.cell(row[name]);
  }

  /** Rows without any column have no flat form: one name that is empty reads the same. */
  #wordOf(names: readonly string[]): string {
    if (names.length === 0) throw NOT_FLAT;
    if (!isSame(names, this.#names)) {
      this.#word = names.join(BETWEEN_NAMES);
      this.#names = names;
    }
    if (this.#word.length > LONGEST_NAMES) throw NOT_FLAT;
    return this.#word;
  }
}

/** How rows with the same columns look. */
interface Layout {
  readonly names: readonly string[];
  readonly template: Readonly<Record<string, unknown>>;
}

/** Reads what a {@link ReplyWriter} has written. */
export class ReplyReader {
  readonly #layouts = new Map<string, Layout>();
  #characters = 0;

  readonly read = (reader: ByteReader, words: string[]): Replies => {
    const bits = reader.byte();
    const count = reader.integer();
    const replies: Reply[] = [];
    for (let at = 0; at < count; at++) {
      const id = reader.integer();
      const ms = reader.real();
      replies.push({ id, ms, rows: this.#rows(reader, words) });
    }
    return {
      type: "replies",
      replies,
      inTransaction: (bits & IN_TRANSACTION) !== 0,
      dirty: (bits & DIRTY) !== 0,
      schemaChanged: (bits & SCHEMA_CHANGED) !== 0,
    };
  };

  #rows(reader: ByteReader, words: string[]): Record<string, unknown>[] {
    const count = reader.integer();
    const rows: Record<string, unknown>[] = [];
    if (count === 0) return rows;
    const { names, template } = this.#layout(reader.word(words));
    for (let at = 0; at < count; at++) {
      // To fill in a copy is quicker than to add one cell after the other.
      const row = { ...template };
      for (const name of names) row[name] = reader.cell();
      rows.push(row);
    }
    return rows;
  }

  #layout(word: string): Layout {
    const known = this.#layouts.get(word);
    if (known !== undefined) return known;
    const names = word.split(BETWEEN_NAMES);
    // What is read from JSON has room for all columns in the object itself, as have its copies.
    const template = JSON.parse(
      `{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`,
    ) as Layout["template"];
    this.#characters += word.length;
    if (this.#characters > MOST_CHARACTERS) {
      this.#layouts.clear();
      this.#characters = word.length;
    }
    const layout = { names, template };
    this.#layouts.set(word, layout);
    return layout;
  }
}

function isSame(names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false;
  for (let at = 0; at < names.length; at++) if (names[at] !== others[at]) return false;
  return true;
}
