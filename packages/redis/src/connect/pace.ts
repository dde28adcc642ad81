import { type Clock, ConnectRate, pause, type ResourceFactory } from "@pool/core";
import { isCalledOff } from "./hedge.js";

/** After a connect that failed, those of so long, in ms, keep their distance. */
const TROUBLE = 1_000;

/**
 * Spreads the connects of all pools of one connector while some of them fail. Each pool has its own back-off, which ends with its first success; a server that
 * comes and goes would be asked by all of them together, again and again.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #rate = new ConnectRate();
  #failedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The factory, each of whose connects waits for its turn. */
  keep<R>(factory: ResourceFactory<R>): ResourceFactory<R> {
    return {
      ...factory,
      create: async (context) => {
        await this.#turn(context.signal);
        try {
          return await factory.create(context);
        } catch (error) {
          if (!isCalledOff(context.signal)) this.#failedAt = this.#clock.now();
          throw error;
        }
      },
    };
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const isTroubled = now - this.#failedAt < TROUBLE;
    const at = isTroubled ? Math.max(now, this.#rate.nextAt) : now;
    this.#rate.add(at);
    if (at > now) await pause(this.#clock, at - now, signal);
  }
}
