import { PoolError } from "../errors.js";
import { checkLimits } from "./arguments.js";
import type { Engine } from "./engine.js";
import { limitProblems } from "./options.js";

/** The limits that can change while a pool is open. */
export interface LimitChange {
  maxSize?: number;
  maxIdle?: number;
  minIdle?: number;
}

/** Changes the limits, and closes what is idle over them. @throws PoolError `INVALID_ARGUMENT`, and changes nothing then */
export function resize<R>(engine: Engine<R>, change: LimitChange): void {
  const { limits, name } = engine;
  checkLimits(name, change);
  const next = limits.after(change);
  const problems = limitProblems(next);
  if (problems.length > 0) {
    throw new PoolError("INVALID_ARGUMENT", `pool ${JSON.stringify(name)}: ${problems.join("; ")}`, { details: next });
  }
  if (next.maxSize < limits.maxSize) engine.shrunk = true;
  limits.change(change);
  engine.recount();
  for (const entry of engine.idle.snapshot(false)) {
    if (engine.idle.size <= limits.maxIdle && !engine.overLimit) break;
    if (entry.state === "idle") engine.close(entry, "resized");
  }
}
