import { CoarseClock } from "@pool/core";
import { Dials } from "../redial/dials.js";
import { type DispatcherOptions } from "./dispatcher-options.js";
import { Drain } from "./drain.js";
import { closed, queueFull, unavailable } from "./failures.js";
import { type Link } from "./link.js";
import { Links } from "./links.js";
import { ping } from "./ping.js";
import { DEEP, freestLink, missingLinks } from "./placement.js";
import { type SharedStatement } from "./statement.js";
import { StatementList } from "./statement-list.js";
import { Watch } from "./watch.js";

/** Brings statements and connections together: what can be sent is sent at once, the rest waits in one queue. */
export class Dispatcher {
  readonly queue = new StatementList();
  readonly links: Links;
  readonly #options: DispatcherOptions;
  readonly #clock: CoarseClock;
  readonly #dials: Dials;
  readonly #watch: Watch;
  #isClosed = false;
  readonly #drain: Drain;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#clock = new CoarseClock(options.clock);
    this.links = new Links(options, {
      now: () => this.now(),
      changed: () => this.#proceed(),
      repeat: (statement) => this.#repeat(statement),
      worked: () => this.#dials.worked(),
      broke: (cause) => this.#dials.failed(cause),
      cancelled: () => this.#watch.abandoned(),
    });
    this.#dials = new Dials(
      { ...options, pipeline: true, impatience: Infinity },
      {
        wanted: () => missingLinks(options, this.links, this.queue.length),
        opened: (dialled) => {
          const link = this.links.add(dialled);
          this.#dials.callOff(Math.max(0, options.connections - this.links.serving));
          this.#proceed();
          return (cause) => link.lose(cause ?? new Error("the server has closed the connection"));
        },
        failed: () => this.#failed(),
      },
    );
    this.#drain = new Drain(
      options.clock,
      () => this.queue.length === 0 && this.links.open.every(({ waiting }) => !waiting.isWanted),
    );
    this.#watch = new Watch(
      options,
      { queue: this.queue, links: this.links, renew: () => this.#dials.pursue() },
      this.#clock,
    );
  }

  now(): number {
    return this.#clock.now();
  }

  /** Sends it or has it wait. One that is refused is rejected. */
  add(statement: SharedStatement): void {
    const { name, maxQueued } = this.#options;
    if (this.#isClosed) return statement.reject(closed(name));
    const link = this.queue.length === 0 ? this.#freeLink() : undefined;
    this.#watch.expect(statement.deadline);
    if (link !== undefined) return this.#send(link, statement);
    if (this.#dials.isDown && !this.#isOpen) return statement.reject(unavailable(name, this.#dials.trouble));
    if (this.queue.length >= maxQueued) return statement.reject(queueFull(name, maxQueued));
    this.queue.push(statement);
    this.#dials.pursue();
  }

  /** Its caller waits no longer. */
  abort(statement: SharedStatement, reason: unknown): void {
    if (statement.settled) return;
    if (statement.route === undefined) this.queue.remove(statement);
    statement.reject(reason);
    this.#watch.abandoned();
    this.#drain.tell();
  }

  /** Refuses what comes, waits up to `timeout` ms for what is here, rejects the rest, and resolves when no socket is open. */
  async close(timeout: number): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.#drain.wait(timeout);
      this.#dials.close();
      this.#watch.stop();
      this.queue.reject((statement) => closed(this.#options.name, statement));
      this.queue.clear();
    }
    await this.links.closeAll();
  }

  get #isOpen(): boolean {
    return this.links.open.some(({ state }) => state !== "retired");
  }

  #proceed(): void {
    for (const statement of this.queue) {
      const link = this.#freeLink();
      if (link === undefined) break;
      this.queue.remove(statement);
      this.#send(link, statement);
    }
    if (this.queue.length > 0) this.#dials.pursue();
    else this.#drain.tell();
  }

  #repeat(statement: SharedStatement): void {
    statement.repeated = true;
    statement.route = undefined;
    this.queue.unshift(statement);
  }

  #send(link: Link, statement: SharedStatement): void {
    link.send(statement);
    const { length } = link.waiting;
    if (length === 1) this.#watch.expect(link.headSince + this.#options.slowAfter);
    else if (length === DEEP && this.#options.connections > 1) this.#dials.pursue();
  }

  /** One that takes a statement now. If it was idle for long it is asked first whether it is still there. */
  #freeLink(): Link | undefined {
    const { maxDepth, validateIfIdleFor } = this.#options;
    const link = freestLink(this.links.open, maxDepth);
    if (link?.waiting.length !== 0 || this.now() - link.headSince < validateIfIdleFor) return link;
    this.#check(link);
    return undefined;
  }

  #check(link: Link): void {
    const { validateTimeout } = this.#options;
    const due = this.now() + validateTimeout;
    ping(link, due, validateTimeout);
    this.#watch.expect(due);
  }

  #failed(): void {
    if (this.#isOpen) return;
    this.queue.reject(() => unavailable(this.#options.name, this.#dials.trouble));
    this.queue.clear();
    this.#drain.tell();
  }
}
