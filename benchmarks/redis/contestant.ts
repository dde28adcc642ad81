import { parentPort, workerData } from "node:worker_threads";
import { cpuTime } from "../lib/cpu-time.ts";
import { pick } from "../lib/pick.ts";
import { enginesWith } from "./engines.ts";
import { drive, keyAt, VALUE } from "./loads.ts";
import type { RedisPackage } from "./ours.ts";
import type { Figures, Task, ThreadData } from "./thread.ts";

/** The thread of one contestant: what V8 learned from the others' objects, and their garbage, is not in it. */
const { engine: name, packageUrl, place } = workerData as ThreadData; // given by thread.ts
const load = (): Promise<RedisPackage> => import(packageUrl) as Promise<RedisPackage>;
const [engine] = pick(enginesWith(load), [name]);
if (!engine) throw new Error(`no contestant ${name}`);
const subject = await engine.open(place);
const found = await subject.get(keyAt(7));
if (found !== VALUE) throw new Error(`${name} reads ${String(found)} instead of what is there`);

parentPort?.on("message", (task: Task) => {
  if (task === "close") void close();
  else void measure(task);
});
parentPort?.postMessage("ready");

async function measure({ load, count }: Exclude<Task, "close">): Promise<void> {
  // First a tenth for nothing: connections were idle, and what others did is in the processor's caches.
  await drive(subject, load, Math.max(load.callers, count / 10));
  const [cpu, at] = [cpuTime(), performance.now()];
  await drive(subject, load, count);
  const figures: Figures = { cpu: ((cpuTime() - cpu) * 1e3) / count, rate: (count * 1e3) / (performance.now() - at) };
  parentPort?.postMessage(figures);
}

async function close(): Promise<void> {
  await subject.close();
  parentPort?.close();
}
