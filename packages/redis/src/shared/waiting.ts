import { type Connects } from "./connects.js";
import { queueFull, unavailable } from "./failures.js";
import { type Link } from "./link.js";
import { type Home, type Outgoing } from "./outgoing.js";

/** What is sent as one: a command, or the commands of a pipeline or MULTI, which must not come apart. */
export interface Waiting {
  readonly commands: Outgoing[];
  readonly deadline: number;
}

/** What has not been sent yet, in its order and up to a bound. */
export class WaitingLine {
  readonly #line = new Set<Waiting>();
  readonly #home: Home;
  readonly #maxQueued: number;
  readonly #connects: Connects;
  #count = 0;

  constructor(home: Home, maxQueued: number, connects: Connects) {
    this.#home = home;
    this.#maxQueued = maxQueued;
    this.#connects = connects;
  }

  /** Commands in it. */
  get length(): number {
    return this.#count;
  }

  /** Takes it in, or refuses it with all that it belongs to: for what is given, or where it is `bounded` for what it finds. Says why. */
  add(waiting: Waiting, command: Outgoing, given: Error | undefined, bounded: boolean): Error | undefined {
    const refusal = given ?? (bounded ? this.#whyRefuse(command) : undefined);
    if (refusal !== undefined) {
      this.reject(waiting, () => refusal);
      command.reject(refusal);
      return refusal;
    }
    waiting.commands.push(command);
    command.waiting = waiting;
    this.#line.add(waiting);
    this.#count++;
    return undefined;
  }

  /** Sends what is in it, until the link is full. */
  sendOver(link: Link, now: number): void {
    for (const waiting of this.#line) {
      if (link.isFull) return link.hold();
      this.#remove(waiting);
      for (const command of waiting.commands) link.send(command, now);
    }
  }

  /** Rejects what has waited too long; says when the next is due. */
  expire(now: number, makeError: (command: Outgoing) => Error): number {
    let next = Infinity;
    for (const waiting of this.#line) {
      if (waiting.deadline <= now) this.reject(waiting, makeError);
      else next = Math.min(next, waiting.deadline);
    }
    return next;
  }

  clear(makeError: (command: Outgoing) => Error): void {
    for (const waiting of this.#line) this.reject(waiting, makeError);
  }

  /** @param makeError gives what is thrown, which may be anything where a signal has it */
  reject(waiting: Waiting, makeError: (command: Outgoing) => unknown): void {
    this.#remove(waiting);
    for (const command of waiting.commands) command.reject(makeError(command) as Error);
  }

  #whyRefuse(command: Outgoing): Error | undefined {
    if (this.#count >= this.#maxQueued) return queueFull(this.#home.where, command, this.#maxQueued);
    return this.#connects.hopeless ? unavailable(this.#home.where, command, this.#connects) : undefined;
  }

  #remove(waiting: Waiting): void {
    if (!this.#line.delete(waiting)) return;
    this.#count -= waiting.commands.length;
    for (const command of waiting.commands) command.waiting = undefined;
  }
}
