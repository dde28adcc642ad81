import { type Redis } from "ioredis";

type Written = string | Buffer;

/**
 * What is written to one socket in one tick leaves in one write. The first command of a tick goes out at once, so that a lone one loses nothing, unless
 * the tick before had several: then there are many callers, and it waits for its neighbours. The end of the tick is after everything that the
 * replies of one read set off. Whether a command is the first is told by a microtask, since with a tick to be called at its end a lone one would
 * cost a tenth more.
 */
export class Outbox {
  readonly #redis: Redis;
  #text = "";
  #buffers: Buffer[] | undefined;
  #size = 0;
  #gathered = 0;
  #isGathering = false;
  /** One has just gone out by itself. */
  #hasFirst = false;
  #expectsMany = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** What has been gathered and has not been written yet, in bytes or characters. */
  get size(): number {
    return this.#size;
  }

  /** ioredis hands the bytes of each command to this, in the place of a socket. */
  write(written: Written): void {
    if (!this.#isGathering) {
      if (!this.#hasFirst && !this.#expectsMany) {
        this.#hasFirst = true;
        queueMicrotask(this.#forgetFirst);
        this.#redis.stream.write(written);
        return;
      }
      this.#isGathering = true;
      process.nextTick(this.#flush);
    }
    this.#gathered++;
    this.#size += written.length;
    if (typeof written === "string") this.#text += written;
    else {
      this.#buffers ??= [];
      if (this.#text !== "") this.#buffers.push(Buffer.from(this.#text));
      this.#text = "";
      this.#buffers.push(written);
    }
  }

  readonly #forgetFirst = (): void => {
    this.#hasFirst = false;
  };

  readonly #flush = (): void => {
    this.#isGathering = false;
    this.#expectsMany = this.#gathered > 1;
    this.#gathered = this.#size = 0;
    const [text, buffers] = [this.#text, this.#buffers];
    this.#text = "";
    this.#buffers = undefined;
    const { stream } = this.#redis;
    if (buffers === undefined) {
      stream.write(text);
      return;
    }
    if (text !== "") buffers.push(Buffer.from(text));
    stream.write(Buffer.concat(buffers));
  };
}
