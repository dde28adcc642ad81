import { parentPort, workerData } from "node:worker_threads";
import { Engine, type Control } from "./engine.ts";
import { CLAIM_STEP, CONTROL, type FromHelper, type OpenSpec, type ToHelper } from "./protocol.ts";
import { toWire } from "./wire-error.ts";

// A thread that reads. It ends by itself when it is told to close: ending it from outside, inside a query, could take the process down.
const port = parentPort;
if (port === null) throw new Error("this file is started as a worker thread");
const { spec, memory } = workerData as { spec: OpenSpec; memory: Int32Array };

const control: Control = {
  begin(list) {
    const claim = Atomics.load(memory, CONTROL.claim);
    if (Math.floor(claim / CLAIM_STEP) !== list) return false;
    return Atomics.compareExchange(memory, CONTROL.claim, claim, claim + 1) === claim;
  },
  stops: (id) => Atomics.load(memory, CONTROL.stop) === id,
};

const send = (message: FromHelper): void => port.postMessage(message);

try {
  const engine = new Engine(spec, send, control);
  port.on("message", (message: ToHelper) => {
    if (message.type === "cancel") engine.cancel(message.id);
    if (message.type !== "requests") return;
    if (message.requests[0]?.op !== "close") return engine.receive(message.requests, message.list);
    engine.close();
    port.close();
  });
} catch (error) {
  send({ type: "failed", error: toWire(error) });
  port.close();
}
