/** What is handed out above this size is not copied, so that one huge statement leaves no huge buffer behind. */
const COPY_BELOW = 16_384;
const FIRST_SIZE = 4_096;

/** A buffer that grows; numbers are big-endian, text is UTF-8. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** All that was written since the last time; begins anew. */
  take(): Buffer {
    const length = this.#at;
    this.#at = 0;
    if (length >= COPY_BELOW) {
      const whole = this.#buffer.subarray(0, length);
      this.#buffer = Buffer.allocUnsafe(FIRST_SIZE);
      return whole;
    }
    const taken = Buffer.allocUnsafe(length);
    this.#buffer.copy(taken, 0, 0, length);
    return taken;
  }

  /** Begins a message of one byte of type and four of length; hand what it returns to `end`. */
  begin(type: number): number {
    this.#reserve(5);
    this.#buffer[this.#at] = type;
    this.#at += 5;
    return this.#at;
  }

  end(start: number): void {
    this.#buffer.writeInt32BE(this.#at - start + 4, start - 4);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeUInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Ended by a NUL. */
  cstring(text: string): void {
    this.#reserve(text.length * 3 + 1);
    this.#at += this.#buffer.write(text, this.#at);
    this.#buffer[this.#at++] = 0;
  }

  /** Behind its length in four bytes. */
  counted(text: string): void {
    this.#reserve(4 + text.length * 3);
    const written = this.#buffer.write(text, this.#at + 4);
    this.#buffer.writeInt32BE(written, this.#at);
    this.#at += 4 + written;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
