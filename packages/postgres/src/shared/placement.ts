import { type Link } from "./link.js";
import { type ResolvedSharedOptions } from "./options.js";

/** From this depth on a second connection is worth opening, where there may be two. */
export const DEEP = 16;

/** Of those that take a statement now, the one with the fewest on it. */
export function freestLink(links: readonly Link[], maxDepth: number): Link | undefined {
  let best: Link | undefined;
  for (const link of links) {
    const { length } = link.waiting;
    if (link.state !== "active" || length >= maxDepth) continue;
    if (best === undefined || length < best.waiting.length) best = link;
  }
  return best;
}

/** How many connections are to be opened. `ending` counts those whose sockets are not closed yet. */
export function missingLinks(
  { connections, maxRetired }: ResolvedSharedOptions,
  { open, ending }: { readonly open: readonly Link[]; readonly ending: number },
  queued: number,
): number {
  const serving = open.filter(({ isServing }) => isServing);
  const expiring = open.some(({ isExpiring, state }) => isExpiring && state !== "retired");
  const deep = serving.some(({ waiting }) => waiting.length >= DEEP);
  if (queued === 0 && !expiring && !deep) return 0;
  return Math.min(connections - serving.length, connections + maxRetired - open.length - ending);
}
