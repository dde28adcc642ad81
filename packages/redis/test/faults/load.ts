import { isPoolError } from "@pool/core";
import { type RedisClient } from "../../src/index.js";

/** What one caller did and was told. Times are those of `performance.now()`. */
export interface Operation {
  readonly id: number;
  readonly kind: "read" | "write" | "multi" | "pipeline" | "lent" | "blocking";
  readonly startedAt: number;
  readonly settledAt: number;
  /** "ok", a PoolError's code, or what else it was rejected with. */
  readonly outcome: string;
  /** What its error says of it: it had left, so it may have been carried out. */
  readonly sent: boolean;
  readonly message: string;
}

export interface LoadOptions {
  /** Operations started per second. */
  readonly rate: number;
  readonly kinds?: readonly Operation["kind"][];
}

const KINDS = ["read", "write", "read", "multi", "write", "pipeline", "read", "lent", "write", "blocking"] as const;
/** Every write counts itself under this key, by its id: what is done twice is there twice. */
export const LEDGER = "ledger";

let nextId = 1;

/** Callers that come at a steady rate, whatever becomes of those before them. */
export class Load {
  readonly operations: Operation[] = [];
  /** Operations that have not settled. */
  pending = 0;
  readonly #client: RedisClient;
  readonly #kinds: readonly Operation["kind"][];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #started = 0;
  #onSettled: () => void = () => undefined;

  constructor(client: RedisClient, { rate, kinds = KINDS }: LoadOptions) {
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
    let sent = true;
    try {
      await this.#do(id, kind);
    } catch (error) {
      outcome = isPoolError(error) ? error.code : String(error);
      sent = !isPoolError(error) || error.details.sent !== false;
      message = error instanceof Error ? error.message : "";
    }
    this.operations.push({ id, kind, startedAt, settledAt: performance.now(), outcome, sent, message });
  }

  async #do(id: number, kind: Operation["kind"]): Promise<void> {
    const { commands, call, use } = this.#client;
    switch (kind) {
      case "read":
        return expectReply(await call("ECHO", `${id}`), `${id}`);
      case "write":
        return expectReply(await commands.hincrby(LEDGER, `${id}`, 1), 1);
      case "multi":
      case "pipeline": {
        const batch = kind === "multi" ? commands.multi() : commands.pipeline();
        const results = await batch.hincrby(LEDGER, `${id}`, 1).echo(`${id}`).exec();
        for (const [error] of results ?? []) if (error) throw error;
        return expectReply(results, [
          [null, 1],
          [null, `${id}`],
        ]);
      }
      case "lent":
        return expectReply(await use((redis) => redis.hincrby(LEDGER, `${id}`, 1)), 1);
      case "blocking":
        return expectReply(await commands.blpop("nothing", 0.05), null);
    }
  }
}

function expectReply(got: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`wrong reply: ${a} in place of ${b}`);
}
