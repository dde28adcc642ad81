import { type OpenContext, type PoolError } from "@pool/core";

/** What can be wrong: the file is gone, or there is no writer to be had. */
export type OutageKind = "file" | "writer";

/** What keeps a database from serving, told to its connector at once: when the first thing goes wrong, and when nothing is wrong any more. */
export class Outage {
  readonly #causes = new Map<OutageKind, PoolError>();
  readonly #connector: Pick<OpenContext, "lost" | "recovered">;

  constructor(connector: Pick<OpenContext, "lost" | "recovered">) {
    this.#connector = connector;
  }

  began(kind: OutageKind, cause: PoolError): void {
    const isFirst = this.#causes.size === 0;
    this.#causes.set(kind, cause);
    if (isFirst) this.#connector.lost(cause);
  }

  ended(kind: OutageKind): void {
    if (this.#causes.delete(kind) && this.#causes.size === 0) this.#connector.recovered();
  }

  /** What is wrong in this way, while it is. */
  cause(kind: OutageKind): PoolError | undefined {
    return this.#causes.get(kind);
  }

  /** @throws what began first of all that has not ended */
  assertOver(): void {
    for (const cause of this.#causes.values()) throw cause;
  }
}
