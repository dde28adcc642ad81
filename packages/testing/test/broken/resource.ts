import { once } from "node:events";
import type { ResourceFactory } from "@pool/core";
import { Wire } from "../backend/wire.js";
import { driverWith, factoryWith, factoryWithout, type Broken } from "./broken.js";

const never = (): Promise<never> => new Promise(() => undefined);

/** Adapters whose ResourceFactory is wrong, or how the driver treats one resource. */
export const brokenResources: readonly Broken[] = [
  {
    fault: "has no validate",
    ...factoryWithout("validate"),
    breaks: [
      "create resolves with a resource that is fit for its first borrower",
      "create gives each call a resource of its own",
      "validate accepts a good resource, as often as it is asked",
      "reset leaves a clean resource as good as it was",
      "a pool lends no resource that broke while idle",
      "a pool lends no resource that broke while lent",
    ],
  },
  {
    fault: "validate wears the resource out",
    ...factoryWith((good) => {
      const asked = new WeakSet<Wire>();
      return {
        validate(wire, signal, about) {
          if (asked.has(wire)) throw new Error("asked already");
          asked.add(wire);
          return good.validate?.(wire, signal, about);
        },
      };
    }),
    breaks: ["validate accepts a good resource, as often as it is asked"],
  },
  {
    fault: "validate believes whatever it is handed",
    ...factoryWith(() => ({ validate: () => undefined })),
    breaks: [
      "validate rejects a broken resource in time",
      "close lets go of the resource",
      "a pool lends no resource that broke while idle",
      "a pool lends no resource that broke while lent",
    ],
  },
  {
    fault: "validate waits for a broken resource to come back",
    ...factoryWith((good) => ({
      validate: (wire, signal, about) => Promise.resolve(good.validate?.(wire, signal, about)).catch(never),
    })),
    breaks: ["validate rejects a broken resource in time", "close lets go of the resource"],
  },
  {
    fault: "create gives out one connection to all",
    ...sharedWire(),
    breaks: [
      "create gives each call a resource of its own",
      "healthCheck finds out when the backend is away, and when it is back",
      "a transaction commits when its work resolves",
      "transactions that collide lose no update when they are retried",
    ],
  },
  {
    fault: "create does not look at its signal",
    ...factoryWith((good) => ({ create: ({ lost }) => good.create({ signal: new AbortController().signal, lost }) })),
    breaks: ["create rejects when its signal is aborted already"],
  },
  {
    fault: "create rejects at an abort, and forgets the connection that it was opening",
    ...factoryWith((_good, { options }) => ({
      async create({ signal, lost }) {
        signal.throwIfAborted();
        const wire = new Wire(options.port, lost);
        await once(wire.socket, "connect", { signal });
        await wire.ask({ op: "hello", password: options.password }, signal);
        return wire;
      },
    })),
    breaks: [
      "create that is aborted on its way settles and leaves nothing open",
      "an aborted acquire leaves nothing lent, and nothing open when the pool closes",
    ],
  },
  {
    fault: "create opens a second connection for later, and never uses it",
    ...secondWire(),
    breaks: ["a pool never has more open than its maxSize"],
    mayBreak: ["create that is aborted on its way settles and leaves nothing open"], // if the abort comes between the two
  },
  {
    fault: "status asks the server",
    ...factoryWith((good) => ({
      // What a contributor without types may write.
      status: ((wire: Wire) => Promise.resolve(good.status?.(wire))) as unknown as NonNullable<
        ResourceFactory<Wire>["status"]
      >,
    })),
    breaks: [
      "status is told at once, without a round trip",
      "status tells an open transaction, until reset has undone it",
      "status tells a running statement as busy",
    ],
  },
  {
    fault: "status always says busy",
    ...factoryWith(() => ({ status: ({ inTransaction }) => ({ inTransaction, busy: true, clean: false }) })),
    breaks: [
      "create resolves with a resource that is fit for its first borrower",
      "status tells a running statement as busy",
      "a cancelled statement settles, and its resource is free or lost",
      "a pool lends a resource, takes it back and lends it again",
    ],
  },
  {
    fault: "status never says busy",
    ...factoryWith(() => ({
      status: ({ inTransaction, touched }) => ({ inTransaction, clean: !inTransaction && !touched }),
    })),
    breaks: ["status tells a running statement as busy"],
  },
  {
    fault: "status hides an open transaction, and calls everything clean",
    ...factoryWith(() => ({ status: ({ busy }) => ({ busy, inTransaction: false, clean: true }) })),
    breaks: [
      "status tells an open transaction, until reset has undone it",
      "reset undoes the session state that borrowers leave behind",
      "a borrower finds nothing that the one before has left behind",
    ],
  },
  {
    fault: "reset does nothing",
    ...factoryWith(() => ({ reset: () => undefined })),
    breaks: [
      "status tells an open transaction, until reset has undone it",
      "reset undoes an open transaction on the backend",
      "reset undoes the session state that borrowers leave behind",
      "a borrower finds nothing that the one before has left behind",
    ],
  },
  {
    fault: "reset rolls back, and leaves temporary tables behind",
    ...factoryWith(() => ({
      reset: async (wire) => (wire.inTransaction ? wire.ask({ op: "query", text: "rollback", values: [] }) : undefined),
    })),
    breaks: [
      "reset undoes the session state that borrowers leave behind",
      "a borrower finds nothing that the one before has left behind",
    ],
  },
  {
    fault: "reset closes the resource behind the pool's back",
    ...factoryWith((good) => ({
      async reset(wire, signal) {
        await good.reset?.(wire, signal);
        await wire.close();
      },
    })),
    breaks: [
      "reset undoes an open transaction on the backend",
      "reset undoes the session state that borrowers leave behind",
      "reset leaves a clean resource as good as it was",
    ],
  },
  {
    fault: "close marks the resource as closed, and lets go of nothing",
    ...factoryWith(() => ({ close: () => undefined })),
    breaks: [
      "close lets go of the resource",
      "close of a busy resource settles in time, and so does its statement",
      "a pool never has more open than its maxSize",
      "an aborted acquire leaves nothing lent, and nothing open when the pool closes",
      "closing a pool leaves nothing open",
      "connect is idempotent, and concurrent calls share one attempt",
      "disconnect lets go of everything, as often as it is called",
      "a connector can connect again after disconnect, and ends with its block",
      "restart gives a fresh client behind the same connector",
    ],
  },
  {
    fault: "close says goodbye and waits for a reply",
    ...factoryWith((good) => ({
      async close(wire, how) {
        await wire.ask({ op: "reset" }).catch(never);
        await good.close(wire, how);
      },
    })),
    breaks: [
      "close of a broken resource settles in time",
      "close of a busy resource settles in time, and so does its statement",
    ],
  },
  {
    fault: "never calls lost",
    ...factoryWith((good) => ({ create: ({ signal }) => good.create({ signal, lost: () => undefined }) })),
    breaks: [
      "a resource that dies while idle is told to the pool by lost",
      "the loss of the backend is told without a check",
    ],
  },
  {
    fault: "never calls lost, and validate believes whatever it is handed",
    ...factoryWith((good) => ({
      create: ({ signal }) => good.create({ signal, lost: () => undefined }),
      validate: () => undefined,
    })),
    breaks: [
      "validate rejects a broken resource in time",
      "close lets go of the resource",
      "a resource that dies while idle is told to the pool by lost",
      "a pool lends no resource that broke while idle",
      "a pool lends no resource that broke while lent",
      "the loss of the backend is told without a check",
    ],
  },
  {
    fault: "leaves a rejected promise behind in create",
    ...factoryWith((good) => ({
      create(context) {
        void Promise.reject(new Error("nobody looks at me"));
        return good.create(context);
      },
    })),
    breaks: ["no error goes past its caller: no unhandled rejection, no uncaught exception"],
  },
  {
    fault: "takes the error of a lost connection for one of the statement",
    ...driverWith(() => ({ isConnectionLost: () => false })),
    breaks: ["a statement on a broken resource fails as a lost connection"],
  },
];

function sharedWire() {
  let shared: Promise<Wire> | undefined;
  return factoryWith((good) => ({
    async create(context) {
      if ((await shared)?.socket.destroyed === false) return await shared!;
      shared = Promise.resolve(good.create(context));
      shared.catch(() => (shared = undefined));
      return await shared;
    },
  }));
}

function secondWire() {
  const seconds = new WeakMap<Wire, Wire>();
  return factoryWith((good) => ({
    async create(context) {
      const second = await good.create({ ...context, lost: () => undefined });
      try {
        const wire = await good.create(context);
        seconds.set(wire, second);
        return wire;
      } catch (error) {
        await second.close();
        throw error;
      }
    },
    async close(wire) {
      await Promise.all([wire.close(), seconds.get(wire)?.close()]);
    },
  }));
}
