import { type PoolError } from "@pool/core";
import { type Place } from "../errors.js";
import { type Done, type FromHelper, type Reply, type Request } from "../helper/protocol.js";
import { type Ask } from "./ask.js";
import { helperLost, notSent } from "./link-errors.js";
import { pendingOf } from "./pending.js";
import { type Port } from "./port.js";
import { type ListOwner } from "./sent-list.js";
import { Waiting } from "./waiting.js";

/** Sends requests to one helper and hands the replies to who asked. Knows from them what state the connection is in. */
export class Link {
  readonly place: Place;
  readonly #port: Port;
  readonly #waiting = new Waiting();
  #lost: PoolError | undefined;
  inTransaction = false;
  dirty = false;
  onSchemaChange: (() => void) | undefined;
  /** Something was answered. */
  onReplies: ((replies: readonly Reply[]) => void) | undefined;
  onProgress: ((total: number, remaining: number) => void) | undefined;
  /** Called once, when the helper has ended: `error` is what its callers got. */
  onLost: ((error: PoolError) => void) | undefined;

  constructor(place: Place, port: Port) {
    this.place = place;
    this.#port = port;
  }

  get busy(): boolean {
    return !this.#waiting.isEmpty;
  }

  get lost(): PoolError | undefined {
    return this.#lost;
  }

  get canKill(): boolean {
    return this.#port.kill !== undefined;
  }

  /** One request, in a message of its own. */
  ask(requestOf: Ask): { readonly id: number; readonly done: Promise<Done> } {
    const id = this.#waiting.number(1);
    return { id, done: this.#lost === undefined ? this.#send(requestOf(id)) : Promise.reject(this.#lost) };
  }

  /**
   * Many statements in one message. @returns the id of the first; the others' follow
   * @throws PoolError `INVALID_ARGUMENT` when there is one among them that cannot be sent: then none was
   */
  askMany(owner: ListOwner, asks: readonly Ask[], list: number): number {
    const first = this.#waiting.number(asks.length);
    if (this.#lost !== undefined) {
      owner.lost(this.#lost);
      return first;
    }
    if (!this.busy) this.#port.ref(true);
    this.#waiting.addList(owner, first, asks.length);
    try {
      this.#port.post({ type: "requests", requests: asks.map((ask, at) => ask(first + at)), list });
    } catch (error) {
      this.#waiting.deleteList();
      this.#settled();
      throw notSent(this.place, error);
    }
    return first;
  }

  /** Those of the list from this id on were taken back before they began: nobody waits for their replies any more. */
  forgetFrom(id: number): void {
    this.#waiting.forgetFrom(id);
    this.#settled();
  }

  cancel(id: number): void {
    if (this.#lost === undefined && this.#waiting.has(id)) this.#port.post({ type: "cancel", id });
  }

  /** Asks the helper to close its connection and end. */
  sayClose(): void {
    if (this.#lost !== undefined) return;
    // Whoever closes it waits for its end.
    this.#port.ref(true);
    this.#port.post({ type: "requests", requests: [{ op: "close", id: this.#waiting.number(1) }], list: 0 });
  }

  kill(): void {
    this.#port.ref(true);
    this.#port.kill?.();
  }

  /** It does not end by itself: kills a process, and lets the program end without a thread. */
  giveUp(): void {
    if (this.canKill) this.kill();
    else this.#port.ref(false);
  }

  receive(message: FromHelper): void {
    if (message.type === "progress") this.onProgress?.(message.total, message.remaining);
    if (message.type !== "replies") return;
    this.inTransaction = message.inTransaction;
    this.dirty = message.dirty;
    if (message.schemaChanged) this.onSchemaChange?.();
    this.onReplies?.(message.replies);
    const owner = this.#waiting.answer(message.replies);
    this.#settled();
    owner?.heard();
  }

  /** The helper has ended. Everybody who waits for it gets to know. */
  end(cause: unknown, how: string): void {
    if (this.#lost !== undefined) return;
    const error = helperLost(this.place, how, cause);
    this.#lost = error;
    this.#waiting.lose(error);
    this.onLost?.(error);
  }

  #send(request: Request): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (!this.busy) this.#port.ref(true);
      this.#waiting.add(request.id, pendingOf(this.place, resolve, reject));
      try {
        this.#port.post({ type: "requests", requests: [request], list: 0 });
      } catch (error) {
        this.#waiting.delete(request.id);
        this.#settled();
        reject(notSent(this.place, error));
      }
    });
  }

  #settled(): void {
    if (!this.busy && this.#lost === undefined) this.#port.ref(false);
  }
}
