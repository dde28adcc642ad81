import { ByteReader } from "./byte-reader.ts";
import { ByteWriter, NOT_FLAT } from "./byte-writer.ts";
import { type Ring } from "./ring.ts";
import { Words } from "./words.ts";

/*
 * Statements on their own and their rows as bytes in a ring, on their way to a thread and back: to post them as objects costs five times as
 * much. What is rare or large has no such form, and is posted.
 */

const LONGEST_RECORD = 16_384;

/** One end that sends messages of one kind. */
export class FlatSender<Message> {
  readonly #ring: Ring;
  readonly #write: (message: Message, writer: ByteWriter, words: Words) => void;
  readonly #writer = new ByteWriter(LONGEST_RECORD);
  readonly #words = new Words();

  constructor(ring: Ring, write: (message: Message, writer: ByteWriter, words: Words) => void) {
    this.#ring = ring;
    this.#write = write;
  }

  /** False when it has no flat form, or there is no room: nothing was sent. */
  send(message: Message): boolean {
    this.#writer.begin();
    try {
      this.#writer.byte(this.#words.begin() ? 1 : 0);
      this.#write(message, this.#writer, this.#words);
      if (this.#ring.push(this.#writer.bytes, this.#writer.length)) return true;
    } catch (error) {
      this.#words.forget();
      if (error !== NOT_FLAT) throw error;
      return false;
    }
    this.#words.forget();
    return false;
  }
}

/** The other end. */
export class FlatReceiver<Message> {
  readonly #ring: Ring;
  readonly #read: (reader: ByteReader, words: string[]) => Message;
  readonly #reader: ByteReader;
  #words: string[] = [];

  constructor(ring: Ring, read: (reader: ByteReader, words: string[]) => Message) {
    this.#ring = ring;
    this.#read = read;
    this.#reader = new ByteReader(ring.bytes);
  }

  get isEmpty(): boolean {
    return this.#ring.isEmpty;
  }

  /** The next message, if there is one. */
  receive(): Message | undefined {
    if (!this.#ring.take()) return undefined;
    this.#reader.begin(this.#ring.at);
    if (this.#reader.byte() === 1) this.#words = [];
    const message = this.#read(this.#reader, this.#words);
    this.#ring.done();
    return message;
  }
}
