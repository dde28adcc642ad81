import { classifyError, openConnectors, type Connector, type ErrorClass } from "@pool/core";

/** Classes of errors by the pool that they happened in: a pool's connector knows its driver's errors. */
export class Classifier {
  #connectors: ReadonlyMap<string, Connector> | undefined;

  /** A second is over: connectors may have come and gone. */
  turn(): void {
    this.#connectors = undefined;
  }

  classify(pool: string, error: unknown): ErrorClass {
    this.#connectors ??= new Map(openConnectors().map((connector) => [connector.name, connector]));
    // A connector with several pools names them after itself: `main`, `main:writer`.
    const connector =
      this.#connectors.get(pool) ?? this.#connectors.get(pool.slice(0, Math.max(0, pool.lastIndexOf(":"))));
    return connector?.classify?.(error) ?? classifyError(error);
  }
}
