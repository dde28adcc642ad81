import { unlessAborted, withAnySignal } from "../aborts.js";
import { isPoolError, PoolError, reasonOf } from "../errors.js";
import { trace, traced, type TracedEvents } from "../events.js";
import { withTimeout, type Clock } from "../time.js";
import type { Condition } from "./condition.js";
import type { ConnectorSpec } from "./connector.js";
import { secretTexts, withoutSecrets } from "./secrets.js";
import { CLOSE_GRACE, timeoutOr } from "./timeouts.js";

const CONNECT_TIMEOUT = 30_000;
const DRAIN_TIMEOUT = 3_000;
// One that hangs longer would keep the next from being tried, and the backend may be back meanwhile.
const LONGEST_RECONNECT = 5_000;

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

  /** Rejects with an error of ours: the adapter's own, or `CONNECT_FAILED` around the driver's. What the adapter tells goes to `condition`. */
  open(signal: AbortSignal, condition: Condition): Promise<C> {
    const { name, kind } = this;
    const lost = (cause?: unknown): void => condition.told(false, this.#lostError(cause));
    const recovered = (): void => condition.told(true);
    return traceIfHeard(
      "connector:connect",
      () => ({ connector: name, kind }),
      async () => {
        try {
          return await this.#spec.open({ name, signal, lost, recovered });
        } catch (error) {
          const cause = this.#clean(error);
          if (isPoolError(cause)) throw cause;
          const message = `connector "${name}" (${kind}) could not connect: ${reasonOf(cause)}`;
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

  /** Is there a way back beside asking? */
  get reconnects(): boolean {
    return this.#spec.reconnect !== undefined;
  }

  /**
   * The adapter's own way back, for a client that stays. Settles within the connect timeout, at most 5 s, or when the signal aborts.
   * @param onEnded runs when the adapter has settled, which may be later
   */
  async reconnect(client: C, signal: AbortSignal, onEnded: () => void): Promise<void> {
    const { name, kind } = this;
    const limit = Math.min(this.connectTimeout, LONGEST_RECONNECT);
    const late = (): PoolError =>
      new PoolError("CONNECT_TIMEOUT", `connector "${name}" (${kind}) did not reconnect within ${String(limit)} ms`, {
        details: { connector: name, kind, timeoutMs: limit },
      });
    const run = async (over: AbortSignal): Promise<void> => {
      try {
        await this.#spec.reconnect?.(client, over);
      } finally {
        onEnded();
      }
    };
    try {
      await withTimeout(this.#clock, limit, late, (over) =>
        withAnySignal([signal, over], (any = over) => unlessAborted(any, () => run(any))),
      );
    } catch (error) {
      throw this.#clean(error);
    }
  }

  #lostError(cause: unknown): PoolError {
    const { name, kind } = this;
    const why = this.#clean(cause);
    const message = `connector "${name}" (${kind}) has lost its backend${why === undefined ? "" : `: ${reasonOf(why)}`}`;
    return new PoolError("UNAVAILABLE", message, { cause: why, details: { connector: name, kind } });
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
