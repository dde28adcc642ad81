import { Worker } from "node:worker_threads";
import { Engine } from "./engine.ts";
import { type FromHelper, type ToHelper } from "./protocol.ts";
import { toWire } from "./wire-error.ts";

// A process of its own, because that can be killed in the middle of a query. It ends with its parent, however that ends.
const CHECK_PARENT_MS = 500;
const parent = process.ppid;
let engine: Engine | undefined;

const send = (message: FromHelper): void => {
  // The callback takes the error of a channel that is gone; "disconnect" ends the process then.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

const leave = (): never => {
  try {
    engine?.close();
  } catch {
    // A connection that is iterating cannot be closed; the system closes the file.
  }
  process.exit(0);
};

const open = (spec: Parameters<typeof createEngine>[0]): void => {
  try {
    engine = createEngine(spec);
    watchParent();
  } catch (error) {
    if (process.connected)
      process.send?.({ type: "failed", error: toWire(error) }, undefined, undefined, () => process.exit(1));
  }
};

function createEngine(spec: ConstructorParameters<typeof Engine>[0]): Engine {
  return new Engine(spec, send);
}

process.on("message", (message: ToHelper) => {
  if (message.type === "open") open(message.spec);
  else if (message.type === "cancel") engine?.cancel(message.id);
  else if (message.requests[0]?.op === "close") leave();
  else engine?.receive(message.requests, message.list);
});
process.on("disconnect", leave);
// Ctrl-C and a service manager signal the whole group; when to stop is the parent's to say, which may have work to finish here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

/**
 * "disconnect" is not heard inside a long query, so a thread looks whether the parent is still there; the process would otherwise
 * go on with the query, and with its lock, after a kill -9 of the program. Not on Windows, where a parent's death does not show.
 */
function watchParent(): void {
  if (process.platform === "win32") return;
  const source = `
    const { workerData } = require("node:worker_threads");
    setInterval(() => { if (process.ppid !== workerData.parent) process.kill(process.pid, "SIGKILL"); }, workerData.every);
  `;
  const watcher = new Worker(source, {
    eval: true,
    workerData: { parent, every: CHECK_PARENT_MS },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  watcher.unref();
  watcher.on("error", () => {});
}
