import { type SentinelAddress, SentinelConnector } from "ioredis";
import { type Credentials, type DriverOptions, GuardedRedis } from "../connection/guarded-redis.js";
import { closeConnection } from "../connection/open-connection.js";

/** How ioredis asks sentinels where the master is, with a password of their own that shows neither in options nor in DEBUG output. */
export function sentinelsAs(credentials: Credentials): NonNullable<DriverOptions["Connector"]> {
  return class Sentinels extends SentinelConnector {
    #asking: GuardedRedis | undefined;

    constructor(given: unknown) {
      const options = given as DriverOptions; // ioredis hands its own on
      super(options);
      const ask = (endpoint: Partial<SentinelAddress>, more: DriverOptions): GuardedRedis =>
        (this.#asking = new GuardedRedis({ ...endpoint, ...askingOptions(options), ...more }, credentials));
      // A method of ioredis's, though its types call it private.
      Reflect.set(this, "connectToSentinel", ask);
    }

    /** Ends the question that is under way as well: ioredis would let it wait for its time. */
    override disconnect(): void {
      super.disconnect();
      if (this.#asking !== undefined) void closeConnection(this.#asking);
    }
  };
}

function askingOptions({ sentinelTLS: tls, connectTimeout, sentinelCommandTimeout }: DriverOptions): DriverOptions {
  return {
    retryStrategy: null,
    enableReadyCheck: false,
    ...(tls && { tls }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(sentinelCommandTimeout !== undefined && { commandTimeout: sentinelCommandTimeout }),
  };
}
