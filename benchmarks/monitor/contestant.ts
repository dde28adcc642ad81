import { cpuTime } from "../lib/cpu-time.ts";
import type { MonitorLoad, Watching } from "./loads.ts";
import { leaseSubject, querySubject } from "./subjects.ts";

/** The process of one contestant: what was once installed in it is so for good, and cannot touch the others. */
const [load, watching, url = ""] = process.argv.slice(2);
const name = load as MonitorLoad["name"]; // given by process.ts
const how = JSON.parse(watching ?? "{}") as Watching; // given by process.ts
const subject = await (name === "lease" ? leaseSubject(how) : querySubject(how, url));

process.on("message", (count: number) => {
  void (async () => {
    // No collection before: it throws compiled code away, of who is watched more than of who is not. Its own garbage each pays for.
    const before = cpuTime();
    await subject(count);
    process.send?.({ us: ((cpuTime() - before) * 1_000) / count });
  })();
});
process.send?.({ ready: true });
