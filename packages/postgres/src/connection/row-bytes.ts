/** What one row's values are decoded into; the same array for all rows, since it is read before the next one comes. */
export type RowValues = (string | null)[];

/**
 * Up to this size a row is decoded whole, and its values are cut out of that. One of {@link COPIED_BELOW} bytes or more then keeps all of the row's
 * text in memory for as long as somebody has it, hence no larger ones.
 */
const CUT_BELOW = 1_024;
/** V8 copies a shorter part of a string. */
const COPIED_BELOW = 13;

/** What `toString` calls once it has looked its encoding up, which takes as long again; Node does not document them. */
interface Slices {
  utf8Slice(from: number, to: number): string;
  latin1Slice(from: number, to: number): string;
}
const hasSlices = "utf8Slice" in Buffer.prototype && "latin1Slice" in Buffer.prototype;

/**
 * The values of a DataRow between `start` and `end`, as pg decodes them.
 * @param kept which of them are likely to be part of the result: these are decoded on their own
 * @throws Error for a row that does not fit its message
 */
export function decodeRow(
  bytes: Buffer,
  start: number,
  end: number,
  values: RowValues,
  kept: readonly boolean[],
): RowValues {
  const count = bytes.readUInt16BE(start);
  const isCut = end - start <= CUT_BELOW;
  let whole: string | undefined;
  if (values.length !== count) values.length = count;
  let at = start + 2;
  for (let index = 0; index < count; index += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) {
      values[index] = null;
      continue;
    }
    const from = at;
    at += length;
    if (at > end) throw new Error("the server sent a row that is longer than its message");
    const isOwn = !isCut || (length >= COPIED_BELOW && kept[index] === true);
    if (isOwn || !isAscii(bytes, from, at)) values[index] = utf8(bytes, from, at);
    else values[index] = (whole ??= latin1(bytes, start, end)).slice(from - start, at - start);
  }
  return values;
}

function utf8(bytes: Buffer, from: number, to: number): string {
  return hasSlices ? (bytes as Buffer & Slices).utf8Slice(from, to) : bytes.toString("utf8", from, to); // it has them
}

function latin1(bytes: Buffer, from: number, to: number): string {
  return hasSlices ? (bytes as Buffer & Slices).latin1Slice(from, to) : bytes.toString("latin1", from, to); // it has them
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  let bits = 0;
  for (let at = from; at < to; at += 1) bits |= bytes[at] ?? 0;
  return bits < 0x80;
}
