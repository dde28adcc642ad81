/*
 * Shared memory in which one thread leaves records of bytes for another one. What is written there costs neither a copy by the system nor an
 * event; the other thread is woken up only when it sleeps.
 */

// Where the writer and the reader are: bytes since the beginning, apart from each other so that no processor waits for the other's.
const WRITTEN = 0;
const READ = 16;
const HEAD_BYTES = 128;
const LENGTH_BYTES = 4;
/** Instead of a length: nothing more comes before the end, the next record lies at the start. */
const SKIP = -1;

/** Records in the order in which they were written; none of them is ever torn in two. One thread writes, one reads. */
export class Ring {
  readonly #marks: Int32Array;
  readonly #lengths: Int32Array;
  readonly #size: number;
  #after = 0;
  /** All of it. A record is a part of this. */
  readonly bytes: Buffer;
  /** Where the record that was taken last lies in it. */
  at = 0;

  /** @param size a power of two */
  static memory(size: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + size);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#size = memory.byteLength - HEAD_BYTES;
    this.#marks = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#lengths = new Int32Array(memory, HEAD_BYTES);
    this.bytes = Buffer.from(memory, HEAD_BYTES);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#marks, WRITTEN) === Atomics.load(this.#marks, READ);
  }

  /** Adds the first `length` bytes as one record. False when there is no room for it: nothing was added. */
  push(record: Uint8Array, length: number): boolean {
    const written = Atomics.load(this.#marks, WRITTEN);
    const free = this.#size - ((written - Atomics.load(this.#marks, READ)) | 0);
    const start = written & (this.#size - 1);
    const toEnd = this.#size - start;
    const needed = aligned(length + LENGTH_BYTES);
    const skipped = needed > toEnd ? toEnd : 0;
    if (skipped + needed > free) return false;
    if (skipped > 0) this.#lengths[start >> 2] = SKIP;
    const at = skipped > 0 ? 0 : start;
    this.#lengths[at >> 2] = length;
    const to = at + LENGTH_BYTES;
    for (let byte = 0; byte < length; byte++) this.bytes[to + byte] = record[byte] ?? 0;
    Atomics.store(this.#marks, WRITTEN, (written + skipped + needed) | 0);
    return true;
  }

  /** The next record, at {@link at}, until {@link done}. False when there is none. */
  take(): boolean {
    const read = Atomics.load(this.#marks, READ);
    if (read === Atomics.load(this.#marks, WRITTEN)) return false;
    const start = read & (this.#size - 1);
    const skips = this.#lengths[start >> 2] === SKIP;
    const at = skips ? 0 : start;
    const length = this.#lengths[at >> 2] ?? 0;
    this.at = at + LENGTH_BYTES;
    this.#after = (read + (skips ? this.#size - start : 0) + aligned(length + LENGTH_BYTES)) | 0;
    return true;
  }

  /** The record was read; its place is free again. */
  done(): void {
    Atomics.store(this.#marks, READ, this.#after);
  }
}

function aligned(bytes: number): number {
  return (bytes + 3) & ~3;
}
