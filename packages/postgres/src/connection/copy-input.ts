import { Readable } from "node:stream";
import { wrongArgument } from "@pool/core";

type Chunk = Uint8Array | string;

/** What COPY reads: a text, bytes, or whatever gives chunks of them: a Node stream, a generator, an array. Text is sent as UTF-8. */
export type CopySource = string | Uint8Array | AsyncIterable<Chunk> | Iterable<Chunk>;

/** What matters here of a Node stream, whichever library has made it. */
interface StreamLike {
  readonly errored?: unknown;
  readonly on?: (event: "error", listener: (error: unknown) => void) => unknown;
  readonly destroy?: () => unknown;
}

/**
 * The source of a COPY from the call on. A stream may fail long before the server asks for data, and without a listener its error would end the
 * process; and what nobody will read has to be let go.
 */
export class CopyInput implements AsyncIterable<Chunk> {
  readonly #stream: StreamLike;
  readonly #iterator: AsyncIterator<Chunk>;
  readonly #failed = new AbortController();
  #isRead = false;
  #isGivenUp = false;

  private constructor(source: AsyncIterable<Chunk>) {
    this.#stream = source as StreamLike; // each of its members may be missing
    this.#stream.on?.("error", (error) => this.#fail(error));
    if (this.#stream.errored instanceof Error) this.#fail(this.#stream.errored);
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** @throws PoolError `INVALID_ARGUMENT` for what is no source */
  static of(source: CopySource): CopyInput {
    return source instanceof CopyInput ? source : new CopyInput(streamOf(source));
  }

  /** Aborts when that of the caller does, and with the source's own error when it fails before it is read. */
  unlessFailed(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#failed.signal : AbortSignal.any([signal, this.#failed.signal]);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rejects when the source fails, and once it was given up: that is not its end. */
  async next(): Promise<IteratorResult<Chunk, unknown>> {
    this.#isRead = true;
    const next = await this.#iterator.next();
    if (this.#isGivenUp) throw new Error("the source of a COPY was given up");
    return next;
  }

  /** No more is wanted. Nobody waits for the source: it may be waiting itself. */
  giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    void this.#letGo().catch(() => undefined); // why the caller is rejected is known already
  }

  async #letGo(): Promise<void> {
    // A stream that is read no further does not hear of the end of its iterator, nor one that was never read.
    this.#stream.destroy?.();
    await this.#iterator.return?.();
  }

  #fail(error: unknown): void {
    if (!this.#isRead) this.#failed.abort(error); // who reads is told by the iterator
  }
}

function streamOf(source: CopySource): AsyncIterable<Chunk> {
  if (typeof source === "string" || source instanceof Uint8Array) return Readable.from([source]);
  const given: unknown = source;
  if (typeof given === "object" && given !== null && !ArrayBuffer.isView(given)) {
    if (Symbol.asyncIterator in source) return source;
    if (Symbol.iterator in source) return Readable.from(source);
  }
  throw wrongArgument(
    "copyFrom: source",
    "a text, bytes, or what gives chunks of them: a stream, a generator, an array",
    given,
  );
}
