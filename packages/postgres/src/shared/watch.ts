import { type Clock, type CoarseClock, type Timer } from "@pool/core";
import { checkFailed, timedOut } from "./failures.js";
import { type Link } from "./link.js";
import { type Links } from "./links.js";
import { type StatementList } from "./statement-list.js";

/** What is watched. */
export interface Watched {
  readonly queue: StatementList;
  readonly links: Links;
  /** A fresh connection is wanted beside one that is expiring. */
  renew(): void;
}

export interface WatchOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly slowAfter: number;
  readonly closeTimeout: number;
}

/** A statement whose caller is gone is given so long to end by itself, before it is cancelled at the price of its connection. */
const GRACE = 20;
/** Deadlines closer together than this share one look. */
const GRAIN = 4;

/**
 * One timer for everything that depends on time: deadlines, slow statements, those whose callers have gone, and connections that have grown old.
 * It fires when the first of them may be due, and looks at all.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #watched: Watched;
  readonly #coarse: CoarseClock;
  #timer: Timer | undefined;
  #dueAt = Infinity;

  constructor(options: WatchOptions, watched: Watched, coarse: CoarseClock) {
    this.#options = options;
    this.#watched = watched;
    this.#coarse = coarse;
  }

  /** Something may be due at that time. */
  expect(at: number): void {
    if (at >= this.#dueAt) return;
    const { clock } = this.#options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    const now = this.#coarse.now();
    this.#dueAt = Math.max(at, now + GRAIN);
    this.#timer = clock.setTimeout(this.#look, this.#dueAt - now);
    // What it waits for keeps the process alive, where that is due: sockets and connects do.
    this.#timer.unref();
  }

  /** The caller of a statement that was sent is gone. */
  abandoned(): void {
    this.expect(this.#coarse.now() + GRACE);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#dueAt = -Infinity;
  }

  readonly #look = (): void => {
    const now = this.#coarse.refresh();
    this.#timer = undefined;
    this.#dueAt = Infinity;
    const { links, queue } = this.#watched;
    let next = this.#rejectOverdue(queue, now);
    for (const link of [...links.open]) next = Math.min(next, this.#lookAt(link, now));
    if (next !== Infinity) this.expect(next);
  };

  #lookAt(link: Link, now: number): number {
    const next = this.#rejectOverdue(link.waiting, now);
    const head = link.waiting.first;
    if (link.state === "checking") {
      if (head?.settled !== true) return next;
      link.lose(checkFailed(this.#options.name, head.timeout));
      return next;
    }
    if (link.hasChangedRole) this.#watched.links.retire(link);
    if (link.expiresAt <= now && !link.isExpiring) {
      link.isExpiring = true;
      this.#watched.renew();
    }
    const later = Math.min(next, link.isExpiring ? Infinity : link.expiresAt);
    return head === undefined ? later : Math.min(later, this.#lookAtHead(link, head.settled, now));
  }

  /** When to look again. */
  #lookAtHead(link: Link, abandoned: boolean, now: number): number {
    const { slowAfter, closeTimeout } = this.#options;
    if (abandoned && now >= link.headSince + GRACE) {
      if (link.state === "active") this.#watched.links.retire(link);
      if (link.cancels.meant(link.waiting.first) && !link.waiting.isWanted) link.cut();
      else this.#watched.links.cancel(link);
      return Math.min(link.cancels.againAt, now + closeTimeout);
    }
    if (abandoned) return link.headSince + GRACE;
    if (link.state !== "active") return Infinity;
    if (now < link.headSince + slowAfter) return link.headSince + slowAfter;
    this.#watched.links.retire(link);
    return Infinity;
  }

  #rejectOverdue(list: StatementList, now: number): number {
    let next = Infinity;
    for (const statement of list) {
      if (statement.settled) continue;
      if (statement.deadline > now) {
        next = Math.min(next, statement.deadline);
        continue;
      }
      if (statement.route === undefined) list.remove(statement);
      statement.reject(timedOut(this.#options.name, statement));
    }
    return next;
  }
}
