import { isPoolError } from "@pool/core";
import { type PostgresClient } from "../../src/index.js";

/** What one caller did and was told. Times are those of `performance.now()`. */
export interface Operation {
  readonly id: number;
  readonly kind: "read" | "write" | "transaction";
  readonly startedAt: number;
  readonly settledAt: number;
  /** "ok", a PoolError's code, or what else it was rejected with. */
  readonly outcome: string;
  readonly message: string;
}

export interface LoadOptions {
  /** Operations started per second. */
  readonly rate: number;
  readonly kinds?: readonly Operation["kind"][];
}

const KINDS = ["read", "write", "read", "write", "transaction"] as const;

let nextId = 1;

/** Callers that come at a steady rate, whatever becomes of those before them. */
export class Load {
  readonly operations: Operation[] = [];
  /** Operations that have not settled. */
  pending = 0;
  readonly #client: PostgresClient;
  readonly #kinds: readonly Operation["kind"][];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #started = 0;
  #onSettled: () => void = () => undefined;

  constructor(client: PostgresClient, { rate, kinds = KINDS }: LoadOptions) {
    this.#client = client;
    this.#kinds = kinds;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1_000) * rate;
      while (this.#started < due) this.#start();
    }, 5);
  }

  /** Starts nothing more, and resolves when all have settled; rejects when that takes longer than `patience` ms. */
  async stop(patience: number): Promise<readonly Operation[]> {
    clearInterval(this.#timer);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const late = (): void => reject(new Error(`${this.pending} operations had not settled after ${patience} ms`));
    const timer = setTimeout(late, patience);
    this.#onSettled = () => this.pending === 0 && resolve(undefined);
    this.#onSettled();
    await promise.finally(() => clearTimeout(timer));
    return this.operations;
  }

  #start(): void {
    const kind = this.#kinds[this.#started++ % this.#kinds.length] ?? "read";
    this.pending++;
    void this.#run(nextId++, kind).finally(() => {
      this.pending--;
      this.#onSettled();
    });
  }

  async #run(id: number, kind: Operation["kind"]): Promise<void> {
    const startedAt = performance.now();
    let outcome = "ok";
    let message = "";
    try {
      await this.#do(id, kind);
    } catch (error) {
      outcome = isPoolError(error) ? error.code : String(error);
      message = error instanceof Error ? error.message : "";
    }
    this.operations.push({ id, kind, startedAt, settledAt: performance.now(), outcome, message });
  }

  async #do(id: number, kind: Operation["kind"]): Promise<void> {
    const client = this.#client;
    if (kind === "read") {
      const { rows } = await client.query<{ n: number }>("select $1::int as n", [id]);
      if (rows.length !== 1 || rows[0]?.n !== id) throw new Error(`wrong reply: ${JSON.stringify(rows)} to ${id}`);
    } else if (kind === "write") {
      const { rowCount } = await client.query("insert into ledger values ($1, 'write')", [id]);
      if (rowCount !== 1) throw new Error(`wrong reply: ${rowCount} rows`);
    } else {
      await client.transaction(async (tx) => {
        await tx.query("insert into ledger values ($1, 'transaction')", [id]);
        await tx.query("update counter set n = n + 1 where id = $1", [id % 64]);
      });
    }
  }
}
