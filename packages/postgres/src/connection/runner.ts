import { isPoolError, PoolError } from "@pool/core";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Dialled } from "../connect/dialled.js";
import { cancellable, type Cancelled, type CancelRoute } from "./cancellation.js";
import { type Exchange, neverSent } from "./exchange.js";
import { Line } from "./line.js";
import { internalsOf, type PgSubmittable } from "./pg-internals.js";

type Interruptible = Cancelled & Pick<Exchange<unknown>, "isSent" | "abandon" | "interrupt">;

/** Runs one exchange after the other on one connection, each until it and a cancel of it are over. */
export class Runner implements CancelRoute {
  readonly #dialled: Dialled;
  readonly #cancelTimeout: number;
  readonly #line: Line;
  /** Why the connection ended, as the server or the system has said it; the driver forgets it. */
  #loss: { readonly cause: unknown } | undefined;
  #running: Interruptible | undefined;
  #cancelling: Promise<unknown> | undefined;

  constructor(dialled: Dialled, cancelTimeout: number) {
    this.#dialled = dialled;
    this.#cancelTimeout = cancelTimeout;
    dialled.client.once("error", (cause: unknown) => (this.#loss = { cause }));
    this.#line = new Line(internalsOf(dialled.client));
  }

  get isBusy(): boolean {
    return this.#line.isBusy;
  }

  /** Settles as the exchange does; on abort as {@link cancellable} says. */
  async run<T>(exchange: Exchange<T> & PgSubmittable, signal: AbortSignal | undefined): Promise<T> {
    this.#line.enter(exchange);
    this.#running ??= exchange;
    try {
      return await (signal === undefined ? exchange.outcome : cancellable(exchange, signal, this));
    } catch (error) {
      // Its stack leads to the socket; from here it leads to who awaits. Only those who fail pay for it.
      if (error instanceof pg.DatabaseError) Error.captureStackTrace(error);
      const isUnsent = this.#loss !== undefined && isPoolError(error, "RESOURCE_LOST") && error.details.sent === false;
      throw isUnsent ? neverSent(this.#loss?.cause) : error;
    } finally {
      if (this.#cancelling !== undefined) await this.#cancelled();
      if (this.#running === exchange) this.#running = undefined;
      this.#line.leave(exchange);
    }
  }

  /** Cancels what runs alone; the next one is not sent before the cancel is over. */
  cancelRunning(reason: unknown): void {
    const running = this.#running;
    if (running === undefined || running.isSettled || this.#cancelling !== undefined) return;
    if (!running.isSent) running.abandon(reason);
    else this.#cancelling = running.interrupt(reason) ? this.expect(running) : this.cancel(running);
  }

  /** Nobody will hear of what runs: the server need not go on with it. Never rejects, and waits no longer than a cancel may take. */
  async forsake(): Promise<void> {
    internalsOf(this.#dialled.client).connection.stream.destroy();
    await this.#dialled.cancel(AbortSignal.timeout(this.#cancelTimeout)).catch(() => undefined);
  }

  async #cancelled(): Promise<void> {
    await this.#cancelling;
    this.#cancelling = undefined;
  }

  async cancel(exchange: Cancelled): Promise<unknown> {
    const timeout = this.#cancelTimeout;
    const signal = AbortSignal.timeout(timeout);
    try {
      while (!exchange.isSettled && !signal.aborted) {
        await this.#dialled.cancel(signal);
        // One that overtakes its statement on the way finds the server idle, and has no effect.
        await Promise.race([
          exchange.outcome.catch(() => undefined),
          sleep(CANCEL_AGAIN_AFTER, undefined, { ref: false }),
        ]);
      }
      return exchange.isSettled ? undefined : this.#destroy("a cancelled statement did not end", undefined);
    } catch (cause) {
      // The request may still be on its way, and would hit whatever runs by then.
      return this.#destroy("a cancel was not confirmed", cause);
    }
  }

  async expect(exchange: Cancelled): Promise<unknown> {
    const over = new AbortController();
    const settled = exchange.outcome.catch(() => undefined);
    const late = sleep(this.#cancelTimeout, undefined, { ref: false, signal: over.signal }).catch(() => undefined);
    await Promise.race([settled, late]);
    over.abort();
    return exchange.isSettled ? undefined : this.#destroy("no answer came", undefined);
  }

  #destroy(what: string, cause: unknown): PoolError {
    const message = `${what} within ${this.#cancelTimeout} ms`;
    const lost = new PoolError("RESOURCE_LOST", message, cause === undefined ? {} : { cause });
    internalsOf(this.#dialled.client).connection.stream.destroy(lost);
    return lost;
  }
}

const CANCEL_AGAIN_AFTER = 100; // ms
