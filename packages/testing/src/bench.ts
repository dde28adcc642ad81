import { setTimeout as sleep } from "node:timers/promises";
import {
  createPool,
  type Connector,
  type CreateContext,
  type Pool,
  type PoolOptions,
  type ResourceFactory,
  type SqlClient,
} from "@pool/core";
import type { AdapterUnderTest, FactoryUnderTest, SqlUnderTest } from "./adapter.js";
import { eventually, keep, outcomeOf, works } from "./broken-promise.js";

/** A resource that a check has opened. */
export interface Opened {
  readonly resource: unknown;
  readonly under: FactoryUnderTest<unknown>;
  readonly factory: ResourceFactory<unknown>;
  /** Has the factory called `lost`? */
  readonly isLost: boolean;
  close(how?: { graceful: boolean }): Promise<PromiseSettledResult<unknown>>;
}

// A leak shows only after the backend has accepted what the adapter forgot; this long the count has to stay down.
const QUIET_MS = 40;
const POLL_MS = 10;

/** What one check works on: makes things of the adapter and puts them away when the check is over. */
export class Bench {
  readonly adapter: AdapterUnderTest;
  readonly patience: number;
  readonly #putAways: (() => unknown)[] = [];

  constructor(adapter: AdapterUnderTest) {
    this.adapter = adapter;
    this.patience = adapter.patience ?? 5_000;
  }

  /** Runs `putAway` when the check is over, last in first out. */
  defer(putAway: () => unknown): void {
    this.#putAways.push(putAway);
  }

  /** Bounded, and deaf to failures: whether things close is the matter of checks of its own. */
  async putAway(): Promise<void> {
    for (const putAway of this.#putAways.splice(0).reverse())
      await outcomeOf("putting away", this.patience, putAway).catch(() => undefined);
  }

  async factory(): Promise<FactoryUnderTest<unknown>> {
    const made = await this.adapter.factory();
    if (made.dispose) this.defer(() => made.dispose?.());
    return made;
  }

  /** Opens a resource by `create`, which must not fail. */
  async open(under: FactoryUnderTest<unknown>): Promise<Opened> {
    const { factory } = under;
    let isLost = false;
    let closed: Promise<PromiseSettledResult<unknown>> | undefined;
    const context: CreateContext = { signal: new AbortController().signal, lost: () => void (isLost = true) };
    const resource: unknown = await works("create", this.patience, () => factory.create(context));
    const opened: Opened = {
      resource,
      under,
      factory,
      get isLost() {
        return isLost;
      },
      close: (how = { graceful: true }) =>
        (closed ??= outcomeOf("close", this.patience, () => factory.close(resource, how))),
    };
    this.defer(() => opened.close({ graceful: false }));
    return opened;
  }

  async openFresh(): Promise<Opened> {
    return await this.open(await this.factory());
  }

  /** Validates as a pool does before it lends. Fails when the factory has no validate: then nobody can tell what is fit. */
  async validate({ factory, resource }: Pick<Opened, "factory" | "resource">): Promise<void> {
    keep(factory.validate !== undefined, "the factory has no validate, so nobody can tell whether a resource is fit");
    await factory.validate(resource, AbortSignal.timeout(this.patience), { stale: true });
  }

  pool(factory: ResourceFactory<unknown>, options: PoolOptions): Pool<unknown> {
    const bounds = {
      acquireTimeout: this.patience,
      closeTimeout: Math.max(1, this.patience / 4),
      validateIfIdleFor: 0,
    };
    const pool = createPool(factory, { name: "contract", ...bounds, ...options });
    this.defer(() => pool.close({ timeout: 0 }));
    return pool;
  }

  connector(make: () => Connector = () => this.adapter.connector()): Connector {
    const connector = make();
    this.defer(() => connector.disconnect({ timeout: 0 }));
    return connector;
  }

  async connected(): Promise<Connector> {
    const connector = this.connector();
    await works("connect", this.patience, () => connector.connect());
    return connector;
  }

  async sqlClient(): Promise<SqlClient> {
    const connector = await this.connected();
    // The adapter says by `sql` that its client is one.
    return connector.client as SqlClient;
  }

  get sql(): Required<SqlUnderTest> {
    const { sql } = this.adapter;
    keep(sql !== undefined, "the adapter under test says nothing of its SQL");
    return { placeholder: () => "?", integer: "integer", text: "text", ...sql };
  }

  /** How many resources are open on the backend, or 0 where nobody counts. */
  async openCount(): Promise<number> {
    return (await this.adapter.openCount?.()) ?? 0;
  }

  /** Fails unless the number of open resources falls to `count` and stays there. */
  async fallsTo(count: number, what: string): Promise<void> {
    let seen = await this.openCount();
    const isQuiet = async (): Promise<boolean> => {
      for (let spent = 0; spent <= QUIET_MS; spent += POLL_MS) {
        seen = await this.openCount();
        if (seen > count) return false;
        await sleep(POLL_MS);
      }
      return true;
    };
    await eventually(this.patience, isQuiet, () => `${what}: ${seen} open on the backend where ${count} may be`);
  }

  /** Takes the backend away. It is brought back once: by the function returned, or when the check is over. */
  async outage(): Promise<() => Promise<void>> {
    const end = await this.adapter.outage?.();
    let ended: Promise<void> | undefined;
    const endOnce = (): Promise<void> => (ended ??= Promise.resolve(end?.()).then(() => undefined));
    this.defer(endOnce);
    return endOnce;
  }
}
