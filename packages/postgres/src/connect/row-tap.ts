/** A statement that reads its rows out of the bytes that the server sent. */
export interface RowSink {
  /** One row: what a DataRow message holds, from `start` up to `end`. The bytes are valid during the call. */
  takeRow(bytes: Buffer, start: number, end: number): void;
}

const DATA_ROW = 0x44;
/** Type and length. */
const HEADER = 5;

/**
 * Stands between a socket and pg's parser: rows go to the statement that waits for them, where it takes them so, and everything else passes in
 * its order. Rows are most of what a server sends, and pg spends as much on handing one over as on all of its values.
 */
export class RowTap {
  readonly #pass: (chunk: Buffer) => void;
  readonly #active: () => unknown;
  /** How many bytes of the message under way go to the parser as they come. */
  #through = 0;
  /** The beginning of a row, or of a message that is not known yet. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #needed = 0;

  /**
   * @param pass pg's parser, which acts on every whole message at once
   * @param active the statement that pg would give a row to now
   */
  constructor(pass: (chunk: Buffer) => void, active: () => unknown) {
    this.#pass = pass;
    this.#active = active;
  }

  /** What came out of the socket; throws what the parser, or a statement, throws. */
  take(chunk: Buffer): void {
    if (this.#through >= chunk.length) {
      this.#through -= chunk.length;
      this.#pass(chunk);
      return;
    }
    const bytes = this.#keptBytes === 0 ? chunk : this.#joined(chunk);
    if (bytes !== undefined) this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    let from = 0; // what is before it has been taken or passed
    let at = this.#through;
    this.#through = 0;
    let sink: RowSink | undefined;
    let inRows = false;
    while (bytes.length - at >= HEADER) {
      const isRow = bytes[at] === DATA_ROW;
      if (isRow && !inRows) {
        // What is in front of a row says whose it is.
        if (from < at) this.#pass(bytes.subarray(from, at));
        from = at;
        sink = this.#sink();
      }
      inRows = isRow;
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (isRow && sink !== undefined) {
        if (end > bytes.length) return this.#keep(bytes.subarray(at), end - at);
        sink.takeRow(bytes, at + HEADER, end);
        from = end;
      } else if (end > bytes.length) {
        this.#through = end - bytes.length;
        return this.#pass(from === 0 ? bytes : bytes.subarray(from));
      }
      at = end;
    }
    if (from < at) this.#pass(bytes.subarray(from, at));
    if (at < bytes.length) this.#keep(bytes.subarray(at), HEADER);
  }

  #sink(): RowSink | undefined {
    const active = this.#active() as Partial<RowSink> | null | undefined;
    return typeof active?.takeRow === "function" ? (active as RowSink) : undefined;
  }

  #keep(part: Buffer, needed: number): void {
    this.#kept.push(part);
    this.#keptBytes = part.length;
    this.#needed = needed;
  }

  /** All that was kept with this behind it, once that is enough to go on. */
  #joined(chunk: Buffer): Buffer | undefined {
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes < this.#needed) return undefined;
    const whole = Buffer.concat(this.#kept, this.#keptBytes);
    this.#kept = [];
    this.#keptBytes = 0;
    return whole;
  }
}
