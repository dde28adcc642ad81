import type { TestServer } from "./server.js";

/** What every server has in common that somebody else runs, or that several tests share: `what` is how errors call it. */
export abstract class GivenServer implements TestServer {
  readonly own = false;
  readonly pid = undefined;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly #what: string;

  abstract readonly url: string;

  constructor(what: string, url: URL, defaultPort: number) {
    this.#what = what;
    this.host = url.hostname.replace(/^\[|\]$/g, "");
    this.port = Number(url.port || defaultPort);
    this.user = decodeURIComponent(url.username);
    this.password = decodeURIComponent(url.password);
  }

  log(): string {
    return "";
  }

  kill(): Promise<void> {
    return this.#refuse("killed");
  }

  freeze(): Promise<void> {
    return this.#refuse("frozen");
  }

  thaw(): Promise<void> {
    return this.#refuse("thawed");
  }

  stop(): Promise<void> {
    return this.#refuse("stopped");
  }

  start(): Promise<void> {
    return this.#refuse("started");
  }

  restart(): Promise<void> {
    return this.#refuse("restarted");
  }

  abstract [Symbol.asyncDispose](): Promise<void>;

  async #refuse(done: string): Promise<never> {
    throw new Error(`${this.#what} cannot be ${done} by a test; start one with { own: true }`);
  }
}
