import { setTimeout as sleep } from "node:timers/promises";
import type { Connector, ConnectorSpec } from "../../src/connector/connector.js";
import { defineConnector } from "../../src/connector/define-connector.js";
import type { Clock } from "../../src/time.js";

/** What the memory backend's connectors hand out. */
export interface Handle {
  readonly id: number;
  readonly backend: MemoryBackend;
  connections: number;
}

type OpenContext = Parameters<ConnectorSpec<Handle>["open"]>[0];

/** A backend in memory that keeps account of what is open, and refuses to be closed twice. */
export class MemoryBackend {
  readonly opened: Handle[] = [];
  readonly closed: Handle[] = [];
  readonly closeTimeouts: number[] = [];
  readonly names: string[] = [];
  mostLive = 0;
  checks = 0;
  /** Runs inside every open, before its handle exists. */
  beforeOpen: (context: OpenContext) => unknown = () => undefined;
  /** Runs inside every close, before its handle counts as closed. */
  beforeClose: (handle: Handle, timeout: number) => unknown = () => undefined;
  onCheck: (handle: Handle, signal: AbortSignal) => unknown = () => undefined;
  /** What the last client's adapter may tell. */
  told: Pick<OpenContext, "lost" | "recovered"> = { lost: () => undefined, recovered: () => undefined };

  get live(): number {
    return this.opened.length - this.closed.length;
  }

  connector(overrides: Partial<ConnectorSpec<Handle>> = {}, clock?: Clock): Connector<Handle> {
    const spec: ConnectorSpec<Handle> = {
      kind: "memory",
      name: undefined,
      options: {},
      key: "memory:1",
      open: (context) => this.#open(context),
      close: (handle, { timeout }) => this.#close(handle, timeout),
      check: (handle, signal) => this.#check(handle, signal),
      connections: (handle) => handle.connections,
      ...overrides,
    };
    return defineConnector(spec, clock === undefined ? {} : { clock });
  }

  async #open(context: OpenContext): Promise<Handle> {
    this.names.push(context.name);
    const { lost, recovered } = context;
    this.told = { lost, recovered };
    await this.beforeOpen(context);
    const handle = { id: this.opened.length + 1, backend: this, connections: 1 };
    this.opened.push(handle);
    this.mostLive = Math.max(this.mostLive, this.live);
    return handle;
  }

  async #close(handle: Handle, timeout: number): Promise<void> {
    this.closeTimeouts.push(timeout);
    await this.beforeClose(handle, timeout);
    if (this.closed.includes(handle)) throw new Error(`handle ${String(handle.id)} is closed twice`);
    this.closed.push(handle);
  }

  async #check(handle: Handle, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
    this.checks++;
    return (await this.onCheck(handle, signal)) as Record<string, unknown> | undefined;
  }
}

/** A connector that was written by hand, and does what connectors from `defineConnector` never do. */
export function handWritten(overrides: Partial<Connector> = {}): Connector {
  const connector: Connector = {
    name: "by hand",
    kind: "hand",
    key: "hand:1",
    state: "ready",
    isConnected: true,
    config: {},
    client: {},
    connect: async () => connector,
    disconnect: async () => undefined,
    restart: async () => connector,
    healthCheck: async () => ({ healthy: true, latencyMs: 0, checkedAt: 0 }),
    [Symbol.asyncDispose]: async () => undefined,
    ...overrides,
  };
  return connector;
}

/** Something a test settles when it likes. */
export function gate(): { readonly passed: Promise<void>; open(): void; fail(error: unknown): void } {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  promise.catch(() => undefined);
  return { passed: promise, open: () => resolve(undefined), fail: reject };
}

/** Waits for ever, or until the signal aborts, as a well-behaved driver does. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return sleep(2 ** 30, undefined, { signal, ref: false }) as Promise<never>;
}

/** The error that `work` rejects with. */
export async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it was expected to reject");
}
