import { type ByteReader } from "./byte-reader.ts";
import { type ByteWriter, NOT_FLAT } from "./byte-writer.ts";
import { type Request, type ToHelper, type Values } from "./protocol.ts";
import { Words } from "./words.ts";

/** Requests that a thread is sent. */
export type Requests = Extract<ToHelper, { type: "requests" }>;

const NO_VALUES = 0;
const BY_POSITION = 1;
const BY_NAME = 2;

/** @throws NOT_FLAT for other requests than statements on their own, and for long texts */
export function writeRequests({ requests, list }: Requests, writer: ByteWriter, words: Words): void {
  writer.integer(list);
  writer.integer(requests.length);
  for (const request of requests) {
    if (request.op !== "run" || request.session || !Words.fits(request.text)) throw NOT_FLAT;
    writer.integer(request.id);
    writer.byte(request.stoppable ? 1 : 0);
    writer.word(request.text, words);
    writeValues(request.values, writer, words);
  }
}

export function readRequests(reader: ByteReader, words: string[]): Requests {
  const list = reader.integer();
  const count = reader.integer();
  const requests: Request[] = [];
  for (let at = 0; at < count; at++) {
    const id = reader.integer();
    const stoppable = reader.byte() === 1;
    const text = reader.word(words);
    requests.push({ op: "run", id, text, values: readValues(reader, words), session: false, stoppable });
  }
  return { type: "requests", requests, list };
}

function writeValues(values: Values | undefined, writer: ByteWriter, words: Words): void {
  if (values === undefined) return writer.byte(NO_VALUES);
  if (!isList(values)) return writeNamed(values, writer, words);
  const first: unknown = values[0];
  // Values by name may come as the only item of a list.
  if (typeof first === "object" && first !== null && !ArrayBuffer.isView(first)) {
    return writeNamed(first, writer, words);
  }
  writer.byte(BY_POSITION);
  writer.integer(values.length);
  for (const value of values) writer.cell(value);
}

function writeNamed(values: object, writer: ByteWriter, words: Words): void {
  const entries = Object.entries(values);
  writer.byte(BY_NAME);
  writer.integer(entries.length);
  for (const [name, value] of entries) {
    if (!Words.fits(name)) throw NOT_FLAT;
    writer.word(name, words);
    writer.cell(value);
  }
}

function readValues(reader: ByteReader, words: string[]): Values | undefined {
  const kind = reader.byte();
  if (kind === NO_VALUES) return undefined;
  const count = reader.integer();
  if (kind === BY_POSITION) return reader.cells(count);
  const named: [string, unknown][] = [];
  for (let at = 0; at < count; at++) named.push([reader.word(words), reader.cell()]);
  return Object.fromEntries(named);
}

function isList(values: Values): values is readonly unknown[] {
  return Array.isArray(values);
}
