import { type OpenContext, type ResourceFactory } from "@pool/core";
import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresConnection } from "./connection/connection.js";

/** Who is told of the server. */
export type OutageListener = Pick<OpenContext, "lost" | "recovered">;

/** For so long, in ms, a server that has dropped all connections may take to answer. */
const PATIENCE = 1_000;
/** And so long before may a connect of the pool take that is under way: it tells as much. */
const A_WHILE = 500;
/** For so long, in ms, the pool may come to open another by itself, which tells as much as a question does and costs the server less. */
const OF_ITSELF = 50;

/**
 * Tells of an outage when it begins, and of its end: otherwise nobody would hear of one before the next health check, since a pool that is not used
 * opens nothing. That connections end is no outage as long as another can be opened.
 */
export class Outage {
  readonly #listener: OutageListener;
  readonly #ask: (signal: AbortSignal) => Promise<unknown>;
  readonly #open = new Set<PostgresConnection>();
  readonly #closing = new AbortController();
  #underWay = 0;
  #opened = 0;
  #isOut = false;
  #isAsking = false;

  /** @param ask whether the server is there: rejects when it is not */
  constructor(listener: OutageListener, ask: (signal: AbortSignal) => Promise<unknown>) {
    this.#listener = listener;
    this.#ask = ask;
  }

  /** Watches the connections that this factory makes. */
  watch(factory: ResourceFactory<PostgresConnection>): ResourceFactory<PostgresConnection> {
    return {
      ...factory,
      create: async (context) => {
        let created: PostgresConnection | undefined;
        const lost = (cause?: unknown): void => {
          const wasLast = created !== undefined && this.#open.delete(created) && this.#open.size === 0;
          context.lost(cause); // it is closed in here
          if (wasLast && !this.#isAsking) void this.#askNow(cause);
        };
        this.#underWay++;
        try {
          created = await factory.create({ signal: context.signal, lost });
        } catch (error) {
          if (this.#open.size === 0) this.began(error);
          throw error;
        } finally {
          this.#underWay--;
        }
        this.#opened++;
        this.#open.add(created);
        this.ended();
        return created;
      },
      close: (connection, how) => {
        this.#open.delete(connection);
        return factory.close(connection, how);
      },
    };
  }

  began(cause: unknown): void {
    if (this.#isOut) return;
    this.#isOut = true;
    this.#listener.lost(cause);
  }

  ended(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#listener.recovered();
  }

  /** Asks nothing more. */
  close(): void {
    this.#closing.abort();
  }

  /** Never rejects. */
  async #askNow(cause: unknown): Promise<void> {
    const { signal } = this.#closing;
    this.#isAsking = true;
    try {
      do await sleep(OF_ITSELF, undefined, { ref: false, signal });
      while (this.#isUnknown && (await this.#opensOne(signal)));
      if (this.#isUnknown) await this.#ask(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
    } catch {
      if (this.#open.size === 0 && !signal.aborted) this.began(cause);
    } finally {
      this.#isAsking = false;
    }
  }

  get #isUnknown(): boolean {
    return !this.#isOut && this.#open.size === 0;
  }

  /** Does the pool open one by itself, in a while? That it has not says little: a connect may take long where the server is well. */
  async #opensOne(signal: AbortSignal): Promise<boolean> {
    const opened = this.#opened;
    if (this.#underWay > 0) await sleep(A_WHILE, undefined, { ref: false, signal });
    return this.#opened > opened;
  }
}
