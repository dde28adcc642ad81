import { moment } from "../events.js";
import type { Timer } from "../time.js";
import type { Engine } from "./engine.js";
import { poolClosed } from "./refusals.js";

const states = moment("pool:state");

/** The end of a pool: nobody is let in, the leases get their time, and what is left is taken away. */
export class Draining<R> {
  readonly #engine: Engine<R>;
  readonly #done = Promise.withResolvers<undefined>();
  #timer: Timer | undefined;
  #deadline = Infinity;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  /** Starts, or brings an earlier deadline into one that is under way. */
  close(timeout: number): Promise<void> {
    const engine = this.#engine;
    if (engine.state === "open") this.#begin();
    if (engine.state === "draining") this.#setDeadline(engine.refresh() + timeout);
    this.check();
    return this.#done.promise;
  }

  /** Something has left: is it over? */
  check(): void {
    if (this.#engine.state !== "draining" || this.#engine.entries.size > 0) return;
    if (this.#timer !== undefined) this.#engine.options.clock.clearTimeout(this.#timer);
    this.#engine.state = "closed";
    this.#publish("closed");
    this.#done.resolve(undefined);
  }

  #begin(): void {
    const engine = this.#engine;
    engine.state = "draining";
    engine.isOpen = false;
    this.#publish("draining");
    const refusal = poolClosed(engine.name, "closing");
    engine.room.failAll(refusal);
    engine.room.stop();
    engine.growing.stop(refusal);
    for (const entry of engine.entries) if (entry.state === "idle") engine.close(entry, "pool-closed");
  }

  #setDeadline(deadline: number): void {
    if (deadline >= this.#deadline) return;
    const { clock } = this.#engine.options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#deadline = deadline;
    this.#timer = clock.setTimeout(
      () => {
        this.#abort();
      },
      Math.max(0, deadline - this.#engine.now()),
    );
  }

  /** The leases had their time. What is being validated or reset is bounded by itself. */
  #abort(): void {
    for (const entry of this.#engine.entries) {
      if (entry.state === "leased") this.#engine.giveBack(entry, "reclaimed", poolClosed(this.#engine.name, "closed"));
    }
  }

  #publish(state: "draining" | "closed"): void {
    if (states.hasSubscribers) states.publish({ pool: this.#engine.name, state });
  }
}
