import { type Done, PoolError, reasonOf } from "@pool/core";
import pg from "pg";
import { type PgWire } from "./pg-internals.js";

/** An exchange, of whatever outcome, for its owner. */
export type EndedExchange = Pick<Exchange<unknown>, "isSettled" | "tell">;

/** Who runs exchanges. */
export interface ExchangeOwner {
  ended(exchange: EndedExchange): void;
}

/**
 * What happens between a statement's first message and the server's ReadyForQuery. It settles when the connection takes the next statement,
 * and not already when the server reports an error: a cancel that is still under way must find this statement, and a release an idle connection.
 */
export abstract class Exchange<T> {
  #end: "none" | "resolved" | "rejected" = "none";
  #value: T | undefined;
  #error: unknown;
  #outcome: Promise<T> | undefined;
  #promised: Done<T> | undefined;
  #owner: ExchangeOwner | undefined;
  #done: Done<T> | undefined;
  #abandoned: { readonly reason: unknown } | undefined;
  /** Its messages have been handed to the socket. */
  isSent = false;
  /** It was asked to end while it ran. */
  isCancelled = false;

  get isSettled(): boolean {
    return this.#end !== "none";
  }

  /** Made for who asks: a promise costs a short statement as much as the rest of its bookkeeping. */
  get outcome(): Promise<T> {
    return (this.#outcome ??= new Promise((resolve, reject) => {
      this.#promised = { resolve, reject };
      if (this.isSettled) this.#tell(this.#promised, this.#error);
    }));
  }

  /** Its owner is told when it settles, out of what it settles in, and then has `done` told. */
  ownedBy(owner: ExchangeOwner, done: Done<T>): void {
    this.#owner = owner;
    this.#done = done;
  }

  /** For its owner: tells how it has ended. */
  tell(explain: (error: unknown) => unknown): void {
    const error = this.#end === "rejected" ? explain(this.#error) : undefined;
    if (this.#done !== undefined) this.#tell(this.#done, error);
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
    if (!this.isSent) return this.reject(neverSent(error));
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
    if (this.isSettled) return;
    this.#value = value;
    this.#settle("resolved");
  }

  protected reject(error: unknown): void {
    if (this.isSettled) return;
    this.#error = error;
    this.#settle("rejected");
  }

  #settle(end: "resolved" | "rejected"): void {
    this.#end = end;
    if (this.#promised !== undefined) this.#tell(this.#promised, this.#error);
    this.#owner?.ended(this);
  }

  #tell(done: Done<T>, error: unknown): void {
    if (this.#end === "resolved")
      done.resolve(this.#value as T); // set with it
    else done.reject(error);
  }
}

/** The connection had ended before: of this statement the server has heard nothing. */
export function neverSent(cause: unknown): PoolError {
  const message = `the connection was lost before the statement was sent: ${reasonOf(cause)}`;
  return new PoolError("RESOURCE_LOST", message, { cause, details: { sent: false } });
}
