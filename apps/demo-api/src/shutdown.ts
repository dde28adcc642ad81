import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { type FastifyInstance } from "fastify";
import { ApiError } from "./errors.js";

// A connection that brought no request by then is one that a browser opened in advance, and holds up nothing.
const SILENT_AFTER = 500;
// For the replies to what was cut off.
const LAST_WORDS = 500;

/**
 * How the service stops without losing a request that it accepted: readiness turns 503 and connections are no longer kept alive,
 * but work goes on; then nothing new is accepted, and what was is finished. At the deadline the rest is cut off with 503.
 */
export class Shutdown {
  readonly #cutOff = new AbortController();
  #requests = 0;
  #stopping = false;

  /** No new work is wanted. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Aborted when the deadline is over, for work that can be given up. */
  get cutOff(): AbortSignal {
    return this.#cutOff.signal;
  }

  /** Counts the requests of `app`, and says `Connection: close` once the service is stopping. */
  watch(app: FastifyInstance): void {
    app.server.on("request", (_request, response) => {
      this.#requests++;
      response.once("close", () => this.#requests--);
    });
    app.addHook("onSend", async (_request, reply) => {
      if (this.#stopping) reply.header("connection", "close");
    });
  }

  /**
   * Stops `app` after `delay` ms of grace. @returns whether every request was finished by `deadline` (ms on the clock of
   * `performance.now()`); the others were cut off
   */
  async stop(app: FastifyInstance, { delay, deadline }: { delay: number; deadline: number }): Promise<boolean> {
    this.#stopping = true;
    await sleep(delay);
    // Behind the poll for I/O of this turn, so that connections which are waiting to be accepted have been.
    await setImmediate();

    const closing = app.close().then(() => "closed" as const);
    let quietSince = performance.now();
    while (performance.now() < deadline - LAST_WORDS) {
      if ((await Promise.race([closing, sleep(25)])) === "closed") return true;
      if (this.#requests > 0) quietSince = performance.now();
      if (performance.now() - quietSince >= SILENT_AFTER) app.server.closeAllConnections();
    }
    app.log.warn({ requests: this.#requests }, "the time for shutting down is over: cutting off what still runs");
    this.#cutOff.abort(new ApiError(503, "SHUTTING_DOWN", "the service is shutting down"));
    await Promise.race([closing, sleep(Math.max(0, deadline - performance.now()))]);
    app.server.closeAllConnections();
    await closing;
    return false;
  }
}
