import { type Lease, statementsHeard } from "@pool/core";
import { type SqliteHandle } from "../handle/handle.js";
import { type Job } from "./job.js";
import { type List } from "./list.js";

/** Counts the time as busy, and publishes each statement when somebody listens. */
export async function track(lease: Lease<SqliteHandle>, jobs: readonly Job[], list: List): Promise<void> {
  const outcomes = statementsHeard() ? list.outcomes() : undefined;
  const free = list.run();
  const [first] = jobs;
  if (outcomes !== undefined) {
    const one = ({ options: { plan, label, values }, inContext = here }: Job, at: number) =>
      inContext(() => lease.track(plan.text, async () => await outcomes[at], label, values));
    await Promise.allSettled(jobs.map(one));
    await free;
  } else if (first !== undefined) await lease.track(first.options.plan.text, () => free);
}

function here<T>(run: () => T): T {
  return run();
}
