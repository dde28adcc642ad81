import type { LockHeldElsewhere, LockStore, LockTaken } from "../../src/index.js";
import type { Clock } from "../../src/time.js";

/** A store that others go through, and that knows at any moment, without a call, who has what. */
export class LockOracle implements LockStore {
  readonly kind: string;
  readonly #store: LockStore;
  readonly #clock: Clock;
  readonly #owners = new Map<bigint, string>();
  readonly #rows = new Map<string, { owner: string; token: bigint; until: number }>();

  constructor(store: LockStore, clock: Clock) {
    this.kind = store.kind;
    this.#store = store;
    this.#clock = clock;
  }

  /** The token of who has the key now. */
  tokenOf(key: string): bigint | undefined {
    const row = this.#rows.get(key);
    return row !== undefined && row.until > this.#clock.now() ? row.token : undefined;
  }

  /** Has the key now the owner that this token was given to, if by another token? */
  isOwnedBy(key: string, token: bigint): boolean {
    return this.tokenOf(key) !== undefined && this.#rows.get(key)?.owner === this.#owners.get(token);
  }

  async take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere> {
    const until = this.#clock.now() + ttl;
    const taken = await this.#store.take(key, owner, ttl, signal);
    if (taken.token !== undefined) {
      this.#rows.set(key, { owner, token: taken.token, until });
      this.#owners.set(taken.token, owner);
    }
    return taken;
  }

  async renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean> {
    const until = this.#clock.now() + ttl;
    const isRenewed = await this.#store.renew(key, owner, ttl, signal);
    const row = this.#rows.get(key);
    if (isRenewed && row?.owner === owner) row.until = until;
    return isRenewed;
  }

  async drop(key: string, owner: string, signal: AbortSignal): Promise<void> {
    await this.#store.drop(key, owner, signal);
    if (this.#rows.get(key)?.owner === owner) this.#rows.delete(key);
  }

  async untilFree(key: string, signal: AbortSignal): Promise<void> {
    await this.#store.untilFree?.(key, signal);
  }
}
