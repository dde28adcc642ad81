import { reasonOf } from "@pool/core";
import { readConfig } from "./config.js";
import { progressLine } from "./data/progress.js";
import { describeExamples } from "./examples.js";
import { startService } from "./lifecycle.js";

// Over the shutdown's own deadline: whatever is stuck then is left.
const LAST_RESORT = 2_000;
// A terminal's Ctrl-C and a service manager reach a whole group of processes, some of which hand the signal on: that is still one.
const SAME_SIGNAL = 1_000;

/** Runs the service until it is told to stop. */
async function main(): Promise<void> {
  const stop = new AbortController();
  try {
    const config = readConfig(process.env);
    stopOnSignals(stop, config.shutdownTimeout + LAST_RESORT);
    // What is for people goes to standard error; standard output is the log's.
    const progress = progressLine("generating the demo's data", process.stderr);
    const service = await startService(config, { progress, signal: stop.signal });
    process.stderr.write(describeExamples(service.address));
    if (!(await service.stopped)) process.exitCode = 1;
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return;
    process.stderr.write(`demo-api could not start: ${reasonOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** Aborts `stop` at the first signal; a second one, and the time that is over, end the process at once. */
function stopOnSignals(stop: AbortController, longest: number): void {
  let told = Infinity;
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted && performance.now() - told > SAME_SIGNAL) process.exit(1);
      if (stop.signal.aborted) return;
      told = performance.now();
      setTimeout(() => process.exit(1), longest).unref();
      stop.abort(new Error(`got ${name}`));
    });
  }
}

await main();
