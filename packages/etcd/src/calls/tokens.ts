import { PoolError, reasonOf } from "@pool/core";
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
  #running: Promise<string | undefined> | undefined;

  constructor(login: Login | undefined, protocol: Protocol) {
    this.#login = login;
    this.#protocol = protocol;
    this.#isOff = login === undefined;
  }

  /** Undefined when none is there, though one is needed. */
  get ready(): { readonly token: string | undefined } | undefined {
    return this.#isOff || this.#token !== undefined ? { token: this.#token } : undefined;
  }

  /** One login for all who wait. Rejects with an {@link RpcError}, or with what the provider throws. */
  fetch(connection: EtcdConnection): Promise<string | undefined> {
    return (this.#running ??= this.#fetch(connection).finally(() => (this.#running = undefined)));
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

  async #fetch(connection: EtcdConnection): Promise<string | undefined> {
    if (this.#login === undefined) return undefined;
    const { password } = this.#login;
    try {
      return await this.#ask(connection, this.#login, false);
    } catch (error) {
      if (!(error instanceof RpcError && error.answered)) throw error;
      if (error.message.includes("authentication is not enabled")) {
        this.#isOff = true;
        return undefined;
      }
      // A provider is asked once more: it may have had the password of before.
      if (typeof password === "string" || !error.message.includes("invalid user ID or password")) throw error;
      return await this.#ask(connection, this.#login, true);
    }
  }

  async #ask(connection: EtcdConnection, { user, password }: Login, refresh: boolean): Promise<string> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(LOGIN_WITHIN)]);
    const text = typeof password === "string" ? password : await provided(password, signal, refresh);
    const { reply, cancel } = connection.call(this.#protocol.authenticate, { name: user, password: text }, {});
    const late = new RpcError("the login was not answered", { status: "UNAVAILABLE", answered: false, sent: false });
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener(
        "abort",
        () => {
          cancel();
          reject(late);
        },
        { once: true },
      );
    });
    const { token } = await Promise.race([reply, stopped]);
    this.#token = token;
    return token;
  }
}

async function provided(provider: PasswordProvider, signal: AbortSignal, refresh: boolean): Promise<string> {
  try {
    const password: unknown = await provider({ signal, refresh });
    if (typeof password === "string") return password;
  } catch (error) {
    throw new PoolError("ACCESS_DENIED", `the password could not be had: ${reasonOf(error)}`, { cause: error });
  }
  throw new PoolError("ACCESS_DENIED", "the function for the password gave something that is no string");
}
