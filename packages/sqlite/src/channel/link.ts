import { PoolError } from "@pool/core";
import { sqliteError, type Place } from "../errors.js";
import { type Done, type FromHelper, type Reply, type Request } from "../helper/protocol.js";
import { type Port } from "./port.js";

interface Pending {
  settle(reply: Reply): void;
  lost(error: PoolError): void;
}

type WithoutId<R> = R extends unknown ? Omit<R, "id"> : never;
export type Ask = WithoutId<Request>;

/** Sends requests to one helper and hands the replies to who asked. Knows from them what state the connection is in. */
export class Link {
  readonly place: Place;
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #lost: PoolError | undefined;
  inTransaction = false;
  dirty = false;
  onSchemaChange: (() => void) | undefined;
  /** Something was answered. */
  onReplies: (() => void) | undefined;
  onProgress: ((total: number, remaining: number) => void) | undefined;
  /** Called once, when the helper has ended: `error` is what its callers got. */
  onLost: ((error: PoolError) => void) | undefined;

  constructor(place: Place, port: Port) {
    this.place = place;
    this.#port = port;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
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
    const done = new Promise<Done>((resolve, reject) => {
      this.#add(id, {
        settle: (reply) => {
          if (reply.error === undefined) resolve(reply);
          else reject(sqliteError(this.place, reply.error));
        },
        lost: reject,
      });
      if (this.#lost === undefined) this.#port.post({ type: "requests", requests: [{ ...request, id }], list: 0 });
    });
    return { id, done };
  }

  /** Many statements in one message. Each is told of its reply, or of the loss of the helper. Returns their ids. */
  askMany(requests: readonly Ask[], pending: readonly Pending[], list: number): number[] {
    const ids = requests.map(() => this.#nextId++);
    pending.forEach((one, at) => {
      const id = ids[at];
      if (id !== undefined) this.#add(id, one);
    });
    if (this.#lost !== undefined) return ids;
    this.#port.post({
      type: "requests",
      requests: requests.map((request, at) => ({ ...request, id: ids[at] ?? 0 })),
      list,
    });
    return ids;
  }

  /** Requests that were taken back before they began: nobody waits for their replies any more. */
  forget(ids: readonly number[]): void {
    for (const id of ids) this.#pending.delete(id);
    this.#settled();
  }

  cancel(id: number): void {
    if (this.#lost === undefined && this.#pending.has(id)) this.#port.post({ type: "cancel", id });
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
    this.onReplies?.();
    for (const reply of message.replies) {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      pending?.settle(reply);
    }
    this.#settled();
  }

  /** The helper has ended. Everybody who waits for it gets to know. */
  end(cause: unknown, how: string): void {
    if (this.#lost !== undefined) return;
    const error = new PoolError("RESOURCE_LOST", `sqlite ${JSON.stringify(this.place.name)}: ${how}`, {
      cause,
      details: { file: this.place.file },
    });
    this.#lost = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) one.lost(error);
    this.onLost?.(error);
  }

  #add(id: number, pending: Pending): void {
    if (this.#lost !== undefined) {
      pending.lost(this.#lost);
      return;
    }
    if (this.#pending.size === 0) this.#port.ref(true);
    this.#pending.set(id, pending);
  }

  #settled(): void {
    if (this.#pending.size === 0 && this.#lost === undefined) this.#port.ref(false);
  }
}
