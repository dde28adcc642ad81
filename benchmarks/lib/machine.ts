import { cpus, loadavg } from "node:os";

/** Where the figures come from; `load` is the mean number of threads that wanted a core in the last 5 minutes, this one included. */
export function machine(): { node: string; v8: string; cpu: string; cores: number; platform: string; load: number } {
  const all = cpus();
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    platform: `${process.platform}-${process.arch}`,
    load: loadavg()[1] ?? NaN,
  };
}
