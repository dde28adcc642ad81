import { type Done, isPoolError, PoolError } from "@pool/core";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Dialled } from "../connect/dialled.js";
import { cancelPause } from "./cancel-pause.js";
import { cancellable, type Cancelled, type CancelRoute } from "./cancellation.js";
import { type EndedExchange, type Exchange, type ExchangeOwner, neverSent } from "./exchange.js";
import { Line } from "./line.js";
import { internalsOf, type PgSubmittable } from "./pg-internals.js";

type Told = "isSent" | "isCancelled" | "abandon" | "interrupt";
type Interruptible = Cancelled & EndedExchange & Pick<Exchange<unknown>, Told>;

/** Runs one exchange after the other on one connection, each until it and a cancel of it are over. */
export class Runner implements CancelRoute, ExchangeOwner {
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
  run<T>(exchange: Exchange<T> & PgSubmittable, signal: AbortSignal | undefined): Promise<T> {
    if (signal !== undefined) return this.#runUnlessAborted(exchange, signal);
    return new Promise((resolve) => {
      // Its stack leads to the socket; from where it is traced it leads to who awaits. Only those who fail pay for it.
      this.start(exchange, {
        resolve,
        reject: (error) => resolve(error instanceof pg.DatabaseError ? traced(error) : Promise.reject(error as Error)),
      });
    });
  }

  /** The same without a promise: `done` is told out of what the exchange ends in, or when a cancel of it is over. */
  start<T>(exchange: Exchange<T> & PgSubmittable, done: Done<T>): void {
    exchange.ownedBy(this, done);
    this.#line.enter(exchange);
    this.#running ??= exchange;
  }

  /** Told by the exchange. */
  ended(exchange: EndedExchange): void {
    if (this.#cancelling === undefined) this.#leave(exchange);
    else void this.#cancelled().then(() => this.#leave(exchange));
  }

  #leave(exchange: EndedExchange): void {
    if (this.#running === exchange) this.#running = undefined;
    this.#line.leave(exchange);
    exchange.tell(this.#explain);
  }

  async #runUnlessAborted<T>(exchange: Exchange<T> & PgSubmittable, signal: AbortSignal): Promise<T> {
    this.#line.enter(exchange);
    this.#running ??= exchange;
    try {
      return await cancellable(exchange, signal, this);
    } catch (error) {
      if (error instanceof pg.DatabaseError) Error.captureStackTrace(error);
      throw this.#explain(error);
    } finally {
      if (this.#cancelling !== undefined) await this.#cancelled();
      if (this.#running === exchange) this.#running = undefined;
      this.#line.leave(exchange);
    }
  }

  /** The driver does not know any more why the connection ended. */
  readonly #explain = (error: unknown): unknown => {
    const isUnsent = this.#loss !== undefined && isPoolError(error, "RESOURCE_LOST") && error.details.sent === false;
    return isUnsent ? neverSent(this.#loss?.cause) : error;
  };

  /** Cancels what runs alone; the next one is not sent before the cancel is over. */
  cancelRunning(reason: unknown): void {
    const running = this.#running;
    if (running === undefined || running.isSettled || this.#cancelling !== undefined) return;
    running.isCancelled = true;
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
      for (let sent = 1; !exchange.isSettled && !signal.aborted; sent++) {
        await this.#dialled.cancel(signal);
        const pause = sleep(cancelPause(sent), undefined, { ref: false, signal }).catch(() => undefined);
        await Promise.race([exchange.outcome.catch(() => undefined), pause]);
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
    const because = cause === undefined ? {} : { cause };
    const lost = new PoolError("RESOURCE_LOST", `${what} within ${this.#cancelTimeout} ms`, because);
    internalsOf(this.#dialled.client).connection.stream.destroy(lost);
    return lost;
  }
}

/** Rejects with this error once somebody waits for it, its stack led there. */
async function traced(error: Error): Promise<never> {
  await Promise.resolve();
  await Promise.resolve(); // by now the promise that this one resolves is joined to it
  Error.captureStackTrace(error);
  throw error;
}
