import { PoolError } from "@pool/core";
import pg from "pg";
import { type Dialled } from "../connect/dialled.js";
import { cancellable, type CancelRoute } from "./cancellation.js";
import { type Exchange } from "./exchange.js";
import { Line } from "./line.js";
import { internalsOf, type PgSubmittable } from "./pg-internals.js";

/** Runs one exchange after the other on one connection, each until it and a cancel of it are over. */
export class Runner implements CancelRoute {
  readonly #dialled: Dialled;
  readonly #cancelTimeout: number;
  readonly #line: Line;

  constructor(dialled: Dialled, cancelTimeout: number) {
    this.#dialled = dialled;
    this.#cancelTimeout = cancelTimeout;
    this.#line = new Line(internalsOf(dialled.client));
  }

  get isBusy(): boolean {
    return this.#line.isBusy;
  }

  /** Settles as the exchange does; on abort as {@link cancellable} says. */
  async run<T>(exchange: Exchange<T> & PgSubmittable, signal: AbortSignal | undefined): Promise<T> {
    this.#line.enter(exchange);
    try {
      return await (signal === undefined ? exchange.outcome : cancellable(exchange, signal, this));
    } catch (error) {
      // Its stack leads to the socket; from here it leads to who awaits. Only those who fail pay for it.
      if (error instanceof pg.DatabaseError) Error.captureStackTrace(error);
      throw error;
    } finally {
      this.#line.leave(exchange);
    }
  }

  async cancel(): Promise<void> {
    const timeout = this.#cancelTimeout;
    try {
      await this.#dialled.cancel(AbortSignal.timeout(timeout));
    } catch (cause) {
      // The request may still be on its way, and would hit whatever runs by then.
      const lost = new PoolError("RESOURCE_LOST", `a cancel was not confirmed within ${timeout} ms`, { cause });
      internalsOf(this.#dialled.client).connection.stream.destroy(lost);
    }
  }
}
