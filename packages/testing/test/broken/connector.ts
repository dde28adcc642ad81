import { once } from "node:events";
import { PoolError, type Connector, type SqlClient } from "@pool/core";
import { Wire } from "../backend/wire.js";
import { connectorWith, specWith, type Broken } from "./broken.js";

/** Adapters whose connector is wrong. */
export const brokenConnectors: readonly Broken[] = [
  {
    fault: "connects while it is made",
    ...connectorWith((good, { options }) => {
      const wire = new Wire(options.port, () => undefined);
      const disconnect: typeof good.disconnect = async (asked) => {
        await wire.close();
        await good.disconnect(asked);
      };
      return { disconnect, [Symbol.asyncDispose]: () => disconnect() };
    }),
    breaks: [
      "making a connector does no I/O",
      "a connect whose caller has gone leaves nothing open and can be tried again",
    ],
  },
  {
    fault: "client is there before connect and after disconnect",
    ...connectorWith((good) => {
      let last = {} as SqlClient<Wire>;
      return {
        get client() {
          return (last = good.isConnected ? good.client : last);
        },
      };
    }),
    breaks: [
      "client throws NOT_CONNECTED before connect and after disconnect",
      "a failed connect rejects with a PoolError that says why, and leaves nothing open",
    ],
  },
  {
    fault: "connect resolves with the client",
    ...connectorWith((good) => ({
      connect: (async (...input: Parameters<Connector["connect"]>) =>
        (await good.connect(...input)).client) as unknown as Connector<SqlClient<Wire>>["connect"],
    })),
    breaks: ["connect makes the connector ready and resolves with it"],
  },
  {
    fault: "is never ready",
    ...connectorWith((good) => ({
      get state() {
        return good.state === "ready" ? "connecting" : good.state;
      },
    })),
    breaks: ["connect makes the connector ready and resolves with it"],
  },
  {
    fault: "opens a connection at each call of connect",
    ...eagerConnect(),
    breaks: ["connect is idempotent, and concurrent calls share one attempt"],
  },
  {
    fault: "connect does not look at its signal",
    ...connectorWith((good) => ({
      async connect() {
        await good.connect();
        return this as typeof good;
      },
    })),
    breaks: ["a connect whose caller has gone leaves nothing open and can be tried again"],
  },
  {
    fault: "disconnect forgets the pool",
    ...specWith(() => ({ close: () => Promise.resolve() })),
    breaks: [
      "connect is idempotent, and concurrent calls share one attempt",
      "disconnect lets go of everything, as often as it is called",
      "a connector can connect again after disconnect, and ends with its block",
      "restart gives a fresh client behind the same connector",
    ],
  },
  {
    fault: "the second disconnect rejects",
    ...connectorWith((good) => {
      let isOver = false;
      return {
        async disconnect(options) {
          if (isOver) throw new Error("disconnected already");
          isOver = good.isConnected;
          await good.disconnect(options);
        },
      };
    }),
    breaks: ["disconnect lets go of everything, as often as it is called"],
  },
  {
    fault: "is spent after disconnect",
    ...connectorWith((good) => {
      let isSpent = false;
      return {
        async connect(options) {
          if (isSpent) throw new PoolError("NOT_CONNECTED", "this connector has been disconnected");
          await good.connect(options);
          return this as typeof good;
        },
        async disconnect(options) {
          isSpent ||= good.isConnected;
          await good.disconnect(options);
        },
      };
    }),
    breaks: ["a connector can connect again after disconnect, and ends with its block"],
  },
  {
    fault: "a failed connect rejects with the driver's error",
    ...connectorWith((good) => ({
      async connect(options) {
        try {
          await good.connect(options);
          return this as typeof good;
        } catch (error) {
          throw error instanceof PoolError ? error.cause : error;
        }
      },
    })),
    breaks: ["a failed connect rejects with a PoolError that says why, and leaves nothing open"],
  },
  {
    fault: "remembers a failed connect",
    ...connectorWith((good) => {
      let failure: { error: unknown } | undefined;
      return {
        async connect(options) {
          if (failure) throw failure.error;
          try {
            await good.connect(options);
            return this as typeof good;
          } catch (error) {
            failure = { error };
            throw error;
          }
        },
      };
    }),
    breaks: [
      "a connect whose caller has gone leaves nothing open and can be tried again",
      "a failed connect can be tried again",
    ],
  },
  {
    fault: "restart keeps the old client",
    ...connectorWith((good) => ({
      async restart() {
        await good.connect();
        return this as typeof good;
      },
    })),
    breaks: ["restart gives a fresh client behind the same connector"],
  },
  {
    fault: "all connectors share one client",
    ...sharedClient(),
    breaks: ["connectors are independent of one another"],
  },
  {
    fault: "healthCheck asks nobody",
    ...connectorWith(() => ({
      healthCheck: () => Promise.resolve({ healthy: true, latencyMs: 0, checkedAt: Date.now() }),
    })),
    breaks: [
      "healthCheck resolves with unhealthy before connect",
      "healthCheck finds out when the backend is away, and when it is back",
      "healthCheck rejects with its signal's reason, and with nothing else",
    ],
  },
  {
    fault: "healthCheck asks nobody once it is connected",
    ...specWith(() => ({ check: () => Promise.resolve(undefined) })),
    breaks: ["healthCheck finds out when the backend is away, and when it is back"],
    // It is told of the loss, and believes the next check.
    mayBreak: [
      "after an outage the connector is ready again by itself, with the same client",
      "a connector that is disconnected in an outage stays closed, and leaves nothing open when the backend is back",
    ],
  },
  {
    fault: "healthCheck tells seconds for milliseconds, and not when",
    ...connectorWith((good) => ({
      async healthCheck(options) {
        return { ...(await good.healthCheck(options)), latencyMs: NaN, checkedAt: 0 };
      },
    })),
    breaks: ["healthCheck finds a good backend healthy, and says when and how fast"],
  },
  {
    fault: "healthCheck rejects with an error of its own",
    ...connectorWith((good) => ({
      async healthCheck(options) {
        try {
          return await good.healthCheck(options);
        } catch {
          throw new Error("the health check was called off");
        }
      },
    })),
    breaks: ["healthCheck rejects with its signal's reason, and with nothing else"],
  },
  {
    fault: "healthCheck waits for a connection of the pool",
    ...specWith(() => ({
      async check(client, signal) {
        await client.pool.use(() => undefined, { signal });
        return undefined;
      },
    })),
    breaks: ["healthCheck does not wait behind borrowers"],
  },
  {
    fault: "never finds its way back",
    ...specWith(() => ({ reconnect: () => Promise.reject(new Error("no way back")) })),
    breaks: ["after an outage the connector is ready again by itself, with the same client"],
  },
  {
    fault: "has another client after an outage",
    ...connectorWith((good) => {
      let wasAway = false;
      return {
        get client() {
          wasAway ||= good.state !== "ready" && good.state !== "idle" && good.state !== "closed";
          return wasAway ? { ...good.client } : good.client;
        },
      };
    }),
    breaks: ["after an outage the connector is ready again by itself, with the same client"],
  },
  {
    fault: "does not tell of the loss of its backend",
    ...specWith((good) => ({ open: (context) => good.open({ ...context, lost: () => undefined }) })),
    breaks: ["the loss of the backend is told without a check"],
  },
  {
    fault: "goes on reconnecting after disconnect",
    ...specWith((_good, { factory }) => ({
      async reconnect() {
        for (;;) {
          try {
            await factory.create({ signal: new AbortController().signal, lost: () => undefined });
            return;
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      },
    })),
    breaks: [
      "a connector that is disconnected in an outage stays closed, and leaves nothing open when the backend is back",
    ],
    mayBreak: ["after an outage the connector is ready again by itself, with the same client"],
  },
  {
    fault: "takes whatever goes wrong for bad data",
    ...specWith(() => ({ classify: () => "constraint" })),
    breaks: ["a connect to where nobody is has the class connection"],
  },
  {
    fault: "classify throws at what it does not know",
    ...connectorWith((good) => ({
      classify(error) {
        if (!(error instanceof Error)) throw new TypeError("not an error");
        return good.classify?.(error) ?? "unknown";
      },
    })),
    breaks: ["classify knows a class for whatever is thrown"],
  },
  {
    fault: "every connector has a key of its own",
    ...specWith(() => ({ key: `loopback#${String(count++)}` })),
    breaks: ["key is equal for equal options"],
  },
  {
    fault: "key knows only where it connects, not as whom",
    ...specWith((_good, { options }) => ({ key: `loopback://127.0.0.1:${String(options.port)}` })),
    breaks: ["key differs for other credentials"],
  },
  {
    fault: "key holds the password",
    ...specWith((_good, { options }) => ({
      key: `loopback://:${encodeURIComponent(options.password)}@127.0.0.1:${String(options.port)}`,
    })),
    breaks: ["config, key and dump of a connector hold no secret"],
  },
  {
    fault: "config is the options as they were given",
    ...connectorWith((_good, { options }) => ({ config: { ...options } })),
    breaks: [
      "config shows the options in force and cannot be changed",
      "config, key and dump of a connector hold no secret",
    ],
  },
  {
    fault: "errors of a connect name the password",
    ...connectorWith((good, { options }) => ({
      async connect(asked) {
        try {
          await good.connect(asked);
          return this as typeof good;
        } catch (cause) {
          throw cause instanceof PoolError
            ? new PoolError("CONNECT_FAILED", `no server takes ${options.password}`, { cause })
            : cause;
        }
      },
    })),
    breaks: ["errors hold no secret"],
  },
  {
    fault: "names its pool after its URL",
    ...specWith((good, { options }) => ({
      open: (context) => good.open({ ...context, name: `loopback://:${options.password}@127.0.0.1` }),
    })),
    breaks: ["events hold no secret"],
  },
];

let count = 0;

function eagerConnect() {
  return connectorWith((good, { options }) => {
    const extras: Wire[] = [];
    return {
      async connect(asked) {
        await good.connect(asked);
        const extra = new Wire(options.port, () => undefined);
        extras.push(extra);
        await once(extra.socket, "connect");
        return this as typeof good;
      },
      async disconnect(asked) {
        await Promise.all(extras.splice(0).map((extra) => extra.close()));
        await good.disconnect(asked);
      },
      [Symbol.asyncDispose]() {
        return this.disconnect?.() ?? Promise.resolve();
      },
    };
  });
}

function sharedClient() {
  let shared: Promise<SqlClient<Wire>> | undefined;
  return specWith((good) => ({
    open(context) {
      shared ??= good.open(context);
      shared.catch(() => (shared = undefined));
      return shared;
    },
    async close(client, options) {
      shared = undefined;
      await good.close(client, options);
    },
  }));
}
