import { cpuTime } from "../lib/cpu-time.ts";
import { watch } from "@pool/monitor";
import { isInTurns, type MonitorLoad, type Watching } from "./loads.ts";
import type { Costs } from "./process.ts";
import { leaseSubject, querySubject } from "./subjects.ts";

/** The process of one contestant: what was once installed in it is so for good, and cannot touch the others. */
const [load, watching, url = ""] = process.argv.slice(2);
const name = load as MonitorLoad["name"]; // given by process.ts
const how = JSON.parse(watching ?? "{}") as Watching; // given by process.ts
const subject = await (name === "lease" ? leaseSubject(how) : querySubject(how, url));

// So often who is watched in turns is watched and not, in one measurement: what a read costs by itself changes from second to second by more than watching it does.
const TURNS = 8;

process.on("message", (count: number) => {
  void measure(count).then((costs) => process.send?.(costs));
});
process.send?.({ ready: true });

async function measure(count: number): Promise<Costs> {
  if (!isInTurns(how)) return { us: await run(count), unwatched: undefined };
  const part = Math.ceil(count / TURNS);
  let [watched, unwatched] = [0, 0];
  for (let turn = 0; turn < TURNS; turn++) {
    const watchedFirst = turn % 2 === 0;
    if (!watchedFirst) unwatched += await runUnwatched(part);
    watched += await runWatched(part);
    if (watchedFirst) unwatched += await runUnwatched(part);
  }
  return { us: watched / TURNS, unwatched: unwatched / TURNS };
}

/** Whoever has just begun to watch asks for memory until all that it keeps has gone round, and a service does that once: it does not count. */
async function runWatched(count: number): Promise<number> {
  using _ = watch();
  await subject(count);
  return await run(count);
}

async function runUnwatched(count: number): Promise<number> {
  await subject(count);
  return await run(count);
}

/** In µs of CPU time for each. No collection before: it throws compiled code away, of who is watched more than of who is not. Its own garbage each pays for. */
async function run(count: number): Promise<number> {
  const before = cpuTime();
  await subject(count);
  return ((cpuTime() - before) * 1_000) / count;
}
