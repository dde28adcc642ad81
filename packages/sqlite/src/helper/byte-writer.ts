import { type Words } from "./words.ts";

/** What a cell holds; what follows its tag depends on it. */
export const TAG = { none: 0, integer: 1, real: 2, bigint: 3, latin: 4, wide: 5, blob: 6 } as const;

// Up to here a loop is quicker than a call out of JavaScript.
const SHORT_TEXT = 24;
const NOT_LATIN = /[^\0-\xff]/;

/** Thrown for what does not fit, or has no such form: it goes as a message instead. */
export const NOT_FLAT = new Error("not flat"); // One for all, since its stack would cost more than the rest.

/** Writes one record: numbers, texts and cells one after the other. Throws {@link NOT_FLAT}. */
export class ByteWriter {
  readonly bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
  }

  /** Of the record so far. */
  get length(): number {
    return this.#at;
  }

  begin(): void {
    this.#at = 0;
  }

  byte(value: number): void {
    this.#view.setUint8(this.#next(1), value);
  }

  integer(value: number): void {
    this.#view.setInt32(this.#next(4), value, true);
  }

  real(value: number): void {
    this.#view.setFloat64(this.#next(8), value, true);
  }

  /** A text that is sent often: its number when the other side knows it. */
  word(text: string, words: Words): void {
    const known = words.numberOf(text);
    this.integer(known);
    if (known < 0) this.#text(text);
  }

  cell(value: unknown): void {
    switch (typeof value) {
      case "number":
        return this.#number(value);
      case "string":
        return this.#text(value);
      case "bigint":
        return this.#bigint(value);
      default:
        if (value === null) this.byte(TAG.none);
        else if (value instanceof Uint8Array) this.#blob(value);
        else throw NOT_FLAT;
    }
  }

  #number(value: number): void {
    // A comparison would not tell -0 from 0.
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.byte(TAG.integer);
      this.integer(value);
    } else {
      this.byte(TAG.real);
      this.real(value);
    }
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw NOT_FLAT;
    this.byte(TAG.bigint);
    this.#view.setBigInt64(this.#next(8), value, true);
  }

  #text(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT && this.#short(text)) return;
    const wide = length <= SHORT_TEXT || NOT_LATIN.test(text);
    this.byte(wide ? TAG.wide : TAG.latin);
    this.integer(length);
    this.bytes.write(text, this.#next(wide ? length * 2 : length), wide ? "utf16le" : "latin1");
  }

  /** False, and nothing written, when it has other characters than Latin-1. */
  #short(text: string): boolean {
    const { length } = text;
    const start = this.#next(5 + length);
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0xff) {
        this.#at = start;
        return false;
      }
      this.bytes[start + 5 + at] = code;
    }
    this.#view.setUint8(start, TAG.latin);
    this.#view.setInt32(start + 1, length, true);
    return true;
  }

  #blob(value: Uint8Array): void {
    this.byte(TAG.blob);
    this.integer(value.byteLength);
    this.bytes.set(value, this.#next(value.byteLength));
  }

  #next(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.bytes.byteLength) throw NOT_FLAT;
    this.#at = at + bytes;
    return at;
  }
}
