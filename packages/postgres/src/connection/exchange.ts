import { PoolError, reasonOf } from "@pool/core";
import pg from "pg";
import { type PgWire } from "./pg-internals.js";

/**
 * What happens between a statement's first message and the server's ReadyForQuery. It settles when the connection takes the next statement,
 * and not already when the server reports an error: a cancel that is still under way must find this statement, and a release an idle connection.
 */
export abstract class Exchange<T> {
  readonly outcome: Promise<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #isSettled = false;
  #abandoned: { readonly reason: unknown } | undefined;
  /** Its messages have been handed to the socket. */
  isSent = false;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Has nothing sent when its turn comes, and rejects now. */
  abandon(reason: unknown): void {
    this.#abandoned = { reason };
    this.reject(reason);
  }

  submit(wire: PgWire): Error | undefined {
    if (this.#abandoned !== undefined) return new Error("abandoned before it was sent");
    this.isSent = true;
    this.send(wire);
    return undefined;
  }

  handleError(error: unknown, wire: PgWire): void {
    if (!this.isSent) return this.reject(this.#isSettled ? error : neverSent(error));
    if (!(error instanceof pg.DatabaseError)) return this.reject(error);
    const settle = (): void => {
      wire.off("readyForQuery", settle);
      wire.off("end", settle);
      this.fail(error);
    };
    wire.on("readyForQuery", settle);
    wire.on("end", settle);
  }

  /** Its signal has aborted while it runs. True where it ends by itself now, so that the server need not be asked to cancel. */
  interrupt(_reason: unknown): boolean {
    return false;
  }

  protected abstract send(wire: PgWire): void;

  /** The server reported an error, and is ready for the next statement. */
  protected fail(error: pg.DatabaseError): void {
    this.reject(error);
  }

  protected resolve(value: T): void {
    this.#isSettled = true;
    this.#resolve(value);
  }

  protected reject(error: unknown): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}

/** The connection had ended before: of this statement the server has heard nothing. */
export function neverSent(cause: unknown): PoolError {
  const message = `the connection was lost before the statement was sent: ${reasonOf(cause)}`;
  return new PoolError("RESOURCE_LOST", message, { cause, details: { sent: false } });
}
