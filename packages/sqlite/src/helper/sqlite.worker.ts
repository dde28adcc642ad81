import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type Control } from "./control.ts";
import { Engine } from "./engine.ts";
import { flatReplies, type FlatRequests, requestsOf } from "./flat.ts";
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

const send = (message: FromHelper): void => port.postMessage(flatReplies(message));

// How often a thread that waits for a lock looks for messages, in ms.
const LOOK_EVERY_MS = 1;

/**
 * Takes messages until it is told to close. Between them the thread sleeps on the bell and not in its event loop: waking up there and
 * dispatching an event takes twice as long. While the engine waits for a lock, its timers need the loop to turn.
 */
function serve(engine: Engine, from: MessagePort): void {
  for (;;) {
    const received = receiveMessageOnPort(from) as { message: ToHelper | FlatRequests } | undefined;
    if (received !== undefined) {
      if (!handle(engine, requestsOf(received.message))) return;
    } else if (engine.waits) {
      setTimeout(serve, LOOK_EVERY_MS, engine, from);
      return;
    } else {
      Atomics.wait(memory, CONTROL.bell, 0);
      Atomics.store(memory, CONTROL.bell, 0);
    }
  }
}

/** False at the end. */
function handle(engine: Engine, message: ToHelper): boolean {
  if (message.type === "cancel") engine.cancel(message.id);
  if (message.type !== "requests") return true;
  if (message.requests[0]?.op === "close") {
    engine.close();
    port?.close();
    return false;
  }
  engine.receive(message.requests, message.list);
  return true;
}

try {
  serve(new Engine(spec, send, control), port);
} catch (error) {
  send({ type: "failed", error: toWire(error) });
  port.close();
}
