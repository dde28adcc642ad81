import { once } from "node:events";
import { connect, createServer, Socket, type Server } from "node:net";
import { seededRandom } from "../dice.js";
import { onFreePort } from "../servers/free-port.js";
import { atLeast, DIRECTIONS, healthy, type Conditions, type Direction, type FaultScope } from "./faults.js";
import { Link, type ProxyConnection } from "./link.js";
import type { FaultProxy, FaultProxyOptions, ProxyStats } from "./proxy.js";

const HOST = "127.0.0.1";

/** Starts a proxy in front of a server; clients connect to its `host` and `port`. Disposing of it closes every connection. */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  return new LoopbackProxy(options).open();
}

class LoopbackProxy implements FaultProxy {
  readonly host = HOST;
  readonly seed: number;
  readonly #target: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly #random: () => number;
  readonly #links = new Set<Link>();
  readonly #conditions: Record<Direction, Conditions> = { upstream: healthy(), downstream: healthy() };
  readonly #closedBytes: Record<Direction, number> = { upstream: 0, downstream: 0 };
  #port = 0;
  #listener: Server | undefined;
  #opened = 0;
  #hangs = false;
  #storm: NodeJS.Timeout | undefined;

  constructor({ target, seed = Math.floor(Math.random() * 2 ** 32) }: FaultProxyOptions) {
    this.#target = "path" in target ? { path: target.path } : { host: target.host ?? HOST, port: target.port };
    this.seed = seed;
    this.#random = seededRandom(seed);
  }

  get port(): number {
    return this.#port;
  }

  get connections(): readonly ProxyConnection[] {
    return [...this.#links];
  }

  get stats(): ProxyStats {
    const sum = (direction: Direction): number =>
      [...this.#links].reduce((all, link) => all + link.bytes[direction], this.#closedBytes[direction]);
    const bytes = { upstream: sum("upstream"), downstream: sum("downstream") };
    return { opened: this.#opened, open: this.#links.size, bytes };
  }

  url(serverUrl: string): string {
    const url = new URL(serverUrl);
    url.hostname = this.host;
    url.port = String(this.port);
    return url.href;
  }

  latency(ms: number, { jitter = 0, ...scope }: FaultScope & { readonly jitter?: number } = {}): void {
    this.#change({ latency: atLeast(0, "latency", ms), jitter: atLeast(0, "jitter", jitter) }, scope);
  }

  bandwidth(bytesPerSecond: number, scope?: FaultScope): void {
    this.#change({ bandwidth: atLeast(1, "bandwidth", bytesPerSecond) }, scope);
  }

  limitData(bytes: number, options: FaultScope & { readonly cut?: "fin" | "reset" } = {}): void {
    const { cut = "fin", direction = "downstream", on } = options;
    this.#change({ limit: atLeast(0, "limitData", bytes), cut }, { direction, ...(on && { on }) });
  }

  stall(scope?: FaultScope): void {
    this.#change({ flow: "stall" }, scope);
  }

  blackHole(scope?: FaultScope): void {
    this.#change({ flow: "vanish" }, scope);
  }

  hang(): void {
    this.#hangs = true;
  }

  async refuse(): Promise<void> {
    this.#listener?.close(); // what it listens on closes now; its "close" event waits for connections
    this.#listener = undefined;
  }

  reset(): void {
    for (const link of this.#links) link.reset();
  }

  fin(): void {
    for (const link of this.#links) link.fin();
  }

  halfOpen(): void {
    for (const link of this.#links) link.halfOpen();
  }

  storm(everyMs: number): void {
    clearInterval(this.#storm);
    this.#storm = setInterval(() => this.reset(), atLeast(1, "storm", everyMs));
  }

  async heal(): Promise<void> {
    clearInterval(this.#storm);
    this.#hangs = false;
    Object.assign(this.#conditions, { upstream: healthy(), downstream: healthy() });
    for (const link of this.#links) link.heal();
    if (!this.#listener) await this.#listen(this.#port);
  }

  async open(): Promise<this> {
    this.#port = await onFreePort((port) => this.#listen(port));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#storm);
    const closed = this.#listener && once(this.#listener, "close");
    await this.refuse();
    for (const link of this.#links) link.destroy();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    listener.listen(port, HOST);
    await once(listener, "listening");
    this.#listener = listener;
  }

  #accept(client: Socket): void {
    const server = this.#hangs ? new Socket() : connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const link = new Link(++this.#opened, { client, server }, this.#conditions, this.#random, () => {
      this.#links.delete(link);
      for (const direction of DIRECTIONS) this.#closedBytes[direction] += link.bytes[direction];
    });
    this.#links.add(link);
    if (this.#hangs) link.halfOpen();
  }

  #change(conditions: Partial<Conditions>, { direction = "both", on = "all" }: FaultScope = {}): void {
    const directions = direction === "both" ? DIRECTIONS : [direction];
    for (const one of directions) {
      if (on !== "existing") Object.assign(this.#conditions[one], conditions);
      if (on !== "new") for (const link of this.#links) link.pipes[one].change(conditions);
    }
  }
}
