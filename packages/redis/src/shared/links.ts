import { type Clock, type Lease, type Pool } from "@pool/core";
import { type GuardedRedis, unanswered } from "../connection/guarded-redis.js";
import { closed, silent } from "./failures.js";
import { Link } from "./link.js";
import { type LinksOptions, type LinksOwner } from "./links-options.js";
import { type Outgoing } from "./outgoing.js";
import { outlast } from "./outlast.js";
import { nextLook, tend } from "./tending.js";

/** The connection that takes commands, the one that is to replace it, and those that only wait for answers. */
export class Links {
  current: Link | undefined;
  readonly #leaving = new Set<Link>();
  readonly #pool: Pool<GuardedRedis>;
  readonly #options: LinksOptions;
  readonly #owner: LinksOwner;
  readonly #clock: Clock;
  #opening = false;
  #isLost = false;
  #isClosed = false;

  constructor(pool: Pool<GuardedRedis>, options: LinksOptions, owner: LinksOwner, clock: Clock) {
    this.#pool = pool;
    this.#options = options;
    this.#owner = owner;
    this.#clock = clock;
  }

  get connections(): number {
    return this.#pool.stats.size;
  }

  get inFlight(): number {
    let count = this.current?.inFlight ?? 0;
    for (const link of this.#leaving) count += link.inFlight;
    return count;
  }

  get isWanted(): boolean {
    return this.#all().some((link) => link.isWanted);
  }

  /** Opens another one, unless that is under way. */
  open(): void {
    if (this.#opening || this.#isClosed) return;
    this.#opening = true;
    this.#pool.resize({ maxSize: this.#pool.stats.leased + 1 });
    this.#pool.acquire({ timeout: Infinity, label: "shared connection" }).then(
      (lease) => void this.#arrived(lease),
      () => {
        this.#opening = false;
        if (!this.#isClosed) this.#owner.gaveUp();
      },
    );
  }

  /** What is sent from now on goes over a new connection; what was sent is still answered on the old one. */
  replace(): void {
    const { current } = this;
    this.current = undefined;
    if (current !== undefined) this.#retire(current);
    this.open();
  }

  /** Looks after all that depends on time; says when to look again. */
  look(now: number): number {
    const helpers = { open: () => this.open(), isAwaited: () => this.#owner.isAwaited() };
    return Math.min(...this.#all().map((link) => tend(link, now, this.#options, helpers)));
  }

  /** Ends all at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const link of this.#all()) {
      for (const command of unanswered(link.redis) as Generator<Outgoing>)
        if (!command.isSettled) command.reject(closed(this.#options.home.where, command));
      link.lose(undefined);
    }
    await this.#pool.close({ timeout: 0 });
  }

  async #arrived(lease: Lease<GuardedRedis>): Promise<void> {
    const { current } = this;
    try {
      if (current?.state === "silent") await outlast(current, lease.resource, this.#options.home.where, this.#clock);
    } catch (error) {
      lease.destroy(error); // that one will do no better
    }
    this.#takeOver(lease);
  }

  #takeOver(lease: Lease<GuardedRedis>): void {
    this.#opening = false;
    const { current } = this;
    const isNeeded = current?.state !== "clear" || this.#clock.now() >= current.expiresAt;
    if (this.#isClosed || !isNeeded || !lease.active || lease.resource.status !== "ready") {
      lease.destroy();
      if (current === undefined) this.open();
      return;
    }
    this.current = this.#link(lease);
    if (current?.state === "clear") this.#retire(current);
    else current?.lose(silent(this.#options.home.where, this.#clock.now() - current.owedSince));
    if (this.#isLost) this.#owner.recovered();
    this.#isLost = false;
    this.#owner.cleared();
    this.#expect(this.current);
  }

  #link(lease: Lease<GuardedRedis>): Link {
    const owner = {
      expect: (link: Link) => this.#expect(link),
      cleared: () => this.#owner.cleared(),
      ended: (link: Link, cause: unknown) => this.#ended(link, cause),
    };
    return new Link(lease, { ...this.#options, lifetime: this.#options.lifetime() }, owner, this.#clock);
  }

  #retire(link: Link): void {
    if (link.state === "ended") return;
    link.retire();
    this.#leaving.add(link);
    this.#expect(link);
    if (link.inFlight === 0) link.lose(undefined);
  }

  #ended(link: Link, cause: unknown): void {
    this.#leaving.delete(link);
    if (this.current !== link) return;
    this.current = undefined;
    if (this.#isClosed) return;
    this.#isLost = true;
    this.#owner.lost(cause);
    this.open();
  }

  #expect(link: Link): void {
    this.#owner.expect(nextLook(link, this.#options));
  }

  #all(): Link[] {
    return this.current === undefined ? [...this.#leaving] : [this.current, ...this.#leaving];
  }
}
