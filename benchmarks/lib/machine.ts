import { cpus } from "node:os";

/** Where the figures come from. */
export function machine(): { node: string; v8: string; cpu: string; cores: number; platform: string } {
  const all = cpus();
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    platform: `${process.platform}-${process.arch}`,
  };
}
