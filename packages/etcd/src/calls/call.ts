import { systemClock, type Timer } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { type CallHeaders } from "../wire/headers.js";
import { type RpcError } from "../wire/rpc-error.js";
import { type PendingReply } from "../wire/unary.js";
import { Attempts } from "./attempts.js";
import { type CallOwner, type How } from "./how.js";

const CALLED_OFF = new Error("called off");

/** One call, over as many attempts as it takes. Its promise settles once, within its timeout. */
export class Call {
  readonly how: How;
  readonly reply: Promise<unknown>;
  /** How often it was logged in for. */
  logins = 0;
  readonly #owner: CallOwner;
  readonly #begin: (connection: EtcdConnection, headers: CallHeaders) => PendingReply<unknown>;
  readonly #settle: { resolve(value: unknown): void; reject(error: unknown): void };
  readonly #timer: Timer;
  readonly #attempts = new Attempts({
    answered: (value) => {
      this.#owner.answered(this);
      this.resolve(value);
    },
    failed: (error) => this.#owner.failed(this, error),
  });
  #connection: EtcdConnection | undefined;
  #token: string | undefined;
  #pause: Timer | undefined;
  #preparing: AbortController | undefined;
  #lastError: unknown;
  #sent = false;
  #over = false;

  constructor(
    how: How,
    begin: (connection: EtcdConnection, headers: CallHeaders) => PendingReply<unknown>,
    owner: CallOwner,
  ) {
    this.how = how;
    this.#begin = begin;
    this.#owner = owner;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.reply = promise;
    this.#settle = { resolve, reject };
    this.#timer = systemClock.setTimeout(() => owner.timedOut(this), how.timeout);
    how.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Of the last attempt, or the one that is prepared. */
  get connection(): EtcdConnection | undefined {
    return this.#connection;
  }

  /** What the last attempt was sent with. */
  get token(): string | undefined {
    return this.#token;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** A server may have carried it out. */
  get maybeSent(): boolean {
    return this.#sent || this.isSent;
  }

  /** It is with a server. */
  get isSent(): boolean {
    return !this.#attempts.isEmpty;
  }

  /** Is to be attempted on this connection; the signal aborts when that comes to nothing, by its end or because it was recalled. */
  prepare(connection: EtcdConnection): AbortSignal {
    this.#connection = connection;
    this.#preparing = new AbortController();
    return this.#preparing.signal;
  }

  attempt(connection: EtcdConnection, token: string | undefined): void {
    const { requireLeader = true, attemptTimeout } = this.how;
    this.#connection = connection;
    this.#token = token;
    this.#preparing = undefined;
    const pending = this.#begin(connection, { token, requireLeader });
    if (attemptTimeout !== undefined) this.pause(attemptTimeout, () => this.#owner.stalled(this));
    this.#attempts.add(pending);
  }

  /** Makes another attempt beside what is under way, unless its connection takes no calls now: that it is silent is being looked after. */
  again(current: EtcdConnection | undefined): void {
    const { attemptTimeout = Infinity } = this.how;
    if (current !== undefined && current === this.#connection) this.attempt(current, this.#token);
    else this.pause(attemptTimeout, () => this.#owner.stalled(this));
  }

  /** An attempt has failed; `undone` when it was certainly not carried out. */
  tried(error: RpcError, undone: boolean): void {
    this.#lastError = error;
    if (!undone) this.#sent = true;
  }

  /** Waits before its next attempt, or with it. */
  pause(ms: number, then: () => void): void {
    this.#stopPause();
    this.#pause = systemClock.setTimeout(then, ms);
  }

  /** Drops what is under way. */
  recall(): void {
    this.#preparing?.abort(CALLED_OFF);
    this.#sent ||= this.isSent;
    this.#attempts.cancel();
  }

  resolve(value: unknown): void {
    if (this.#end()) this.#settle.resolve(value);
  }

  reject(error: unknown): void {
    if (this.#end()) this.#settle.reject(error);
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    systemClock.clearTimeout(this.#timer);
    this.#stopPause();
    this.#preparing?.abort(CALLED_OFF);
    this.how.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }

  #stopPause(): void {
    if (this.#pause !== undefined) systemClock.clearTimeout(this.#pause);
  }

  readonly #onAbort = (): void => {
    this.#owner.timedOut(this);
  };
}
