import { type FromHelper, type PackedRows } from "./protocol.ts";

// Below this, sending the objects themselves is as cheap as taking them apart.
const FEW = 2;

/** Takes rows apart for their way to another thread or process. */
export function packRows(rows: readonly object[]): PackedRows {
  const first = rows[0];
  if (first === undefined || rows.length <= FEW) return rows;
  const names = Object.keys(first);
  if (names.length === 0) return rows; // they could not be counted by their cells
  const cells: unknown[] = [];
  for (const row of rows) {
    for (const name of names) cells.push((row as Record<string, unknown>)[name]);
  }
  return { names, cells };
}

/** Puts the rows of a message together again that was posted here, in place: it belongs to nobody else. */
export function unpack(message: FromHelper): FromHelper {
  if (message.type !== "replies") return message;
  for (const reply of message.replies) {
    if (reply.error !== undefined) continue;
    unpackOutcome(reply);
    reply.outcomes?.forEach(unpackOutcome);
  }
  return message;
}

function unpackOutcome(outcome: { rows?: PackedRows }): void {
  if (outcome.rows !== undefined) outcome.rows = unpackRows(outcome.rows);
}

/** Blobs become `Buffer`, as the driver gives them. */
function unpackRows(packed: PackedRows): Record<string, unknown>[] {
  if (!("names" in packed)) return packed.map(withBuffers);
  const { names, cells } = packed;
  const rows: Record<string, unknown>[] = [];
  for (let at = 0; at < cells.length;) {
    const row: Record<string, unknown> = {};
    for (const name of names) {
      const cell = cells[at++];
      row[name] = typeof cell === "object" && cell !== null ? asBuffer(cell) : cell;
    }
    rows.push(row);
  }
  return rows;
}

function withBuffers(row: object): Record<string, unknown> {
  const record = row as Record<string, unknown>;
  for (const name in record) {
    const cell = record[name];
    if (typeof cell === "object" && cell !== null) record[name] = asBuffer(cell);
  }
  return record;
}

function asBuffer(cell: object): object {
  if (Buffer.isBuffer(cell) || !(cell instanceof Uint8Array)) return cell;
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);
}
