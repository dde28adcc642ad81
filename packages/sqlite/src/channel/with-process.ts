import { type Place } from "../errors.js";
import { type OpenSpec } from "../helper/protocol.js";
import { endOf } from "./end-of.js";
import { spawnProcess, type Started } from "./spawn-process.js";

/** Starts a process for one work, and waits for its end. On abort it is killed, whatever it does; also when it does not end by itself. */
export async function withProcess<T>(
  place: Place,
  spec: OpenSpec,
  signal: AbortSignal,
  work: (started: Started) => Promise<T>,
): Promise<T> {
  const started = await spawnProcess(place, spec, signal);
  const kill = (): void => started.link.kill();
  signal.addEventListener("abort", kill, { once: true });
  try {
    return await work(started);
  } finally {
    signal.removeEventListener("abort", kill);
    started.link.sayClose();
    await endOf(started);
  }
}
