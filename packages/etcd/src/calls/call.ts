import { type EtcdConnection } from "../wire/connection.js";
import { type CallHeaders } from "../wire/headers.js";
import { type RpcError } from "../wire/rpc-error.js";
import { type PendingReply } from "../wire/unary.js";
import { type Kind } from "./failures.js";

/** How one call is made. */
export interface How {
  /** Its name in errors and events. Never a key or a value. */
  readonly command: string;
  readonly kind: Kind;
  /** Longest time, in ms, whatever happens. */
  readonly timeout: number;
  /** An attempt that takes longer is dropped and made again, in ms: for what is repeatable and small. @default it may take all the time */
  readonly attemptTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly label?: string | undefined;
  /** False for what a member without a leader may answer. @default true */
  readonly requireLeader?: boolean | undefined;
}

/** What a call tells of its end. */
export interface CallOwner {
  timedOut(call: Call): void;
  answered(call: Call): void;
  failed(call: Call, error: RpcError): void;
  stalled(call: Call): void;
}

/** One call, over as many attempts as it takes. Its promise settles once, within its timeout. */
export class Call {
  readonly how: How;
  readonly reply: Promise<unknown>;
  /** How often it was logged in for. */
  logins = 0;
  readonly #owner: CallOwner;
  readonly #begin: (connection: EtcdConnection, headers: CallHeaders) => PendingReply<unknown>;
  readonly #settle: { resolve(value: unknown): void; reject(error: unknown): void };
  readonly #timer: NodeJS.Timeout;
  #pending: PendingReply<unknown> | undefined;
  #connection: EtcdConnection | undefined;
  #token: string | undefined;
  #pause: NodeJS.Timeout | undefined;
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
    this.#timer = setTimeout(() => owner.timedOut(this), how.timeout);
    how.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Of the last attempt. */
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
    return this.#sent || this.#pending !== undefined;
  }

  attempt(connection: EtcdConnection, token: string | undefined): void {
    const { requireLeader = true, attemptTimeout } = this.how;
    this.#connection = connection;
    this.#token = token;
    const pending = this.#begin(connection, { token, requireLeader });
    this.#pending = pending;
    if (attemptTimeout !== undefined) this.pause(attemptTimeout, () => this.#owner.stalled(this));
    pending.reply.then(
      (value) => {
        if (pending !== this.#pending) return;
        this.#pending = undefined;
        this.#owner.answered(this);
        this.resolve(value);
      },
      (error: unknown) => {
        if (pending !== this.#pending) return;
        this.#pending = undefined;
        this.#owner.failed(this, error as RpcError); // a connection rejects with nothing else
      },
    );
  }

  /** An attempt has failed; `undone` when it was certainly not carried out. */
  tried(error: RpcError, undone: boolean): void {
    this.#lastError = error;
    if (!undone) this.#sent = true;
  }

  /** Waits before its next attempt, or with it. */
  pause(ms: number, then: () => void): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(then, ms);
  }

  /** Drops the attempt under way. */
  recall(): void {
    const pending = this.#pending;
    if (pending !== undefined) this.#sent = true;
    this.#pending = undefined;
    pending?.cancel();
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
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    this.how.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }

  readonly #onAbort = (): void => {
    this.#owner.timedOut(this);
  };
}
