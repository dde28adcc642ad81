import { type PoolError } from "@pool/core";
import { type Place } from "../errors.js";
import { type Done, type FromHelper, type Reply, type Request } from "../helper/protocol.js";
import { type Ask } from "./ask.js";
import { helperLost, notSent } from "./link-errors.js";
import { type Pending, pendingOf } from "./pending.js";
import { type Port } from "./port.js";
import { type ListOwner, SentList } from "./sent-list.js";

/** Sends requests to one helper and hands the replies to who asked. Knows from them what state the connection is in. */
export class Link {
  readonly place: Place;
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  /** At most one is under way. */
  #list: SentList | undefined;
  #nextId = 1;
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
    return this.#pending.size > 0 || this.#list !== undefined;
  }

  get lost(): PoolError | undefined {
    return this.#lost;
  }

  get canKill(): boolean {
    return this.#port.kill !== undefined;
  }

  /** One request, in a message of its own. */
  ask(request: Ask): { readonly id: number; readonly done: Promise<Done> } {
    const id = this.#nextId++;
    return { id, done: this.#lost === undefined ? this.#send({ ...request, id }) : Promise.reject(this.#lost) };
  }

  /**
   * Many statements in one message. @returns the id of the first; the others' follow
   * @throws PoolError `INVALID_ARGUMENT` when there is one among them that cannot be sent: then none was
   */
  askMany(owner: ListOwner, asks: readonly Ask[], list: number): number {
    const first = this.#nextId;
    this.#nextId += asks.length;
    if (this.#lost !== undefined) {
      owner.lost(this.#lost);
      return first;
    }
    if (!this.busy) this.#port.ref(true);
    this.#list = new SentList(owner, first, asks.length);
    try {
      this.#port.post({ type: "requests", requests: asks.map((ask, at) => ({ ...ask, id: first + at })), list });
    } catch (error) {
      this.#list = undefined;
      this.#settled();
      throw notSent(this.place, error);
    }
    return first;
  }

  /** Those of the list from this id on were taken back before they began: nobody waits for their replies any more. */
  forgetFrom(id: number): void {
    this.#list?.forgetFrom(id);
    this.#settled();
  }

  cancel(id: number): void {
    const isKnown = this.#list?.has(id) === true || this.#pending.has(id);
    if (this.#lost === undefined && isKnown) this.#port.post({ type: "cancel", id });
  }

  /** Asks the helper to close its connection and end. */
  sayClose(): void {
    if (this.#lost !== undefined) return;
    // Whoever closes it waits for its end.
    this.#port.ref(true);
    this.#port.post({ type: "requests", requests: [{ op: "close", id: this.#nextId++ }], list: 0 });
  }

  kill(): void {
    this.#port.ref(true);
    this.#port.kill?.();
  }

  receive(message: FromHelper): void {
    if (message.type === "progress") this.onProgress?.(message.total, message.remaining);
    if (message.type !== "replies") return;
    this.inTransaction = message.inTransaction;
    this.dirty = message.dirty;
    if (message.schemaChanged) this.onSchemaChange?.();
    this.onReplies?.(message.replies);
    const list = this.#list;
    for (const reply of message.replies) {
      if (list?.has(reply.id) === true) list.answered(reply);
      else this.#answered(reply);
    }
    this.#settled();
    list?.owner.heard();
  }

  /** The helper has ended. Everybody who waits for it gets to know. */
  end(cause: unknown, how: string): void {
    if (this.#lost !== undefined) return;
    const error = helperLost(this.place, how, cause);
    this.#lost = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) one.lost(error);
    this.#list?.owner.lost(error);
    this.#list = undefined;
    this.onLost?.(error);
  }

  #send(request: Request): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (!this.busy) this.#port.ref(true);
      this.#pending.set(request.id, pendingOf(this.place, resolve, reject));
      try {
        this.#port.post({ type: "requests", requests: [request], list: 0 });
      } catch (error) {
        this.#pending.delete(request.id);
        this.#settled();
        reject(notSent(this.place, error));
      }
    });
  }

  #answered(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    pending?.settle(reply);
  }

  #settled(): void {
    if (this.#list?.isOver === true) this.#list = undefined;
    if (!this.busy && this.#lost === undefined) this.#port.ref(false);
  }
}
