import { moment } from "../events.js";
import type { Timer } from "../time.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";
import { holderOf } from "./holders.js";

const EVERY = 1_000;
const leaks = moment("pool:leak");

/** The sweep: once a second, while there are resources, it closes what is past its time, keeps the rest alive and looks after the leases. */
export class Upkeep<R> {
  readonly #engine: Engine<R>;
  #timer: Timer | undefined;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  /** There is something to look after. Does not keep the process. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#engine.options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#sweep();
      if (this.#engine.entries.size > 0) this.start();
    }, EVERY);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#engine.options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#engine.recent.clear();
  }

  #sweep(): void {
    const engine = this.#engine;
    const now = engine.refresh();
    for (const entry of engine.entries) {
      if (entry.state === "idle") this.#idle(entry, now);
      else if (entry.state === "leased") this.#leased(entry, now);
    }
    engine.recent.watch(this.#onDropped);
    engine.serve();
  }

  #idle(entry: Entry<R>, now: number): void {
    const { options, idle, limits, factory } = this.#engine;
    if (now >= entry.expiresAt) this.#engine.close(entry, "max-lifetime");
    else if (now - entry.usedAt >= options.idleTimeout && idle.size > limits.minIdle)
      this.#engine.close(entry, "idle-timeout");
    else if (now >= entry.keepAliveAt && factory.validate !== undefined) this.#engine.vetting.check(entry, true);
  }

  #leased(entry: Entry<R>, now: number): void {
    const { options } = this.#engine;
    const heldMs = now - entry.leasedAt;
    if (heldMs >= options.reclaimAfter) {
      entry.marked = entry.leakReported = true; // a leak also where `leakAfter` is longer
      this.#engine.giveBack(entry, "reclaimed", `held for ${String(heldMs)} ms, longer than reclaimAfter allows`);
      return;
    }
    if (heldMs < options.leakAfter || entry.leakReported) return;
    entry.marked = entry.leakReported = true;
    this.#report("held", entry);
  }

  readonly #onDropped = (entry: Entry<unknown>): void => {
    this.#report("dropped", entry as Entry<R>); // an entry of this engine
    this.#engine.giveBack(entry as Entry<R>, "dropped");
  };

  #report(kind: "held" | "dropped", entry: Entry<R>): void {
    if (!leaks.hasSubscribers) return;
    const { name, factory } = this.#engine;
    leaks.publish({ pool: name, kind, holder: holderOf(entry, factory, this.#engine.now(), this.#engine.exactNow()) });
  }
}
