import { Entry, type EntryOwner } from "./entry.js";
import { PoolLease } from "./lease.js";
import { TimeoutErrors } from "./refusals.js";
import { Line } from "./line.js";
import { Signals } from "./signals.js";
import { Terms } from "./terms.js";
import { Leaver } from "./wait-queue.js";

const NO_MOMENT = {
  pool: "",
  maxSize: 0,
  size: 0,
  leased: 0,
  idle: 0,
  connecting: 0,
  waiting: 0,
  lastConnectError: undefined,
  holders: [],
};

/**
 * One of each kind of object that comes and goes, to be kept and never used. V8 forgets a hidden class that has no instance at a full
 * collection, and with it all compiled code that knows it: a pool that is idle at that moment would start slow again.
 */
export function keptShapes(owner: EntryOwner): readonly unknown[] {
  const tally = { connecting: 0, validating: 0, resetting: 0, closing: 0 };
  const nothing = (): void => undefined;
  const entry = new Entry<unknown>(owner, 0, tally, 0, 0);
  const { signal } = new AbortController();
  const signals = new Signals<unknown>({ abort: nothing, aborted: nothing });
  const watch = signals.watch(signal);
  const terms = new Terms(undefined, 0, undefined);
  const line = new Line<unknown>();
  const piece = line.push(nothing, nothing, 0, terms, watch);
  watch.add(piece);
  const errors = new TimeoutErrors(NO_MOMENT);
  return [new PoolLease(entry, 0), line, terms, new Leaver(piece, 0), signals, errors, errors.make(undefined, 0, 0)];
}
