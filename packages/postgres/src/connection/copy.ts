import { assertCopy } from "./copy-text.js";
import { CopyInExchange } from "./copy-in-exchange.js";
import { CopyInput, type CopySource } from "./copy-input.js";
import { CopyOutExchange } from "./copy-out-exchange.js";
import { Patience, type ReplyLimit } from "./patience.js";
import { type Runner } from "./runner.js";
import { type StatementParts } from "./statements.js";
import { assertText } from "./values.js";

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
  { runner, leftovers }: Pick<StatementParts, "runner" | "leftovers">,
  text: string,
  source: CopySource,
  { signal, limit }: CopyOptions,
): Promise<CopyResult> {
  const input = CopyInput.of(source);
  try {
    const patience = new Patience(limit, input.unlessFailed(signal));
    patience.signal?.throwIfAborted();
    assertText(text);
    assertCopy(text, "from");
    leftovers.note(text);
    const copy = new CopyInExchange(text, patience);
    const over = runner.run(copy, patience.signal);
    over.catch(() => undefined); // awaited at the end
    if (await patience.during(copy.accepted)) await pump(input, copy);
    return await patience.during(over);
  } catch (error) {
    input.giveUp();
    throw error;
  }
}

async function pump(input: CopyInput, copy: CopyInExchange): Promise<void> {
  try {
    for (;;) {
      // A source that never gives more must not keep an error of the server from its caller.
      const next = await Promise.race([input.next(), copy.over]);
      if (next === "over") return;
      if (next.done === true) {
        copy.finish();
        return;
      }
      if (!(await copy.write(typeof next.value === "string" ? Buffer.from(next.value) : next.value))) return;
    }
  } catch (error) {
    copy.giveUp(error);
  }
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
