import type { ServerProcess } from "./server-process.js";
import type { TestServer } from "./server.js";

/** What every server has in common that we run ourselves. */
export abstract class OwnServer implements TestServer {
  readonly host = "127.0.0.1";
  readonly own = true;
  readonly port: number;
  readonly password: string;
  readonly #process: ServerProcess;

  abstract readonly url: string;
  abstract readonly user: string;

  constructor(process: ServerProcess, port: number, password: string) {
    this.#process = process;
    this.port = port;
    this.password = password;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  log(): string {
    return this.#process.log();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  freeze(): Promise<void> {
    return this.#process.freeze();
  }

  thaw(): Promise<void> {
    return this.#process.thaw();
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.end();
  }
}
