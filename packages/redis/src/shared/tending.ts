import { unanswered } from "../connection/guarded-redis.js";
import { silent } from "./failures.js";
import { type Link } from "./link.js";
import { type Home, type Outgoing, timedOut } from "./outgoing.js";

export interface TendingOptions {
  readonly home: Home;
  /** How long the server may owe an answer before another connection is tried beside the one that is silent, in ms; longer where its answers are known to take long. */
  readonly silentAfter: number;
  /** An idle link is asked so often whether it is still there, in ms. */
  readonly pingInterval: number;
}

/** An idle link that is silent for so long is given up, in ms, whether another one answers or not: somebody may have to know that the server is away. */
const GIVEN_UP_AFTER = 3_000;

/** What a link may need. */
export interface Helpers {
  /** Another one beside it. */
  open(): void;
  /** Does somebody wait to send? */
  isAwaited(): boolean;
}

/** Looks after all of a link that depends on time; says when to look again. */
export function tend(link: Link, now: number, options: TendingOptions, helpers: Helpers): number {
  if (link.state === "ended") return Infinity;
  const nextOverdue = rejectOverdue(link, now, options.home.where);
  if (link.state !== "retired") return Math.min(nextOverdue, tendServing(link, now, options, helpers));
  if (link.isWanted) return Math.min(nextOverdue, now + options.silentAfter);
  link.lose(undefined);
  return Infinity;
}

/** When there may be something to look at. */
export function nextLook(link: Link, { pingInterval }: TendingOptions): number {
  return link.inFlight > 0 ? link.owedSince + link.patience : link.heardAt + pingInterval;
}

function tendServing(link: Link, now: number, options: TendingOptions, { open, isAwaited }: Helpers): number {
  const { silentAfter, pingInterval, home } = options;
  const { patience } = link;
  if (now >= link.expiresAt) open();
  if (link.inFlight === 0) {
    link.rest();
    const pingAt = link.heardAt + pingInterval;
    if (now < pingAt) return Math.min(pingAt, Math.max(link.expiresAt, now + silentAfter));
    link.ping(now, false);
  }
  if (now < link.owedSince + patience) return link.owedSince + patience;
  link.state = "silent";
  open();
  const silentFor = now - link.owedSince;
  if (silentFor > Math.max(GIVEN_UP_AFTER, 2 * patience) && !link.isWanted && !isAwaited())
    link.lose(silent(home.where, silentFor));
  return now + silentAfter;
}

function rejectOverdue(link: Link, now: number, where: string): number {
  let next = Infinity;
  for (const command of unanswered(link.redis) as Generator<Outgoing>) {
    if (command.isSettled) continue;
    if (command.deadline <= now) command.reject(timedOut(where, command));
    else next = Math.min(next, command.deadline);
  }
  return next;
}
