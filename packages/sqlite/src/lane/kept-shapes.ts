import { SentList } from "../channel/sent-list.js";
import { type SqliteHandle } from "../handle/handle.js";
import { Plan } from "../read/plan.js";
import { Job } from "./job.js";
import { List } from "./list.js";

/**
 * One of each kind of object that comes and goes with a statement, to be kept and never used. V8 forgets a hidden class that has no instance at a full
 * collection, and with it all compiled code that knows it: what is read after a quiet moment would take three times as long.
 */
export function keptShapes(): readonly unknown[] {
  const plan = new Plan("", "read");
  const rest = { label: undefined, timeout: 0, ownTimeout: false, signal: undefined, batch: undefined };
  // A time has a fraction, as it has in those that are used: V8 keeps it otherwise.
  const job = new Job({ plan, values: undefined, ...rest }, 0.5, () => undefined);
  const none = undefined as unknown as SqliteHandle; // it is never run
  const list = new List(none, [job], { writes: false, timeout: 0, onSlow: () => undefined });
  return [list, new SentList(list, 1, 1)];
}
