/** What one row's values are decoded into; the same array for all rows, since it is read before the next one comes. */
export type RowValues = (string | null)[];

/**
 * Up to this size a row is decoded whole, and its values are cut out of that. A value of 13 characters or more then keeps all of the row's text in
 * memory, hence no larger ones.
 */
const CUT_BELOW = 1_024;

/** The values of a DataRow between `start` and `end`, as pg decodes them. @throws Error for a row that does not fit its message */
export function decodeRow(bytes: Buffer, start: number, end: number, values: RowValues): RowValues {
  const count = bytes.readUInt16BE(start);
  const whole = end - start <= CUT_BELOW ? bytes.toString("latin1", start, end) : undefined;
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
    values[index] =
      whole !== undefined && isAscii(bytes, from, at)
        ? whole.slice(from - start, at - start)
        : bytes.toString("utf8", from, at);
  }
  return values;
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  let bits = 0;
  for (let at = from; at < to; at += 1) bits |= bytes[at] ?? 0;
  return bits < 0x80;
}
