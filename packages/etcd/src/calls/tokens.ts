import { PoolError, reasonOf, SharedWork, unlessAborted } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { type Protocol } from "../wire/protocol.js";
import { RpcError } from "../wire/rpc-error.js";

/** A password that is fetched for each login; `refresh` is true when the last one was refused. */
export type PasswordProvider = (context: {
  readonly signal: AbortSignal;
  readonly refresh: boolean;
}) => string | PromiseLike<string>;

export interface Login {
  readonly user: string;
  readonly password: string | PasswordProvider;
}

/** Longest time for one login, in ms: the server hashes the password at leisure. */
const LOGIN_WITHIN = 5_000;

/** The token that proves who calls: fetched when it is first needed, and anew when the server takes it no more. */
export class Tokens {
  readonly #login: Login | undefined;
  readonly #protocol: Protocol;
  readonly #closed = new AbortController();
  #token: string | undefined;
  /** The server asks for no login: until it does. */
  #isOff: boolean;
  #running: { readonly connection: EtcdConnection; readonly login: SharedWork<string | undefined> } | undefined;

  constructor(login: Login | undefined, protocol: Protocol) {
    this.#login = login;
    this.#protocol = protocol;
    this.#isOff = login === undefined;
  }

  /** Undefined when none is there, though one is needed. */
  get ready(): { readonly token: string | undefined } | undefined {
    return this.#isOff || this.#token !== undefined ? { token: this.#token } : undefined;
  }

  /**
   * One login for all who wait on this connection; it is called off when none does any more. Rejects with an {@link RpcError}, with what the provider throws, or with
   * the signal's reason.
   */
  async fetch(connection: EtcdConnection, signal: AbortSignal): Promise<string | undefined> {
    const running = this.#running;
    if (running?.connection === connection && !running.login.over) return await running.login.join(signal);
    const login = new SharedWork(async (given) => {
      const token = await this.#fetch(connection, given);
      // One of a connection that was given up says nothing of the next.
      if (this.#running?.login === login && !connection.ended) this.#token = token;
      return token;
    });
    this.#running = { connection, login };
    return await login.join(signal);
  }

  /** The server does not take it any more. False where there is nothing to log in with. */
  refuse(token: string | undefined): boolean {
    if (this.#login === undefined) return false;
    if (token === this.#token) this.#token = undefined;
    this.#isOff = false;
    return true;
  }

  close(): void {
    this.#closed.abort(new Error("closed"));
  }

  async #fetch(connection: EtcdConnection, given: AbortSignal): Promise<string | undefined> {
    if (this.#login === undefined) return undefined;
    const { password } = this.#login;
    try {
      return await this.#ask(connection, this.#login, false, given);
    } catch (error) {
      if (!(error instanceof RpcError && error.answered)) throw error;
      if (error.message.includes("authentication is not enabled")) {
        this.#isOff = true;
        return undefined;
      }
      // A provider is asked once more: it may have had the password of before.
      if (typeof password === "string" || !error.message.includes("invalid user ID or password")) throw error;
      return await this.#ask(connection, this.#login, true, given);
    }
  }

  async #ask(
    connection: EtcdConnection,
    { user, password }: Login,
    refresh: boolean,
    given: AbortSignal,
  ): Promise<string> {
    const signal = AbortSignal.any([this.#closed.signal, given, AbortSignal.timeout(LOGIN_WITHIN)]);
    const text = typeof password === "string" ? password : await provided(password, signal, refresh);
    let cancel = (): void => undefined;
    try {
      const { token } = await unlessAborted(signal, () => {
        const pending = connection.call(this.#protocol.authenticate, { name: user, password: text }, {});
        cancel = pending.cancel;
        return pending.reply;
      });
      return token;
    } catch (error) {
      if (!signal.aborted) throw error;
      cancel();
      throw late("the login was not answered");
    }
  }
}

/** It may be otherwise at the next attempt. */
function late(what: string): RpcError {
  return new RpcError(`${what} in time`, { status: "UNAVAILABLE", answered: false, sent: false });
}

async function provided(provider: PasswordProvider, signal: AbortSignal, refresh: boolean): Promise<string> {
  try {
    const password: unknown = await unlessAborted(signal, () => provider({ signal, refresh })); // it may not heed its signal
    if (typeof password === "string") return password;
  } catch (error) {
    if (signal.aborted) throw late("the password was not given");
    throw new PoolError("ACCESS_DENIED", `the password could not be had: ${reasonOf(error)}`, { cause: error });
  }
  throw new PoolError("ACCESS_DENIED", "the function for the password gave something that is no string");
}
