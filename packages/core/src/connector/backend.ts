import { isPoolError, PoolError, reasonOf } from "../errors.js";
import { trace, traced, type TracedEvents } from "../events.js";
import { redactUrls } from "../redact.js";
import { withTimeout, type Clock } from "../time.js";
import type { ConnectorSpec, OpenContext } from "./connector.js";
import { secretTexts, withoutSecrets } from "./secrets.js";
import { CLOSE_GRACE, timeoutOr } from "./timeouts.js";

const CONNECT_TIMEOUT = 30_000;
const DRAIN_TIMEOUT = 3_000;

/** An adapter's calls as a connector makes them: traced, the closing bounded in time, and what they throw shown without secrets. */
export class Backend<C> {
  readonly kind: string;
  readonly connectTimeout: number;
  readonly drainTimeout: number;
  readonly closeTimeout: number;
  readonly #spec: ConnectorSpec<C>;
  readonly #clock: Clock;
  readonly #name: () => string;

  constructor(spec: ConnectorSpec<C>, clock: Clock, name: () => string) {
    const { drainTimeout } = spec.options as { readonly drainTimeout?: unknown };
    this.kind = spec.kind;
    this.connectTimeout = timeoutOr(spec.connectTimeout, CONNECT_TIMEOUT);
    this.drainTimeout = timeoutOr(spec.drainTimeout, timeoutOr(drainTimeout, DRAIN_TIMEOUT));
    this.closeTimeout = timeoutOr(spec.closeTimeout, CLOSE_GRACE);
    this.#spec = spec;
    this.#clock = clock;
    this.#name = name;
  }

  get name(): string {
    return this.#name();
  }

  /** Rejects with an error of ours: the adapter's own, or `CONNECT_FAILED` around the driver's. */
  open(signal: AbortSignal, notice: Pick<OpenContext, "lost" | "recovered">): Promise<C> {
    const { name, kind } = this;
    return traceIfHeard(
      "connector:connect",
      () => ({ connector: name, kind }),
      async () => {
        try {
          return await this.#spec.open({ name, signal, ...notice });
        } catch (error) {
          const cause = this.#clean(error);
          if (isPoolError(cause)) throw cause;
          const message = `connector "${name}" (${kind}) could not connect: ${redactUrls(reasonOf(cause))}`;
          throw new PoolError("CONNECT_FAILED", message, { cause, details: { connector: name, kind } });
        }
      },
    );
  }

  async close(client: C, timeout: number): Promise<void> {
    const limit = timeout + this.closeTimeout;
    const late = (): Error =>
      new Error(`connector "${this.name}" (${this.kind}) did not close within ${String(limit)} ms`);
    try {
      await withTimeout(this.#clock, limit, late, () => this.#spec.close(client, { timeout }));
    } catch (error) {
      throw this.#clean(error);
    }
  }

  async check(client: C, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined> {
    return traceIfHeard(
      "connector:health",
      () => ({ connector: this.name, kind: this.kind }),
      async () => {
        try {
          return await this.#spec.check(client, signal);
        } catch (error) {
          throw this.#clean(error);
        }
      },
    );
  }

  // The secrets are looked for only when something has failed.
  #clean(error: unknown): unknown {
    return withoutSecrets(error, secretTexts(this.#spec.options, this.#spec.secretNames));
  }
}

function traceIfHeard<N extends keyof TracedEvents, T>(
  name: N,
  context: () => TracedEvents[N],
  work: () => Promise<T>,
): Promise<T> {
  const channel = traced(name);
  return channel.hasSubscribers ? trace(channel, context(), work) : work();
}
