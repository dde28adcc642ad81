import { type OpenContext, type ResourceFactory } from "@pool/core";
import { type PostgresConnection } from "./connection/connection.js";

/** Who is told of the server. */
export type OutageListener = Pick<OpenContext, "lost" | "recovered">;

/** Longest wait, in ms, until a server that has dropped all connections counts as gone. */
const PATIENCE = 1_000;

/**
 * Tells of an outage when it begins, and of its end: otherwise nobody would hear of one before the next health check, since a pool that is not used
 * opens nothing. That connections end is no outage as long as another can be opened.
 */
export class Outage {
  readonly #listener: OutageListener;
  readonly #ask: (signal: AbortSignal) => Promise<unknown>;
  readonly #open = new Set<PostgresConnection>();
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
        try {
          created = await factory.create({ signal: context.signal, lost });
        } catch (error) {
          if (this.#open.size === 0) this.began(error);
          throw error;
        }
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

  /** Never rejects. */
  async #askNow(cause: unknown): Promise<void> {
    this.#isAsking = true;
    try {
      await this.#ask(AbortSignal.timeout(PATIENCE));
    } catch {
      if (this.#open.size === 0) this.began(cause);
    } finally {
      this.#isAsking = false;
    }
  }
}
