import { PoolError } from "../errors.js";
import type { Clock } from "../time.js";
import { closeInOrder, closerOf, type Closer } from "./close-in-order.js";
import type { Connector } from "./connector.js";
import { disconnect } from "./disconnect.js";
import { claimAnonymous, unclaim } from "./naming.js";
import { abortable } from "./shared-work.js";
import { viewOf, type ConnectorView } from "./view.js";

interface Entry {
  readonly connector: Connector;
  readonly view: ConnectorView;
  readonly role: string | undefined;
  /** The end of what was open under this key before. */
  readonly after: Promise<unknown> | undefined;
  /** Its turn has come. Until then its state says nothing: it may have been closed before it was handed over. */
  hasBegun: boolean;
}

/**
 * The connectors of one scope, one for each role and place to connect to: got when there, made when not, replaced when over. At no time are two
 * open for one key, and everything that was opened is closed once.
 */
export class KeyedConnectors {
  readonly #scope: string;
  readonly #entries = new Map<string, Entry>();
  readonly #leaving = new Map<string, Promise<unknown>>();
  readonly #onChange: () => void;
  #closed = false;

  /** @param onChange told after each coming and going, and when the end begins */
  constructor(scope: string, onChange: () => void) {
    this.#scope = scope;
    this.#onChange = onChange;
  }

  /** Those to look after. */
  present(): readonly Connector[] {
    return this.#closed ? [] : this.entries().map(({ connector }) => connector);
  }

  entries(): readonly Pick<Entry, "connector" | "role">[] {
    return [...this.#entries.values()];
  }

  /** The view of the connector for where `candidate` connects, open. */
  async open(candidate: Connector, role: string | undefined, signal: AbortSignal | undefined): Promise<ConnectorView> {
    const key = JSON.stringify([role ?? null, candidate.kind, candidate.key]);
    for (;;) {
      this.#assertOpen();
      const entry = this.#reusable(key, candidate) ?? this.#enter(key, candidate, role);
      if (await this.#connect(key, entry, signal)) return entry.view;
    }
  }

  /** @param longest without a timeout, how long it may take in all; see {@link closeInOrder} */
  async close(clock: Clock, timeout: number | undefined, longest: number | undefined): Promise<void> {
    this.#closed = true;
    this.#onChange();
    const leaving = [...this.#leaving.values()].map(
      (gone): Closer =>
        () =>
          gone,
    );
    const disconnects = this.entries().map(({ connector }) => closerOf(connector));
    await closeInOrder(clock, [...leaving, ...disconnects], timeout, longest);
    for (const { connector } of this.entries()) unclaim(connector);
    this.#entries.clear();
  }

  closedError(cause?: unknown): PoolError {
    const details = { scope: this.#scope };
    return new PoolError(
      "SCOPE_CLOSED",
      `scope "${this.#scope}" is closed`,
      cause === undefined ? { details } : { cause, details },
    );
  }

  #reusable(key: string, candidate: Connector): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.connector === candidate) return entry;
    if (!entry.hasBegun || !isOver(entry.connector)) return entry;
    this.#leave(key, entry);
    return undefined;
  }

  #enter(key: string, connector: Connector, role: string | undefined): Entry {
    claimAnonymous(connector, `scope "${this.#scope}"`, this.#freeName(role ?? connector.kind));
    const entry = { connector, view: viewOf(connector), role, after: this.#leaving.get(key), hasBegun: false };
    this.#entries.set(key, entry);
    this.#onChange();
    return entry;
  }

  /** False when the entry was given up while this caller waited for its turn. */
  async #connect(key: string, entry: Entry, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      if (entry.after !== undefined) await abortable(entry.after, signal);
      this.#assertOpen();
      if (this.#entries.get(key) !== entry) return false;
      entry.hasBegun = true;
      await entry.connector.connect(signal === undefined ? {} : { signal });
      this.#assertOpen();
      return true;
    } catch (error) {
      if (this.#closed) throw this.closedError(error);
      if (isOver(entry.connector)) this.#leave(key, entry);
      throw error;
    }
  }

  #leave(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    unclaim(entry.connector);
    this.#onChange();
    const gone = Promise.all([this.#leaving.get(key), disconnect(entry.connector)]).finally(() => {
      if (this.#leaving.get(key) === gone) this.#leaving.delete(key);
    });
    this.#leaving.set(key, gone);
  }

  #freeName(what: string): string {
    const taken = new Set(this.entries().map(({ connector }) => connector.name));
    const base = `${this.#scope}/${what}`;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}#${String(n)}`;
    return name;
  }

  #assertOpen(): void {
    if (this.#closed) throw this.closedError();
  }
}

function isOver({ state }: Connector): boolean {
  return state === "closed" || state === "failed";
}
