import {
  createPool,
  defineConnector,
  fingerprint,
  secretNames,
  type Connector,
  type Pool,
  type ResourceFactory,
} from "@pool/core";
import type { SampleConnection } from "./connection.js";
import { sampleFactory } from "./factory.js";
import { readSampleOptions, addressOptions, type SampleOptions } from "./options.js";

/** What a connected {@link sample} gives. Each call borrows a connection for one command. */
export interface SampleClient {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  readonly pool: Pool<SampleConnection>;
}

/** A connector to Sample. Does no I/O. @throws PoolError `INVALID_OPTIONS` */
export function sample(options: SampleOptions = {}): Connector<SampleClient> {
  const { given, address, pool: poolOptions } = readSampleOptions(options);
  const factory = sampleFactory(address);
  return defineConnector({
    kind: "sample",
    name: given.name,
    options: given,
    secretNames: secretNames(addressOptions),
    key: `sample://${address.host}:${address.port}?as=${fingerprint(address.password)}`,
    async open({ name, signal }) {
      const pool = createPool(factory, { ...poolOptions, name });
      try {
        await pool.warm(undefined, { signal });
        return clientOf(pool);
      } catch (error) {
        await pool.close({ timeout: 0 });
        throw error;
      }
    },
    close: ({ pool }, { timeout }) => pool.close({ timeout }),
    check: ({ pool }, signal) => check(pool, factory, signal),
    connections: ({ pool }) => pool.stats.size,
  });
}

function clientOf(pool: Pool<SampleConnection>): SampleClient {
  // Tracked, so that holders, slow-command reports and leaks name the command; never its values.
  const run = (command: "GET" | "SET", ...values: string[]): Promise<string> =>
    pool.use((connection, lease) => lease.track(command, () => connection.ask(command, ...values)));
  return {
    pool,
    async get(key) {
      const [found, value = ""] = (await run("GET", key)).split(" ");
      return found === "VALUE" ? decodeURIComponent(value) : undefined;
    },
    async set(key, value) {
      await run("SET", key, value);
    },
  };
}

/** Asks over an idle connection, or over one of its own where all are lent: a busy pool is not dead. */
async function check(
  pool: Pool<SampleConnection>,
  factory: ResourceFactory<SampleConnection>,
  signal: AbortSignal,
): Promise<undefined> {
  using lease = pool.tryAcquire({ label: "health" });
  if (lease) {
    await lease.resource.ask("PING");
    return;
  }
  const own = await factory.create({ signal, lost: () => undefined });
  await factory.close(own, { graceful: true });
}
