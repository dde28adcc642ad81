import { INCOMPLETE, ListStart, NOTHING, ReplyElements, ReplyError } from "./reply-elements.js";

/** Who gets what is read. */
export interface Replies {
  /** Are the strings of the reply that comes next wanted as text? Else as bytes. */
  isText(): boolean;
  reply(value: unknown): void;
  error(error: Error): void;
}

/** A list whose elements are still coming. */
interface Open {
  readonly items: unknown[];
  left: number;
  /** Said by the server of its own accord, as an answer to nobody. */
  readonly isPush: boolean;
}

/** Puts replies together, whatever pieces they come in. */
export class ReplyReader {
  readonly #replies: Replies;
  readonly #elements = new ReplyElements();
  readonly #open: Open[] = [];
  /** What has come of an element that is not whole, and how much of it is there. */
  #pieces: Buffer[] = [];
  #size = 0;
  #isStopped = false;

  constructor(replies: Replies) {
    this.#replies = replies;
  }

  /** @throws Error where what comes is no reply: nothing after it can be read */
  read(piece: Buffer): void {
    if (this.#isStopped || !this.#gather(piece)) return;
    const elements = this.#elements;
    while (elements.at < elements.data.length) {
      const start = elements.at;
      if (this.#open.length === 0) elements.asText = this.#replies.isText();
      const value = elements.next();
      if (value === INCOMPLETE) {
        this.#keep(start);
        return;
      }
      if (!(value instanceof ListStart)) this.#close(value);
      else if (value.length > 0) this.#open.push({ items: [], left: value.length, isPush: value.isPush });
    }
    elements.data = NOTHING;
  }

  /** Reads nothing more, not even what is there. */
  stop(): void {
    this.#isStopped = true;
    this.#pieces = [];
    this.#elements.data = NOTHING;
  }

  /** Puts what came before in front. False while it is still too little. */
  #gather(piece: Buffer): boolean {
    this.#elements.at = 0;
    if (this.#size === 0) {
      this.#elements.data = piece;
      return true;
    }
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#elements.needed) return false;
    this.#elements.data = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = this.#elements.needed = 0;
    return true;
  }

  #keep(start: number): void {
    const rest = this.#elements.data.subarray(start);
    this.#pieces = [rest];
    this.#size = rest.length;
    this.#elements.data = NOTHING;
  }

  /** A value is whole, and with it perhaps the lists that it is the last of. */
  #close(value: unknown): void {
    const open = this.#open;
    for (let list = open.at(-1); list !== undefined; list = open.at(-1)) {
      list.items.push(value);
      if (--list.left > 0) return;
      open.pop();
      if (list.isPush) return;
      value = list.items;
    }
    if (value instanceof ReplyError) this.#replies.error(value);
    else this.#replies.reply(value);
  }
}
