import { PoolError } from "@pool/core";
import { Messages } from "./messages.js";
import { type CopyData, type PgWire } from "./pg-internals.js";
import { SilentExchange } from "./silent-exchange.js";

/** Above this the socket is not read any further until somebody takes the data. */
const HELD = 262_144;

/** COPY … TO STDOUT: data is held until it is taken, and the socket stands still while too much is held. */
export class CopyOutExchange extends SilentExchange<undefined> {
  readonly #text: string;
  #wire: PgWire | undefined;
  #chunks: Buffer[] = [];
  #held = 0;
  #isUnwanted = false;
  #refusal: PoolError | undefined;
  #delivery = Promise.withResolvers<undefined>();

  constructor(text: string) {
    super();
    this.#text = text;
  }

  /** All data that is here, or that comes next; undefined when there is no more, also because it failed: the outcome says so. */
  async nextChunk(): Promise<Buffer | undefined> {
    if (this.#held === 0 && !this.isSettled) await this.#delivery.promise;
    if (this.#held === 0) return undefined;
    const chunk = Buffer.concat(this.#chunks, this.#held);
    this.#chunks = [];
    this.#held = 0;
    this.#delivery = Promise.withResolvers();
    this.#wire?.stream.resume();
    return chunk;
  }

  /** What still comes is dropped, so that the server's answer to the cancel is read. */
  override interrupt(): boolean {
    this.#isUnwanted = true;
    this.#chunks = [];
    this.#held = 0;
    this.#wire?.stream.resume();
    return false;
  }

  protected send(wire: PgWire): void {
    this.#wire = wire;
    wire.stream.write(new Messages().query(this.#text).take());
  }

  override handleCopyData({ chunk }: CopyData): void {
    if (this.#isUnwanted) return;
    this.#chunks.push(Buffer.from(chunk)); // the parser uses its memory again
    this.#held += chunk.length;
    if (this.#held >= HELD) this.#wire?.stream.pause();
    this.#delivery.resolve(undefined);
  }

  override handleDataRow(): void {
    this.#refusal ??= new PoolError("INVALID_ARGUMENT", "copyTo takes one statement, COPY … TO STDOUT");
  }

  override handleCopyInResponse(wire: PgWire): void {
    this.handleDataRow();
    wire.stream.write(new Messages().copyFail("no data was given").take());
  }

  handleReadyForQuery(): void {
    if (this.#refusal === undefined) this.resolve(undefined);
    else this.reject(this.#refusal);
  }

  protected override resolve(nothing: undefined): void {
    super.resolve(nothing);
    this.#end();
  }

  protected override reject(error: unknown): void {
    super.reject(this.#refusal ?? error);
    this.#end();
  }

  #end(): void {
    this.#wire?.stream.resume();
    this.#delivery.resolve(undefined);
  }
}
