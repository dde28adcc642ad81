import { ByteWriter } from "./byte-writer.js";

/** A bound value as it travels: text, bytes or NULL. */
export type WireValue = string | Buffer | null;

const code = (letter: string): number => letter.charCodeAt(0);
const PARSE = code("P");
const BIND = code("B");
const DESCRIBE = code("D");
const EXECUTE = code("E");
const CLOSE = code("C");
const QUERY = code("Q");
const COPY_DATA = code("d");
const COPY_FAIL = code("f");
const PORTAL = code("P");
const STATEMENT = code("S");

const SYNC_MESSAGE = Buffer.from([code("S"), 0, 0, 0, 4]);
const FLUSH_MESSAGE = Buffer.from([code("H"), 0, 0, 0, 4]);
const COPY_DONE_MESSAGE = Buffer.from([code("c"), 0, 0, 0, 4]);

/**
 * Frontend messages of PostgreSQL's protocol, version 3 (manual, "Message Formats"), one behind the other; `take` hands them out as one
 * buffer, for one write to the socket. Portals are the unnamed one.
 */
export class Messages {
  readonly #bytes = new ByteWriter();

  take(): Buffer {
    return this.#bytes.take();
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#bytes.length;
  }

  query(text: string): this {
    const start = this.#bytes.begin(QUERY);
    this.#bytes.cstring(text);
    return this.#end(start);
  }

  parse(name: string, text: string): this {
    const start = this.#bytes.begin(PARSE);
    this.#bytes.cstring(name);
    this.#bytes.cstring(text);
    this.#bytes.int16(0); // types are the server's to find
    return this.#end(start);
  }

  /** Buffers go as binary, the rest as text; results are asked for as text. */
  bind(name: string, values: readonly WireValue[]): this {
    const bytes = this.#bytes;
    const start = bytes.begin(BIND);
    bytes.byte(0);
    bytes.cstring(name);
    bytes.int16(values.length);
    for (const value of values) bytes.int16(value instanceof Uint8Array ? 1 : 0);
    bytes.int16(values.length);
    for (const value of values) this.#value(value);
    bytes.int16(0);
    return this.#end(start);
  }

  describePortal(): this {
    const start = this.#bytes.begin(DESCRIBE);
    this.#bytes.byte(PORTAL);
    this.#bytes.byte(0);
    return this.#end(start);
  }

  /** @param limit rows to send before the portal is suspended; 0 is all */
  execute(limit: number): this {
    const start = this.#bytes.begin(EXECUTE);
    this.#bytes.byte(0);
    this.#bytes.int32(limit);
    return this.#end(start);
  }

  closePortal(): this {
    const start = this.#bytes.begin(CLOSE);
    this.#bytes.byte(PORTAL);
    this.#bytes.byte(0);
    return this.#end(start);
  }

  closeStatement(name: string): this {
    const start = this.#bytes.begin(CLOSE);
    this.#bytes.byte(STATEMENT);
    this.#bytes.cstring(name);
    return this.#end(start);
  }

  copyData(chunk: Uint8Array): this {
    const start = this.#bytes.begin(COPY_DATA);
    this.#bytes.bytes(chunk);
    return this.#end(start);
  }

  copyDone(): this {
    this.#bytes.bytes(COPY_DONE_MESSAGE);
    return this;
  }

  copyFail(reason: string): this {
    const start = this.#bytes.begin(COPY_FAIL);
    this.#bytes.cstring(reason);
    return this.#end(start);
  }

  /** Ends an exchange: the server answers ReadyForQuery, whatever has happened. */
  sync(): this {
    this.#bytes.bytes(SYNC_MESSAGE);
    return this;
  }

  /** Has the server send what it holds back, and nothing else. */
  flush(): this {
    this.#bytes.bytes(FLUSH_MESSAGE);
    return this;
  }

  #value(value: WireValue): void {
    if (value === null) {
      this.#bytes.int32(-1);
    } else if (typeof value === "string") {
      this.#bytes.counted(value);
    } else {
      this.#bytes.int32(value.length);
      this.#bytes.bytes(value);
    }
  }

  #end(start: number): this {
    this.#bytes.end(start);
    return this;
  }
}
