import { type Pool, systemClock, type Timer } from "@pool/core";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { RoundTrips } from "../shared/round-trips.js";
import { Ear, type EarOwner } from "./ear.js";

export interface DiallingOwner extends EarOwner {
  opened(ear: Ear): void;
}

/** How long the server may owe the answer to a ping, in ms, or longer where the line is known to be slow. */
const PATIENCE = 1_000;
/** After a connect that failed, the next one begins after so long, in ms. */
const TRY_AGAIN = 200;

/** The connect of the connection for messages: one at a time, and again until one succeeds or nobody wants it any more. */
export class Dialling {
  readonly #pool: Pool<GuardedRedis>;
  readonly #pingInterval: number;
  readonly #owner: DiallingOwner;
  readonly #roundTrips = new RoundTrips(PATIENCE);
  #underWay: { readonly ear: Promise<Ear>; readonly stopping: AbortController } | undefined;
  #again: Timer | undefined;

  constructor(pool: Pool<GuardedRedis>, pingInterval: number, owner: DiallingOwner) {
    this.#pool = pool;
    this.#pingInterval = pingInterval;
    this.#owner = owner;
  }

  /** Begins, unless that is under way. Rejects when this connect fails; another one follows. */
  dial(): Promise<Ear> {
    if (this.#underWay !== undefined) return this.#underWay.ear;
    this.#clear();
    const stopping = new AbortController();
    const underWay = { stopping, ear: this.#connect(stopping.signal) };
    this.#underWay = underWay;
    underWay.ear.catch(() => {
      if (this.#underWay !== underWay) return;
      this.#underWay = undefined;
      this.#again = systemClock.setTimeout(() => void this.dial().catch(() => undefined), TRY_AGAIN);
    });
    return underWay.ear;
  }

  /** Whoever waits is rejected with the reason. */
  stop(reason: Error): void {
    this.#clear();
    this.#underWay?.stopping.abort(reason);
    this.#underWay = undefined;
  }

  async #connect(signal: AbortSignal): Promise<Ear> {
    for (;;) {
      const lease = await this.#pool.acquire({ timeout: Infinity, label: "subscriptions", signal });
      if (!signal.aborted && lease.active && lease.resource.status === "ready") {
        this.#underWay = undefined;
        const ear = new Ear(lease, this.#pingInterval, this.#roundTrips, this.#owner);
        this.#owner.opened(ear);
        return ear;
      }
      lease.destroy();
      signal.throwIfAborted();
    }
  }

  #clear(): void {
    if (this.#again !== undefined) systemClock.clearTimeout(this.#again);
    this.#again = undefined;
  }
}
