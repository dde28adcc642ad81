import { reasonOf } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { type ChannelOptions, type Move } from "./channel-options.js";
import { Dials } from "./dials.js";
import { Watchdog } from "./watchdog.js";

/** Between two members that are left because they know no leader, in ms. */
const LEAVES_AFTER = 500;

/**
 * The connection that all callers share, to one member at a time: watched, and replaced when it breaks or falls silent. One that is only silent is set
 * aside and not closed: it is taken back when the server is heard again before another connection stands (a process that was stopped for a while).
 */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #dials: Dials;
  readonly #watchdog: Watchdog;
  readonly #moves = new Set<Move>();
  readonly #changes = new Set<() => void>();
  readonly #retired = new Set<EtcdConnection>();
  #current: EtcdConnection | undefined;
  #aside: EtcdConnection | undefined;
  #leftAt = -Infinity;
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#dials = new Dials({
      ...options,
      wanted: () => this.#current === undefined && !this.#closed,
      opened: (connection) => this.#take(connection),
      failed: () => this.#changed(),
    });
    this.#watchdog = new Watchdog({
      ...options,
      doubt: (connection, cause) => this.#setAside(connection, cause),
      trust: (connection) => this.#trust(connection),
    });
  }

  /** The connection that takes calls now. */
  get current(): EtcdConnection | undefined {
    return this.#current;
  }

  /** Open sockets, those of connects under way included. */
  get connections(): number {
    return Number(this.#current !== undefined) + Number(this.#aside !== undefined) + this.#retired.size;
  }

  /** Why there is no connection and will be none at once; undefined where it is worth the wait. */
  get down(): { readonly cause: unknown } | undefined {
    return this.#current === undefined && this.#dials.isDown ? { cause: this.#dials.lastError } : undefined;
  }

  /** Connects if nothing is there. */
  readonly pursue = (): void => this.#dials.pursue();

  /** To be called with every call: whether it is answered is looked after from then on. */
  watch(connection: EtcdConnection): void {
    this.#watchdog.watch(connection);
  }

  /** Told when it is worth looking again: a connection is there, is gone, or a connect has failed. */
  onChange(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  onMove(listener: Move): () => void {
    this.#moves.add(listener);
    return () => this.#moves.delete(listener);
  }

  /** The connection ended, as its `lost` says. */
  ended(connection: EtcdConnection, cause: unknown): void {
    if (connection === this.#aside) this.#aside = undefined;
    if (connection === this.#current) this.#drop(connection, cause);
  }

  /** The member behind it is of no use now: another one is tried, where there is one. */
  leave(connection: EtcdConnection, cause: unknown): void {
    if (connection !== this.#current || this.#options.endpoints.length < 2) return;
    const now = this.#options.clock.now();
    if (now - this.#leftAt < LEAVES_AFTER) return; // while nobody leads, one member is as good as the other
    this.#leftAt = now;
    this.#dials.skip();
    this.#drop(connection, cause);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#dials.close();
    this.#watchdog.close();
    const open = [this.#current, this.#aside, ...this.#retired].filter((one) => one !== undefined);
    this.#current = this.#aside = undefined;
    await Promise.all(open.map((connection) => connection.close()));
  }

  #take(connection: EtcdConnection): void {
    this.#current = connection;
    const aside = this.#aside;
    this.#aside = undefined;
    if (aside !== undefined) this.#retire(aside);
    this.#watchdog.watch(connection);
    this.#options.recovered();
    this.#changed();
  }

  #drop(connection: EtcdConnection, cause: unknown): void {
    this.#current = undefined;
    this.#retire(connection);
    this.#options.lost(cause);
    this.#changed();
    this.#dials.pursue();
  }

  /** What it has under way may still be answered; what may be asked again is. */
  #retire(connection: EtcdConnection): void {
    this.#watchdog.forget(connection);
    this.#retired.add(connection);
    connection.onClose(() => this.#retired.delete(connection));
    connection.retire();
    for (const move of this.#moves) move(connection);
  }

  #setAside(connection: EtcdConnection, cause: unknown): void {
    if (connection !== this.#current) return;
    this.#current = undefined;
    this.#aside = connection;
    this.#options.lost(new Error(`the server is silent: ${reasonOf(cause)}`));
    this.#dials.skip();
    this.#changed();
    this.#dials.pursue();
  }

  #trust(connection: EtcdConnection): void {
    if (connection !== this.#aside || connection.ended || this.#current !== undefined) return;
    this.#aside = undefined;
    this.#current = connection;
    this.#dials.calledOff();
    this.#options.recovered();
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#changes) listener();
  }
}
