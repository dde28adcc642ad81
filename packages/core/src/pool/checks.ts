import { PoolError, reasonOf } from "../errors.js";
import { trace, traced } from "../events.js";
import { withTimeout } from "../time.js";
import type { Entry } from "./entry.js";
import type { ResourceFactory, ResourceStatus } from "./factory.js";
import type { ResolvedPoolOptions } from "./options.js";

const validations = traced("pool:validate");
const resets = traced("pool:reset");

/** The factory's validate, reset and status, bounded in time and with errors that say whose they are. */
export class Checks<R> {
  readonly #factory: ResourceFactory<R>;
  readonly #options: ResolvedPoolOptions;

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions) {
    this.#factory = factory;
    this.#options = options;
  }

  /** Rejects when the resource is unfit. */
  validate(entry: Entry<R>, about: { readonly keepAlive: boolean; readonly stale: boolean }): Promise<unknown> {
    const run = (): Promise<unknown> =>
      this.#bounded("validating", (signal) =>
        this.#factory.validate?.(entry.resource as R, signal, { stale: about.stale }),
      ); // validated only once open
    if (!validations.hasSubscribers) return run();
    return trace(
      validations,
      {
        pool: this.#options.name,
        resourceId: entry.id,
        keepAlive: about.keepAlive,
      },
      run,
    );
  }

  /** Rejects when the resource cannot be made clean. */
  reset(entry: Entry<R>, inTransaction: boolean): Promise<unknown> {
    const run = (): Promise<unknown> =>
      this.#bounded("resetting", (signal) => this.#factory.reset?.(entry.resource as R, signal));
    if (!resets.hasSubscribers) return run();
    return trace(resets, { pool: this.#options.name, resourceId: entry.id, inTransaction }, run);
  }

  /** What the factory can tell for free; undefined when it cannot, `unfit` when it throws. */
  status(entry: Entry<R>): ResourceStatus | "unfit" | undefined {
    try {
      return this.#factory.status?.(entry.resource as R);
    } catch {
      return "unfit";
    }
  }

  /** Does this error of a statement mean that its resource is unfit? */
  isFatal(error: unknown): boolean {
    try {
      return this.#factory.isFatal?.(error) === true;
    } catch {
      return false; // the caller is owed the error of the task, not one about it
    }
  }

  async #bounded(what: string, call: (signal: AbortSignal) => unknown): Promise<unknown> {
    const { clock, validateTimeout, name } = this.#options;
    const where = `pool ${JSON.stringify(name)}: ${what} a ${this.#factory.kind} resource`;
    const late = (): PoolError =>
      new PoolError("VALIDATE_FAILED", `${where} took longer than ${String(validateTimeout)} ms`, {
        details: { validateTimeout },
      });
    try {
      return await withTimeout(clock, validateTimeout, late, async (signal) => call(signal));
    } catch (error) {
      throw error instanceof PoolError
        ? error
        : new PoolError("VALIDATE_FAILED", `${where} failed: ${reasonOf(error)}`, { cause: error });
    }
  }
}
