import { lent, ours, type LoadPackage } from "./ours.ts";
import { peers, plain } from "./peers.ts";
import type { RedisEngine } from "./subject.ts";

/** Everybody who can be measured, the one they are measured by first. */
export function enginesWith(load: LoadPackage): readonly RedisEngine[] {
  return [plain, ours(load), lent(load), ...peers];
}
