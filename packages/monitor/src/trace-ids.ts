import type * as api from "@opentelemetry/api";

/** The part of `@opentelemetry/api` that is used. */
type TraceApi = Pick<typeof api, "trace" | "context" | "ROOT_CONTEXT" | "createContextKey">;

const INVALID = "00000000000000000000000000000000";

/** Which trace a lease and a statement belong to, where somebody can tell. */
export class TraceIds {
  #source: (() => string | undefined) | undefined;
  #api: TraceApi | undefined;
  #onSwitch: () => void = () => undefined;
  readonly #leases = new Map<string, Map<number, string>>();
  #disposed = false;

  /** @param source undefined: OpenTelemetry's active span, while its API is there and somebody has registered a context manager with it */
  constructor(source: (() => string | undefined) | undefined) {
    this.#source = source;
    if (source === undefined) void this.#find();
  }

  /** Can anybody tell? Only then it matters in which async context the monitor hears of a statement. */
  get isOn(): boolean {
    return this.#source !== undefined;
  }

  /** `listener` is called when {@link isOn} has changed. */
  onSwitch(listener: () => void): void {
    this.#onSwitch = listener;
  }

  /** Looks whether OpenTelemetry has been set up, or taken down, since the last time. */
  look(): void {
    const api = this.#api;
    if (api === undefined || isSetUp(api) === this.isOn) return;
    this.#source = this.isOn ? undefined : () => activeTraceId(api);
    this.#onSwitch();
  }

  /** Of the async context that asks. */
  current(): string | undefined {
    try {
      return this.#source?.();
    } catch {
      return undefined; // a source that throws knows nothing
    }
  }

  of(pool: string, leaseId: number): string | undefined {
    return this.#leases.get(pool)?.get(leaseId);
  }

  note(pool: string, leaseId: number, traceId: string | undefined): void {
    if (traceId === undefined) return;
    const leases = this.#leases.get(pool) ?? new Map<number, string>();
    leases.set(leaseId, traceId);
    this.#leases.set(pool, leases);
  }

  forget(pool: string, leaseId: number): void {
    const leases = this.#leases.get(pool);
    if (leases?.delete(leaseId) === true && leases.size === 0) this.#leases.delete(pool);
  }

  /** Of a pool, only these leases are out still: a statement may end after its lease was taken away by force. */
  keep(pool: string, out: readonly { readonly leaseId: number }[]): void {
    const leases = this.#leases.get(pool);
    if (leases === undefined) return;
    const kept = new Map<number, string>();
    for (const { leaseId } of out) {
      const traceId = leases.get(leaseId);
      if (traceId !== undefined) kept.set(leaseId, traceId);
    }
    if (kept.size === 0) this.#leases.delete(pool);
    else this.#leases.set(pool, kept);
  }

  /** How many leases it knows a trace of. */
  get size(): number {
    let size = 0;
    for (const leases of this.#leases.values()) size += leases.size;
    return size;
  }

  close(): void {
    this.#disposed = true;
    this.#source = this.#api = undefined;
    this.#leases.clear();
  }

  async #find(): Promise<void> {
    try {
      const api = (await import("@opentelemetry/api")) as TraceApi;
      if (this.#disposed) return;
      this.#api = api;
      this.look();
    } catch {
      // Not installed: there are no traces.
    }
  }
}

/** Without a context manager no span is ever active, though the API is there. */
function isSetUp({ context, ROOT_CONTEXT, createContextKey }: TraceApi): boolean {
  const key = createContextKey("@pool/monitor looks");
  try {
    return context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true);
  } catch {
    return false; // a manager that throws knows nothing
  }
}

function activeTraceId({ trace }: TraceApi): string | undefined {
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return traceId === INVALID ? undefined : traceId;
}
