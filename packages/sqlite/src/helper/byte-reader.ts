import { TAG } from "./byte-writer.ts";

/** Reads what a `ByteWriter` wrote, from wherever the record lies. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  begin(at: number): void {
    this.#at = at;
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  integer(): number {
    return this.#view.getInt32(this.#next(4), true);
  }

  real(): number {
    return this.#view.getFloat64(this.#next(8), true);
  }

  /** `words` are those that have come before. */
  word(words: string[]): string {
    const number = this.integer();
    if (number >= 0) return words[number] ?? "";
    const text = this.cell() as string; // a word is a text
    words.push(text);
    return text;
  }

  cell(): unknown {
    switch (this.byte()) {
      case TAG.integer:
        return this.integer();
      case TAG.real:
        return this.real();
      case TAG.bigint:
        return this.#view.getBigInt64(this.#next(8), true);
      case TAG.latin:
        return this.#text("latin1", 1);
      case TAG.wide:
        return this.#text("utf16le", 2);
      case TAG.blob:
        return this.#blob();
      default:
        return null;
    }
  }

  cells(count: number): unknown[] {
    const cells: unknown[] = [];
    for (let at = 0; at < count; at++) cells.push(this.cell());
    return cells;
  }

  #text(encoding: "latin1" | "utf16le", width: number): string {
    const bytes = this.integer() * width;
    const at = this.#next(bytes);
    return this.#bytes.toString(encoding, at, at + bytes);
  }

  /** A copy: the record's place is written again. */
  #blob(): Buffer {
    const length = this.integer();
    const at = this.#next(length);
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }

  #next(bytes: number): number {
    const at = this.#at;
    this.#at = at + bytes;
    return at;
  }
}
