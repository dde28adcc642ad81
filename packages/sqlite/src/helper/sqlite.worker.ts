import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type Control } from "./control.ts";
import { Engine } from "./engine.ts";
import { readRequests } from "./flat-requests.ts";
import { ReplyWriter } from "./flat-replies.ts";
import { FlatReceiver, FlatSender } from "./flat.ts";
import { Patience } from "./patience.ts";
import { BELL, CLAIM_STEP, CONTROL, type FromHelper, type ToHelper, type WorkerStart } from "./protocol.ts";
import { Ring } from "./ring.ts";
import { toWire } from "./wire-error.ts";

// A thread that reads. It ends by itself when it is told to close: ending it from outside, inside a query, could take the process down.
const port = parentPort;
if (port === null) throw new Error("this file is started as a worker thread");
const start = workerData as WorkerStart;
const memory = start.control;
const requests = new FlatReceiver(new Ring(start.requests), readRequests);
const replies = new FlatSender(new Ring(start.replies), new ReplyWriter().write);

const control: Control = {
  begin(list) {
    const claim = Atomics.load(memory, CONTROL.claim);
    if (Math.floor(claim / CLAIM_STEP) !== list) return false;
    return Atomics.compareExchange(memory, CONTROL.claim, claim, claim + 1) === claim;
  },
  stops: (id) => Atomics.load(memory, CONTROL.stop) === id,
};

// After a reply that had to be posted the others of its list are posted as well, so that they arrive in their order.
let posts = false;

const send = (message: FromHelper): void => {
  posts ||= message.type !== "replies" || !replies.send(message);
  if (posts) port.postMessage(message);
  else if (Atomics.exchange(memory, CONTROL.waits, 0) === 1) port.postMessage(BELL);
};

// How often a thread that waits for a lock looks for messages, in ms.
const LOOK_EVERY_MS = 1;
// How long it looks for the next request before it sleeps, in ms.
const LOOK_MS = 0.1;
const LOOKS = 16;
const patience = new Patience();

let taken = 0;

/**
 * Takes messages until it is told to close. Between them the thread sleeps on shared memory and not in its event loop: waking up there and
 * dispatching an event takes twice as long. While the engine waits for a lock, its timers need the loop to turn.
 */
function serve(engine: Engine, from: MessagePort): void {
  for (;;) {
    const flat = requests.receive();
    if (flat !== undefined) handle(engine, flat);
    else if (Atomics.load(memory, CONTROL.posted) !== taken) {
      taken = (taken + 1) | 0;
      const posted = receiveMessageOnPort(from) as { message: ToHelper } | undefined;
      if (posted !== undefined && !handle(engine, posted.message)) return;
    } else if (engine.waits) {
      setTimeout(serve, LOOK_EVERY_MS, engine, from);
      return;
    } else if (!cameSoon()) sleep();
  }
}

function isQuiet(): boolean {
  return requests.isEmpty && Atomics.load(memory, CONTROL.posted) === taken;
}

/** Was there something to do within a moment? */
function cameSoon(): boolean {
  if (!patience.worthwhile) return false;
  const until = performance.now() + LOOK_MS;
  do {
    for (let look = 0; look < LOOKS && isQuiet(); look++);
  } while (isQuiet() && performance.now() < until);
  // What came later came while this thread had to let another one run: there is no processor to spare.
  if (performance.now() < until) patience.succeeded();
  else patience.failed();
  return !isQuiet();
}

function sleep(): void {
  Atomics.store(memory, CONTROL.asleep, 1);
  // Whoever comes from here on sees that it sleeps; who came before is seen now.
  if (isQuiet()) Atomics.wait(memory, CONTROL.asleep, 1);
  Atomics.store(memory, CONTROL.asleep, 0);
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
  posts = false;
  engine.receive(message.requests, message.list);
  return true;
}

try {
  serve(new Engine(start.spec, send, control), port);
} catch (error) {
  send({ type: "failed", error: toWire(error) });
  port.close();
}
