import { type Outgoing } from "./outgoing.js";

/** Calls `leave` when the signal aborts, unless the command has settled before. False when it has aborted already. */
export function heed(signal: AbortSignal, command: Outgoing, leave: () => void): boolean {
  if (signal.aborted) {
    leave();
    return false;
  }
  signal.addEventListener("abort", leave, { once: true });
  const settled = (): void => signal.removeEventListener("abort", leave);
  command.promise.then(settled, settled);
  return true;
}
