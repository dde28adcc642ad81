import { PoolError } from "@pool/core";
import { Messages } from "./messages.js";
import { type CommandComplete, type PgWire } from "./pg-internals.js";
import { type Patience } from "./patience.js";
import { SilentExchange } from "./silent-exchange.js";

/** What is written to the socket at once, in bytes. */
const WRITE = 32_768;

/** COPY … FROM STDIN: data goes to the server as fast as it takes it. */
export class CopyInExchange extends SilentExchange<{ rowCount: number }> {
  readonly #text: string;
  readonly #patience: Patience;
  readonly #messages = new Messages();
  readonly #accepted = Promise.withResolvers<boolean>();
  readonly #over = Promise.withResolvers<"over">();
  #wire: PgWire | undefined;
  #rowCount = 0;
  #isOpen = false;
  #isAccepted = false;
  #isInterrupted = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(text: string, patience: Patience) {
    super();
    this.#text = text;
    this.#patience = patience;
  }

  /** True once the server waits for data; false when it will never. */
  get accepted(): Promise<boolean> {
    return this.#accepted.promise;
  }

  /** Resolves when the exchange has ended, whatever the source does. */
  get over(): Promise<"over"> {
    return this.#over.promise;
  }

  /** Resolves when the socket takes more. False when the server wants no more. */
  async write(chunk: Uint8Array): Promise<boolean> {
    for (let at = 0; at < chunk.length && this.#isOpen; at += WRITE) {
      this.#messages.copyData(chunk.subarray(at, at + WRITE));
      if (this.#messages.length >= WRITE) await this.#flush();
    }
    return this.#isOpen;
  }

  /** All data has been written. */
  finish(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#wire?.stream.write(this.#messages.copyDone().take());
  }

  /** Takes all of it back; the outcome rejects with the reason. */
  giveUp(reason: unknown): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#failure = { reason };
    this.#wire?.stream.write(this.#messages.copyFail("the source failed").take());
  }

  /** While the server waits for data it looks for no cancel; where it waits for something else it reads no data. So it is told both. */
  override interrupt(): boolean {
    this.#isInterrupted = true;
    if (this.#isOpen) this.#refuse();
    return false;
  }

  #refuse(): void {
    this.#isOpen = false;
    this.#wire?.stream.write(this.#messages.copyFail("cancelled").take());
  }

  protected send(wire: PgWire): void {
    this.#wire = wire;
    wire.stream.write(this.#messages.query(this.#text).take());
  }

  override handleCopyInResponse(): void {
    this.#isAccepted = true;
    if (this.#isInterrupted) return this.#refuse(); // the cancel came too late for the statement, and too early for its data
    this.#isOpen = true;
    this.#accepted.resolve(true);
  }

  override handleCommandComplete({ text }: CommandComplete): void {
    this.#rowCount = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  override handleError(error: unknown, wire: PgWire): void {
    this.#isOpen = false;
    super.handleError(error, wire);
  }

  handleReadyForQuery(): void {
    if (this.#isAccepted) this.resolve({ rowCount: this.#rowCount });
    else this.reject(new PoolError("INVALID_ARGUMENT", "copyFrom takes one statement, COPY … FROM STDIN"));
  }

  protected override resolve(result: { rowCount: number }): void {
    super.resolve(result);
    this.#end();
  }

  protected override reject(error: unknown): void {
    super.reject(this.#failure === undefined ? error : this.#failure.reason);
    this.#end();
  }

  #end(): void {
    this.#isOpen = false;
    this.#accepted.resolve(false);
    this.#over.resolve("over");
  }

  async #flush(): Promise<void> {
    const stream = this.#wire?.stream;
    if (stream === undefined || stream.write(this.#messages.take())) return;
    const drained = Promise.withResolvers<undefined>();
    const onDrain = (): void => drained.resolve(undefined);
    stream.once("drain", onDrain);
    await this.#patience.during(Promise.race([drained.promise, this.over]));
    stream.off("drain", onDrain);
  }
}
