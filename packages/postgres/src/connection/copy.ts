import { Readable } from "node:stream";
import { wrongArgument } from "@pool/core";
import { assertCopy } from "./copy-text.js";
import { CopyInExchange } from "./copy-in-exchange.js";
import { CopyOutExchange } from "./copy-out-exchange.js";
import { Patience, type ReplyLimit } from "./patience.js";
import { type Runner } from "./runner.js";
import { assertText } from "./values.js";

/** What COPY reads: a text, bytes, or whatever gives chunks of them: a Node stream, a generator, an array. Text is sent as UTF-8. */
export type CopySource = string | Uint8Array | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

export interface CopyResult {
  readonly rowCount: number;
}

export interface CopyOptions {
  /** Cancels the COPY on the server. */
  readonly signal?: AbortSignal | undefined;
  /** For each answer, and each piece that the server takes or gives; then it is cancelled. Default: none. */
  readonly limit?: ReplyLimit | undefined;
}

/** See `PostgresConnection.copyFrom`. */
export async function copyInto(
  runner: Runner,
  text: string,
  source: CopySource,
  { signal, limit }: CopyOptions,
): Promise<CopyResult> {
  signal?.throwIfAborted();
  assertText(text);
  assertCopy(text, "from");
  const iterator = iteratorOf(source);
  const patience = new Patience(limit, signal);
  const copy = new CopyInExchange(text, patience);
  const over = runner.run(copy, patience.signal);
  over.catch(() => undefined); // awaited at the end
  if (await patience.during(copy.accepted)) await pump(iterator, copy);
  else endSource(iterator);
  return await patience.during(over);
}

// Asked before anything is sent, so that what is no source leaves nothing begun.
function iteratorOf(source: CopySource): AsyncIterator<Uint8Array | string> {
  if (typeof source === "string" || source instanceof Uint8Array) return iteratorOf([source]);
  const given: unknown = source;
  if (typeof given === "object" && given !== null && !ArrayBuffer.isView(given)) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return Readable.from(source)[Symbol.asyncIterator]();
  }
  throw wrongArgument(
    "copyFrom: source",
    "a text, bytes, or what gives chunks of them: a stream, a generator, an array",
    given,
  );
}

async function pump(iterator: AsyncIterator<Uint8Array | string>, copy: CopyInExchange): Promise<void> {
  try {
    for (;;) {
      // A source that never gives more must not keep an error of the server from its caller.
      const next = await Promise.race([iterator.next(), copy.over]);
      if (next === "over") break;
      if (next.done === true) {
        copy.finish();
        return;
      }
      if (!(await copy.write(typeof next.value === "string" ? Buffer.from(next.value) : next.value))) break;
    }
  } catch (error) {
    copy.giveUp(error);
    return;
  }
  endSource(iterator);
}

/** Tells the source that no more is wanted. Nobody waits for it: it may be waiting itself. */
function endSource(iterator: AsyncIterator<unknown>): void {
  void Promise.resolve(iterator.return?.()).catch(() => undefined);
}

/** See `PostgresConnection.copyTo`. */
export async function* copyOut(
  runner: Runner,
  text: string,
  { signal, limit }: CopyOptions,
): AsyncGenerator<Buffer, void, undefined> {
  signal?.throwIfAborted();
  assertText(text);
  assertCopy(text, "to");
  const copy = new CopyOutExchange(text);
  const stop = new AbortController();
  const patience = new Patience(limit, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]));
  const over = runner.run(copy, patience.signal);
  over.catch(() => undefined); // awaited below
  let isDone = false;
  try {
    for (;;) {
      const chunk = await patience.during(copy.nextChunk());
      if (chunk === undefined) break;
      yield chunk;
      signal?.throwIfAborted();
    }
    isDone = true;
  } finally {
    if (!isDone) stop.abort();
    await patience.during(over).catch((error: unknown) => {
      if (isDone || error !== stop.signal.reason) throw error;
    });
  }
}
