import { type ByteReader } from "./byte-reader.ts";
import { type ByteWriter, NOT_FLAT } from "./byte-writer.ts";
import { type FromHelper, type PackedRows, type Reply } from "./protocol.ts";
import { Words } from "./words.ts";

/** Replies of a thread. */
export type Replies = Extract<FromHelper, { type: "replies" }>;

const IN_TRANSACTION = 1;
const DIRTY = 2;
const SCHEMA_CHANGED = 4;

// More are cheaper to post: the system's own cloning is quicker than writing them one by one.
const MOST_CELLS = 512;

/** @throws NOT_FLAT for other replies than rows, and for many rows */
export function writeReplies(message: Replies, writer: ByteWriter, words: Words): void {
  const { replies, inTransaction, dirty, schemaChanged } = message;
  writer.byte((inTransaction ? IN_TRANSACTION : 0) | (dirty ? DIRTY : 0) | (schemaChanged ? SCHEMA_CHANGED : 0));
  writer.integer(replies.length);
  for (const reply of replies) {
    if (reply.error !== undefined || reply.rows === undefined || reply.outcomes !== undefined) throw NOT_FLAT;
    writer.integer(reply.id);
    writer.real(reply.ms);
    writeRows(reply.rows, writer, words);
  }
}

export function readReplies(reader: ByteReader, words: string[]): Replies {
  const bits = reader.byte();
  const count = reader.integer();
  const replies: Reply[] = [];
  for (let at = 0; at < count; at++) {
    const id = reader.integer();
    const ms = reader.real();
    replies.push({ id, ms, rows: readRows(reader, words) });
  }
  return {
    type: "replies",
    replies,
    inTransaction: (bits & IN_TRANSACTION) !== 0,
    dirty: (bits & DIRTY) !== 0,
    schemaChanged: (bits & SCHEMA_CHANGED) !== 0,
  };
}

/** How many, the names of their columns, and the cells. */
function writeRows(packed: PackedRows, writer: ByteWriter, words: Words): void {
  if ("names" in packed) {
    const { names, cells } = packed;
    if (cells.length > MOST_CELLS) throw NOT_FLAT;
    writer.integer(cells.length / names.length);
    writeNames(names, writer, words);
    for (const cell of cells) writer.cell(cell);
    return;
  }
  writer.integer(packed.length);
  const [first] = packed;
  if (first === undefined) return;
  const names = Object.keys(first);
  writeNames(names, writer, words);
  for (const row of packed as readonly Record<string, unknown>[]) for (const name of names) writer.cell(row[name]);
}

function writeNames(names: readonly string[], writer: ByteWriter, words: Words): void {
  writer.integer(names.length);
  for (const name of names) {
    if (!Words.fits(name)) throw NOT_FLAT;
    writer.word(name, words);
  }
}

function readRows(reader: ByteReader, words: string[]): Record<string, unknown>[] {
  const count = reader.integer();
  const rows: Record<string, unknown>[] = [];
  if (count === 0) return rows;
  const width = reader.integer();
  const names: string[] = [];
  for (let at = 0; at < width; at++) names.push(reader.word(words));
  for (let at = 0; at < count; at++) {
    const row: Record<string, unknown> = {};
    for (const name of names) row[name] = reader.cell();
    rows.push(row);
  }
  return rows;
}
