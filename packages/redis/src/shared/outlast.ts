import { type Clock, pause, withTimeout } from "@pool/core";
import { answered } from "../connection/answered.js";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { silent } from "./failures.js";
import { type Link } from "./link.js";

/** How long a link that was silent may still prove alive when another one has answered, in ms. */
const GRACE = 50;
/** One that does not answer within so long, in ms, proves nothing about another. */
const LONGEST = 1_000;

/**
 * Resolves when the link is silent no more, or must have lost what it was asked: Redis answers in its turn, so that what it owes there would have come
 * before the answer to what it is asked later over the other connection, or, the lines being what they are, about as long behind it as that has
 * taken. A connect that was begun before says nothing, however late it succeeds. Rejects when the other one does not answer.
 */
export async function outlast(link: Link, other: GuardedRedis, where: string, clock: Clock): Promise<void> {
  const within = Math.max(LONGEST, 3 * link.patience);
  while (link.state === "silent") {
    const askedAt = clock.now();
    await withTimeout(
      clock,
      within,
      () => silent(where, within),
      () => answered(other.ping()),
    );
    await pause(clock, Math.max(GRACE, clock.now() - askedAt), undefined);
    if (link.owedSince <= askedAt) return;
  }
}
