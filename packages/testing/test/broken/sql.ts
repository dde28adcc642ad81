import { PoolError, type QueryOptions, type Session, type SqlClient } from "@pool/core";
import { driverWith, clientWith, type Broken } from "./broken.js";
import { ServerError, WireError } from "../backend/wire.js";

/** Adapters whose SQL is wrong. */
export const brokenSql: readonly Broken[] = [
  {
    fault: "writes values into the statement",
    ...driverWith((good) => ({
      query: (wire, text, values, options) => {
        let next = 0;
        const filled = text.replaceAll("?", () => literal(values[next++]));
        return good.query(wire, filled, [], options);
      },
    })),
    breaks: ["query binds its values, so that no text is ever SQL"],
  },
  {
    fault: "rowCount is always 0",
    ...driverWith((good) => ({
      query: async (...input) => ({ ...(await good.query(...input)), rowCount: 0 }),
    })),
    breaks: [
      "query resolves with the rows read, or with the number of rows changed",
      "a batch runs all of its statements or none",
    ],
  },
  {
    fault: "closes the connection at every error",
    ...driverWith((good) => ({
      async query(wire, ...input) {
        try {
          return await good.query(wire, ...input);
        } catch (error) {
          if (!(error instanceof ServerError)) throw error;
          await wire.close();
          throw new WireError(error.message, { cause: error });
        }
      },
    })),
    breaks: ["a refused statement rejects, and its connection goes on"],
  },
  {
    fault: "errors name the bound values",
    ...driverWith((good) => ({
      async query(wire, text, values, options) {
        try {
          return await good.query(wire, text, values, options);
        } catch (error) {
          if (!(error instanceof ServerError)) throw error;
          throw new ServerError({ message: `${error.message} (values: ${values.join(", ")})`, code: error.code });
        }
      },
    })),
    breaks: [
      "a duplicate key rejects without the bound values in its error",
      "events carry the statement and its label, and never a bound value",
    ],
  },
  {
    fault: "sends whatever it is given",
    ...clientWith((good, { driver }) => ({
      query: async (text, values = [], options = {}) =>
        (await good.pool.use((wire) => driver.query(wire, text as string, values, options))) as Awaited<
          ReturnType<typeof good.query<never>>
        >,
    })),
    breaks: [
      "ambiguous input is refused with INVALID_ARGUMENT before anything is sent",
      "events carry the statement and its label, and never a bound value",
      "a statement whose signal is aborted rejects with its reason in time",
      "a statement that takes longer than its timeout rejects with QUERY_TIMEOUT",
    ],
  },
  {
    fault: "COMMIT rolls back",
    ...driverWith((good) => ({
      query: (wire, text, ...input) => good.query(wire, /^commit/i.test(text) ? "rollback" : text, ...input),
    })),
    breaks: [
      "a transaction commits when its work resolves",
      "a nested failure undoes the savepoint and nothing else",
      "every isolation level either holds or is refused with INVALID_ARGUMENT",
      "transactions that collide lose no update when they are retried",
      "a batch runs all of its statements or none",
      "an opened session commits and rolls back by hand, and rolls back what is left open",
    ],
  },
  {
    fault: "ROLLBACK commits",
    ...driverWith((good) => ({
      query: (wire, text, ...input) => good.query(wire, /^rollback$/i.test(text) ? "commit" : text, ...input),
    })),
    breaks: [
      "a transaction rolls back when its work rejects, and rejects with the same error",
      "a transaction whose statement is refused rolls back whole",
      "a batch runs all of its statements or none",
      "a sandbox resolves with its result and leaves nothing behind",
      "an opened session commits and rolls back by hand, and rolls back what is left open",
      "a transaction whose signal is aborted rolls back and rejects with its reason",
    ],
  },
  {
    fault: "knows no savepoints, and says nothing",
    ...driverWith((good) => ({
      query: (wire, text, ...input) => good.query(wire, /savepoint/i.test(text) ? "select 1" : text, ...input),
    })),
    breaks: ["a nested failure undoes the savepoint and nothing else"],
  },
  {
    fault: "a transaction is each statement on its own",
    ...clientWith((good) => ({
      transaction: async (work) =>
        await work({ query: good.query, use: good.use, depth: 0, transaction: (inner) => good.transaction(inner) }),
    })),
    breaks: [
      "ambiguous input is refused with INVALID_ARGUMENT before anything is sent",
      "a transaction commits when its work resolves",
      "a transaction rolls back when its work rejects, and rejects with the same error",
      "a transaction whose statement is refused rolls back whole",
      "a transaction whose connection is lost rejects, and nothing of it is written",
      "a transaction that has ended takes no statement",
      "a read-only transaction writes nothing",
      "transactions that collide lose no update when they are retried",
      "a transaction whose signal is aborted rolls back and rejects with its reason",
    ],
  },
  {
    fault: "forgets that a transaction was to be read-only",
    ...driverWith((good) => ({ begin: ({ isolation }) => good.begin(isolation === undefined ? {} : { isolation }) })),
    breaks: ["a read-only transaction writes nothing"],
  },
  {
    fault: "an isolation level that it lacks is an error of its own",
    ...driverWith((good) => ({
      begin(options) {
        if (options.isolation === "repeatable read") throw new Error("unsupported");
        return good.begin(options);
      },
    })),
    breaks: ["every isolation level either holds or is refused with INVALID_ARGUMENT"],
  },
  {
    fault: "a collision of transactions is an error like any other",
    ...driverWith(() => ({ isRetryable: () => false })),
    breaks: ["transactions that collide lose no update when they are retried"],
  },
  {
    fault: "a batch is each statement on its own",
    ...clientWith((good) => ({
      batch: async (statements) => {
        const results = [];
        for (const { text, values } of statements) results.push(await good.query(text, values));
        return results;
      },
    })),
    breaks: ["a batch runs all of its statements or none"],
  },
  {
    fault: "a sandbox is a transaction",
    ...clientWith((good) => ({ sandbox: good.transaction })),
    breaks: ["a sandbox resolves with its result and leaves nothing behind"],
  },
  {
    fault: "a session is the client",
    ...clientWith((good) => ({
      session: async (work) => await work(sessionOf(good)),
    })),
    breaks: [
      "a session holds one connection, and gives it back at its end",
      "withoutConnection is refused inside a transaction with TRANSACTION_OPEN",
    ],
  },
  {
    fault: "an opened session keeps its connection",
    ...clientWith((good) => ({
      async openSession(options) {
        const session = await good.openSession(options);
        return sessionWith(session, { [Symbol.asyncDispose]: () => Promise.resolve() });
      },
    })),
    breaks: ["an opened session commits and rolls back by hand, and rolls back what is left open"],
  },
  {
    fault: "withoutConnection keeps the connection",
    ...clientWith((good) => ({
      session: (work, options) =>
        good.session(
          (session) => work(sessionWith(session, { withoutConnection: async (inner) => await inner() })),
          options,
        ),
    })),
    breaks: [
      "withoutConnection holds no connection while its work runs",
      "withoutConnection is refused inside a transaction with TRANSACTION_OPEN",
    ],
  },
  {
    fault: "the driver does not look at its signal",
    ...driverWith((good) => ({ query: (wire, text, values) => good.query(wire, text, values, {}) })),
    breaks: ["a cancelled statement settles, and its resource is free or lost"],
  },
  {
    fault: "the client does not look at its signal",
    ...clientWith((good) => ({
      query: (text, values, { signal: _, ...options } = {}) => good.query(text, values, options),
    })),
    breaks: [
      "a statement whose signal is aborted rejects with its reason in time",
      "a statement whose signal is aborted already is never sent",
    ],
  },
  {
    fault: "a cancelled statement rejects with the server's error",
    ...clientWith((good) => ({
      query: (text, values, options) =>
        good.query<never>(text, values, options).catch((error: unknown) => Promise.reject(plain(error, options))),
    })),
    breaks: [
      "ambiguous input is refused with INVALID_ARGUMENT before anything is sent",
      "a statement whose signal is aborted rejects with its reason in time",
      "a statement whose signal is aborted already is never sent",
      "a statement that takes longer than its timeout rejects with QUERY_TIMEOUT",
    ],
  },
  {
    fault: "a cancel hits whatever runs when it arrives",
    ...driverWith((good) => ({
      async query(wire, text, values, { signal }) {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", () => void setTimeout(() => wire.cancel(), 3), { once: true });
        return await good.query(wire, text, values, {});
      },
    })),
    breaks: ["a cancelled statement leaves no connection lent and cancels no other one"],
  },
  {
    fault: "a transaction does not look at its signal",
    ...clientWith((good) => ({
      transaction: (work, { signal: _, ...options } = {}) => good.transaction(work, options),
    })),
    breaks: ["a transaction whose signal is aborted rolls back and rejects with its reason"],
  },
];

/** One that borrows for each statement. */
function sessionOf<R>(client: SqlClient<R>): Session<R> {
  const withoutConnection: Session["withoutConnection"] = async (work) => await work();
  return { ...client, inTransaction: false, withoutConnection } as unknown as Session<R>;
}

function literal(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : JSON.stringify(value);
}

function sessionWith<S extends Session>(session: S, change: Partial<S>): S {
  return new Proxy(session, {
    get(_target, name) {
      const value: unknown = Reflect.get(name in change ? change : session, name);
      return typeof value === "function" ? (value.bind(session) as unknown) : value;
    },
  });
}

function plain(error: unknown, options: QueryOptions | undefined): unknown {
  return options?.signal?.aborted === true || error instanceof PoolError ? new Error("interrupted") : error;
}
