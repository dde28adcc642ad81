import { availableParallelism } from "node:os";
import { type Worker } from "node:worker_threads";
import { ReplyReader, type Replies } from "../helper/flat-replies.js";
import { writeRequests } from "../helper/flat-requests.js";
import { FlatReceiver, FlatSender } from "../helper/flat.js";
import { Patience } from "../helper/patience.js";
import { type OpenSpec, type ToHelper, type WorkerStart } from "../helper/protocol.js";
import { Ring } from "../helper/ring.js";
import { type Port } from "./port.js";
import { WorkerControl } from "./worker-control.js";

const RING_BYTES = 65_536;
// How long this thread looks for a reply in each turn of its loop before it lets itself be woken up, in ms.
const LOOK_MS = 0.1;
// How often in one turn: some 5 µs.
const LOOKS = 128;
// A list of more is answered later than that.
const MANY = 8;

/**
 * The wire to a thread: shared memory both ways, and messages for what has no place there. Both sides look for a moment before they sleep,
 * as long as that is worthwhile.
 */
export class ThreadPort implements Port {
  readonly control = new WorkerControl();
  /** Where it looks next, or has looked last: one is always kept, and with it what V8 has compiled for all (`lane/kept-shapes.ts`). */
  nextLook: NodeJS.Immediate | undefined;
  readonly #requestMemory = Ring.memory(RING_BYTES);
  readonly #replyMemory = Ring.memory(RING_BYTES);
  readonly #requests = new FlatSender(new Ring(this.#requestMemory), writeRequests);
  readonly #replies = new FlatReceiver(new Ring(this.#replyMemory), new ReplyReader().read);
  readonly #patience = availableParallelism() > 1 ? new Patience() : undefined;
  readonly #receive: (replies: Replies) => void;
  #worker: Worker | undefined;
  #lookUntil = 0;
  #looking = false;
  readonly #look = (): void => {
    for (let look = 0; look < LOOKS && this.#replies.isEmpty; look++);
    const inTime = performance.now() < this.#lookUntil;
    if (this.#replies.isEmpty && inTime) {
      this.nextLook = setImmediate(this.#look);
      return;
    }
    // What came later came while this thread had to let another one run: there is no processor to spare.
    if (inTime) this.#patience?.succeeded();
    else this.#patience?.failed();
    this.#looking = false;
    this.#wait();
  };

  constructor(receive: (replies: Replies) => void) {
    this.#receive = receive;
    this.control.waits = true;
  }

  /** What the thread has to be started with. */
  start(spec: OpenSpec): WorkerStart {
    return { spec, control: this.control.memory, requests: this.#requestMemory, replies: this.#replyMemory };
  }

  set worker(worker: Worker) {
    this.#worker = worker;
  }

  post(message: ToHelper): void {
    if (message.type !== "requests" || !this.#requests.send(message)) {
      this.#worker?.postMessage(message);
      this.control.posted();
      return;
    }
    if (this.#patience?.worthwhile === true && message.requests.length < MANY) {
      this.control.waits = false;
      this.#lookUntil = performance.now() + LOOK_MS;
      if (!this.#looking) this.nextLook = setImmediate(this.#look);
      this.#looking = true;
    }
    this.control.wakeUp();
  }

  ref(on: boolean): void {
    if (on) this.#worker?.ref();
    else this.#worker?.unref();
  }

  /** The thread has posted that there are some. */
  rung(): void {
    this.#wait();
  }

  #wait(): void {
    this.control.waits = true;
    // What came before that was not posted.
    this.takeReplies();
  }

  /** False when there were none. */
  takeReplies(): boolean {
    let found = false;
    for (let replies = this.#replies.receive(); replies !== undefined; replies = this.#replies.receive()) {
      found = true;
      this.#receive(replies);
    }
    return found;
  }
}
