import type { Connector } from "./connector.js";

/** Where a registry keeps who belongs to it, for its supervisor. */
export const membersOf = Symbol("@pool/core membersOf");

/** Connectors that come and go together. */
export interface Membership {
  /** A snapshot of those that are to be looked after; none once the end has begun. */
  list(): readonly Connector[];
  /** `watcher` runs after every coming and going, until the function that is returned runs. */
  watch(watcher: () => void): () => void;
}
