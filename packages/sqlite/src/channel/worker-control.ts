import { CLAIM_STEP, CONTROL, CONTROL_SIZE, TAKEN_BACK } from "../helper/protocol.js";

// So that the number of a list and a count fit into 32 bits.
const MOST_LISTS = 2 ** 24 - 2;

/** What the main thread can do to a thread that is inside a query, or asleep. */
export class WorkerControl {
  #list = 0;
  readonly memory = new Int32Array(new SharedArrayBuffer(CONTROL_SIZE * Int32Array.BYTES_PER_ELEMENT));

  /** Before a list is sent. @returns its number */
  start(): number {
    this.#list = (this.#list % MOST_LISTS) + 1;
    Atomics.store(this.memory, CONTROL.claim, this.#list * CLAIM_STEP);
    Atomics.store(this.memory, CONTROL.stop, 0);
    return this.#list;
  }

  /** Takes back what has not begun. @returns how many of the list have */
  takeBack(): number {
    return Atomics.exchange(this.memory, CONTROL.claim, TAKEN_BACK) % CLAIM_STEP;
  }

  /** Ends a read at its next row. */
  stop(id: number): void {
    Atomics.store(this.memory, CONTROL.stop, id);
  }

  /** A message was posted, beside the ring. */
  posted(): void {
    Atomics.add(this.memory, CONTROL.posted, 1);
    this.wakeUp();
  }

  /** There is something to do for the thread. */
  wakeUp(): void {
    if (Atomics.exchange(this.memory, CONTROL.asleep, 0) === 1) Atomics.notify(this.memory, CONTROL.asleep);
  }

  /** Whether the thread is to post a message when it has replied. */
  set waits(on: boolean) {
    Atomics.store(this.memory, CONTROL.waits, on ? 1 : 0);
  }
}
