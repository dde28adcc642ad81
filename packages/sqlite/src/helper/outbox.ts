import { type FromHelper, type Reply } from "./protocol.ts";
import { type ConnectionState } from "./state.ts";

export type Send = (message: FromHelper) => void;

// Replies go out in one message, but none of them waits longer than this for those behind it.
const REPLY_WITHIN_MS = 1;

/** Replies that have not gone out yet, with the state in which they leave the connection. */
export class Outbox {
  readonly #state: ConnectionState;
  readonly #send: Send;
  #replies: Reply[] = [];
  #lastSent = 0;

  constructor(state: ConnectionState, send: Send) {
    this.#state = state;
    this.#send = send;
  }

  /** The time counts from here. */
  begin(now: number): void {
    this.#lastSent = now;
  }

  push(reply: Reply): void {
    this.#replies.push(reply);
  }

  /** False when it is not. */
  flushWhenDue(now: number): boolean {
    const isDue = now - this.#lastSent > REPLY_WITHIN_MS;
    if (isDue) this.flush(now);
    return isDue;
  }

  flush(now: number): void {
    this.#lastSent = now;
    if (this.#replies.length === 0) return;
    const replies = this.#replies;
    this.#replies = [];
    this.#send({ type: "replies", replies, ...this.#state.report() });
  }
}
