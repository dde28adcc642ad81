import { moment } from "../events.js";

/**
 * What a connector believes of its backend:
 *
 *     idle ──→ connecting ──→ ready ⇄ degraded
 *               ↑    ↓         ↑ ↖       ↓
 *               └─ failed ─────┘   reconnecting
 *                    └────────────────↑  ↓
 *                    ↑───────────────────┘
 *
 *     closed ← from everywhere, by disconnect; and on to connecting
 *
 * | from | to | when |
 * | --- | --- | --- |
 * | idle, closed | connecting | `connect` |
 * | connecting | ready | a client is open |
 * | connecting | failed | the backend refused, or was too slow, or everybody who waited gave up; there is no client |
 * | ready | degraded | the adapter said `lost`, or a check failed |
 * | degraded | reconnecting | the supervisor's first attempt begins, at once; the state stays so between its attempts |
 * | reconnecting | failed | `maxReconnectAttempts` in a row failed; the client stays |
 * | failed | reconnecting, connecting | the next attempt, with the client there is or for a first one |
 * | degraded, reconnecting, failed | ready | the adapter said `recovered`, or a check passed |
 * | any | closed | `disconnect`, at once: what drains, drains behind it |
 */
export type ConnectorState = "idle" | "connecting" | "ready" | "degraded" | "reconnecting" | "failed" | "closed";

const NEXT: Readonly<Record<ConnectorState, readonly ConnectorState[]>> = {
  idle: ["connecting", "closed"],
  connecting: ["ready", "failed", "closed"],
  ready: ["degraded", "closed"],
  degraded: ["ready", "reconnecting", "closed"],
  reconnecting: ["ready", "failed", "closed"],
  failed: ["connecting", "reconnecting", "ready", "closed"],
  closed: ["connecting"],
};

/** The state of one connector, and who is told of its changes. */
export class StateMachine {
  readonly #of: { readonly name: string; readonly kind: string };
  readonly #watchers = new Set<() => void>();
  #current: ConnectorState = "idle";

  constructor(of: { readonly name: string; readonly kind: string }) {
    this.#of = of;
  }

  get current(): ConnectorState {
    return this.#current;
  }

  /** Nothing happens when it is there already. Whoever is told may change it again at once, so look at it afresh afterwards. */
  to(next: ConnectorState, cause?: unknown): void {
    const from = this.#current;
    if (from === next) return;
    if (!NEXT[from].includes(next)) throw new TypeError(`a connector cannot go from ${from} to ${next}`);
    this.#current = next;
    this.#publish(from, next, cause);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Tells of something that went wrong and changes nothing. */
  note(cause: unknown): void {
    this.#publish(this.#current, this.#current, cause);
  }

  /** `watcher` runs after every change, until the function that is returned runs. It must not throw. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #publish(from: ConnectorState, to: ConnectorState, cause: unknown): void {
    const channel = moment("connector:state");
    if (channel.hasSubscribers) channel.publish({ connector: this.#of.name, kind: this.#of.kind, from, to, cause });
  }
}
