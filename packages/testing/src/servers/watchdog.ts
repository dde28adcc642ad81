import { spawn } from "node:child_process";
import { Socket } from "node:net";

/** A process beside ours that ends a server and removes its directory when ours ends, however that happens. */
export interface Watchdog {
  /** The processes to end: first the main one, then those that have to be woken first. */
  guard(...pids: readonly number[]): void;
  /** Ends the watchdog, which then touches nothing. */
  dismiss(): void;
}

// Our end of the pipe closes when our process dies, even by SIGKILL. A dead process that nobody reaps is dead all the same.
const SCRIPT = `
trap "" INT TERM HUP
runs() { kill -0 "$1" 2>/dev/null && ! grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null; }
pids=
while read -r line; do
  [ "$line" = dismiss ] && exit 0
  pids=$line
done
if [ -n "$pids" ]; then
  main=\${pids%% *}
  kill "-$2" "$main"
  kill -CONT $pids
  tries=0
  while runs "$main" && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL $pids
fi 2>/dev/null
rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }
`;

/** @param signal what ends the server at once: SIGQUIT for PostgreSQL, whose main process then ends the others */
export function watchOver(directory: string, signal: "SIGQUIT" | "SIGKILL"): Watchdog {
  const args = ["-c", SCRIPT, "pool-testing-watchdog", directory, signal.slice(3)];
  // In a session of its own, so that what ends our whole group leaves it alive.
  const child = spawn("/bin/sh", args, { cwd: "/", detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const pipe = child.stdin;
  pipe.on("error", () => undefined); // it was killed: then nothing watches, and nothing is to be done
  child.on("error", () => undefined);
  child.unref();
  if (pipe instanceof Socket) pipe.unref();
  return {
    guard: (...pids) => void pipe.write(`${pids.join(" ")}\n`),
    dismiss: () => void pipe.end("dismiss\n"),
  };
}
