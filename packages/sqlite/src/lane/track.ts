import { type Lease, statementsHeard } from "@pool/core";
import { type SqliteHandle } from "../handle/handle.js";
import { type Job } from "./job.js";
import { type List } from "./list.js";

/** Counts the time as busy, and publishes each statement when somebody listens. */
export function track(lease: Lease<SqliteHandle>, jobs: readonly Job[], list: List): Promise<unknown> {
  return statementsHeard() ? tellEach(lease, jobs, list) : lease.track(textOf(jobs), () => list.run());
}

async function tellEach(lease: Lease<SqliteHandle>, jobs: readonly Job[], list: List): Promise<void> {
  const outcomes = list.outcomes();
  const free = list.run();
  const one = ({ options: { plan, label, values }, inContext = here }: Job, at: number) =>
    inContext(() => lease.track(plan.text, async () => await outcomes[at], label, values));
  await Promise.allSettled(jobs.map(one));
  await free;
}

/** What a holder is said to do: the first of them. */
function textOf(jobs: readonly Job[]): string {
  return jobs[0]?.options.plan.text ?? "";
}

function here<T>(run: () => T): T {
  return run();
}
