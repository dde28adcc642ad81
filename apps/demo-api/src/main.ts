import { reasonOf } from "@pool/core";
import { readConfig } from "./config.js";
import { progressLine } from "./data/progress.js";
import { describeExamples } from "./examples.js";
import { startService } from "./lifecycle.js";

// Over the shutdown's own deadline: whatever is stuck then is left.
const LAST_RESORT = 2_000;

/** Runs the service until SIGTERM or SIGINT; a second signal ends it at once. */
async function main(): Promise<void> {
  const stop = new AbortController();
  try {
    const config = readConfig(process.env);
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      process.on(name, () => {
        if (stop.signal.aborted) process.exit(1);
        setTimeout(() => process.exit(1), config.shutdownTimeout + LAST_RESORT).unref();
        stop.abort(new Error(`got ${name}`));
      });
    }
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

await main();
