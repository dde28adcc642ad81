import type { CreateContext, ResourceFactory, ResourceStatus } from "../../src/pool/factory.js";

/** One thing that a pool lends in tests. Its fields say what its status is, and a test may change them. */
export class FakeResource {
  readonly id: number;
  readonly lost: (cause?: unknown) => void;
  status: ResourceStatus = {};
  closes = 0;
  /** How the pool had it closed. */
  graceful: boolean | undefined;

  constructor(id: number, lost: (cause?: unknown) => void) {
    this.id = id;
    this.lost = lost;
  }
}

export interface FakeBehaviour {
  /** Runs before the resource exists; reject to refuse the connect. `attempt` counts from 1. */
  create?: (context: CreateContext, attempt: number) => unknown;
  validate?: (resource: FakeResource, signal: AbortSignal, about: { readonly stale: boolean }) => unknown;
  validateAlways?: boolean;
  reset?: (resource: FakeResource, signal: AbortSignal) => unknown;
  close?: (resource: FakeResource) => unknown;
  status?: (resource: FakeResource) => ResourceStatus;
  isFatal?: (error: unknown) => boolean;
}

/** A backend in memory that keeps account of what is open. What it does at each call is up to the test, which may change it on the way. */
export class FakeBackend implements ResourceFactory<FakeResource> {
  readonly kind = "fake";
  readonly opened: FakeResource[] = [];
  /** Connects that were asked for, and those among them still under way. */
  connects = 0;
  connecting = 0;
  /** Opened and not yet closed. */
  live = 0;
  /** The most that were open or being opened or closed at one moment. */
  most = 0;
  /** What was called, in order: `"create 1"`, `"validate 1"`, … */
  readonly calls: string[] = [];
  behaviour: FakeBehaviour;
  readonly validateAlways?: boolean;
  readonly validate?: NonNullable<ResourceFactory<FakeResource>["validate"]>;
  readonly reset?: NonNullable<ResourceFactory<FakeResource>["reset"]>;
  readonly status?: NonNullable<ResourceFactory<FakeResource>["status"]>;
  readonly isFatal?: NonNullable<ResourceFactory<FakeResource>["isFatal"]>;

  constructor(behaviour: FakeBehaviour = {}) {
    this.behaviour = behaviour;
    if (behaviour.validateAlways !== undefined) this.validateAlways = behaviour.validateAlways;
    if (behaviour.validate !== undefined) {
      this.validate = (resource, signal, about) => {
        this.calls.push(`validate ${String(resource.id)}`);
        return this.behaviour.validate?.(resource, signal, about);
      };
    }
    if (behaviour.reset !== undefined) {
      this.reset = (resource, signal) => {
        this.calls.push(`reset ${String(resource.id)}`);
        return this.behaviour.reset?.(resource, signal);
      };
    }
    if (behaviour.status !== undefined) {
      this.status = (resource) => this.behaviour.status?.(resource) ?? resource.status;
    }
    if (behaviour.isFatal !== undefined) this.isFatal = (error) => this.behaviour.isFatal?.(error) ?? false;
  }

  async create(context: CreateContext): Promise<FakeResource> {
    const attempt = ++this.connects;
    this.calls.push(`create ${String(attempt)}`);
    this.connecting++;
    this.#note();
    try {
      await this.behaviour.create?.(context, attempt);
    } finally {
      this.connecting--;
    }
    const resource = new FakeResource(attempt, (cause) => {
      context.lost(cause);
    });
    this.opened.push(resource);
    this.live++;
    this.#note();
    return resource;
  }

  close(resource: FakeResource, how: { readonly graceful: boolean }): void | Promise<void> {
    resource.closes++;
    resource.graceful = how.graceful;
    this.calls.push(`close ${String(resource.id)}`);
    const closing = this.behaviour.close?.(resource);
    if (!(closing instanceof Promise)) {
      this.live--;
      return undefined;
    }
    return closing.finally(() => this.live--) as Promise<void>;
  }

  /** The calls of one kind, as the ids they were about. */
  idsOf(call: "create" | "validate" | "reset" | "close"): number[] {
    return this.calls.filter((line) => line.startsWith(`${call} `)).map((line) => Number(line.slice(call.length + 1)));
  }

  #note(): void {
    this.most = Math.max(this.most, this.connecting + this.live);
  }
}

/** A promise to settle by hand. */
export function gate<T = void>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => undefined); // a test may never look
  return made;
}

/** Rejects when the signal aborts, and never otherwise: a factory that hangs and listens. */
export function hangUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason);
    });
  });
}

/** Never settles, whatever happens: a factory that hangs and ignores its signal. */
export function hang(): Promise<never> {
  return new Promise(() => undefined);
}
