import { PoolError, reasonOf, settlesWithin, systemClock, withoutStack } from "@pool/core";
import { type Channel } from "../channel/channel.js";
import { type EtcdConnection } from "../wire/connection.js";
import { type Call } from "./call.js";

export interface QueueOptions {
  readonly name: string;
  readonly channel: Channel;
  /** Calls that are with a server at once. */
  readonly maxInFlight: number;
  /** Calls that wait for that, or for a connection. */
  readonly maxWaiting: number;
}

/** Who is with a server, and who waits for that, first come first served. */
export class CallQueue {
  readonly #options: QueueOptions;
  readonly #start: (call: Call, connection: EtcdConnection) => void;
  readonly #waiting = new Set<Call>();
  readonly #running = new Set<Call>();

  constructor(options: QueueOptions, start: (call: Call, connection: EtcdConnection) => void) {
    this.#options = options;
    this.#start = start;
    options.channel.onChange(() => this.serve());
  }

  get waiting(): ReadonlySet<Call> {
    return this.#waiting;
  }

  get running(): ReadonlySet<Call> {
    return this.#running;
  }

  all(): readonly Call[] {
    return [...this.#waiting, ...this.#running];
  }

  /** Resolves when all that are there now have ended, after `ms` at the latest. */
  async settled(ms: number): Promise<void> {
    const replies = this.all().map(({ reply }) => reply);
    if (replies.length > 0 && ms > 0) await settlesWithin(systemClock, ms, Promise.allSettled(replies));
  }

  /** Starts the call, or has it wait; one that cannot wait is rejected. */
  place(call: Call): void {
    if (call.over) return;
    const { channel, maxInFlight } = this.#options;
    const { current } = channel;
    if (current !== undefined && this.#waiting.size === 0 && this.#running.size < maxInFlight)
      return this.#begin(call, current);
    const refusal = this.refusal();
    if (refusal !== undefined) return call.reject(refusal);
    this.#waiting.add(call);
    channel.pursue();
  }

  /** It is with no server any more, and waits for none. */
  remove(call: Call): void {
    this.#running.delete(call);
    this.#waiting.delete(call);
  }

  /** Lets those begin who can, and tells those who wait in vain. */
  serve(): void {
    if (this.#waiting.size === 0) return;
    const { channel, maxInFlight } = this.#options;
    if (channel.current === undefined) {
      const { down } = channel;
      if (down === undefined) return channel.pursue();
      const told = [...this.#waiting];
      this.#waiting.clear();
      for (const call of told) call.reject(this.#unavailable(down.cause));
      return;
    }
    for (const call of this.#waiting) {
      const { current } = channel as { readonly current: EtcdConnection | undefined }; // a start may fail, and the connection with it
      if (current === undefined || this.#running.size >= maxInFlight) return;
      this.#waiting.delete(call);
      this.#begin(call, current);
    }
  }

  /** Why nobody may wait now. */
  refusal(): PoolError | undefined {
    const { name, channel, maxWaiting } = this.#options;
    const { down } = channel;
    if (down !== undefined) return this.#unavailable(down.cause);
    if (this.#waiting.size < maxWaiting) return undefined;
    const [waiting, inFlight] = [this.#waiting.size, this.#running.size];
    const message = `etcd ${JSON.stringify(name)}: ${String(waiting)} calls wait already, ${String(inFlight)} are under way`;
    return withoutStack(() => new PoolError("QUEUE_FULL", message, { details: { waiting, inFlight, sent: false } }));
  }

  #begin(call: Call, connection: EtcdConnection): void {
    this.#running.add(call);
    this.#start(call, connection);
  }

  #unavailable(cause: unknown): PoolError {
    const message = `etcd ${JSON.stringify(this.#options.name)} is not reachable: ${reasonOf(cause)}`;
    return withoutStack(() => new PoolError("UNAVAILABLE", message, { cause, details: { sent: false } }));
  }
}
