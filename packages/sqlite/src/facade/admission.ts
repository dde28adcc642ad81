import type { Database, Statement } from "better-sqlite3";

type Method = (...given: unknown[]) => unknown;

/**
 * Asks `admit`, which throws when it must not be, before whatever begins on a database, statements prepared earlier among it; and before a
 * transaction of the driver's own ends, whose COMMIT nobody sees. As own properties, so that the objects stay what the query builders look
 * for: instances of the driver's classes.
 */
export function admitFirst(database: Database, admit: () => unknown): void {
  for (const name of ["exec", "pragma"] as const) define(database, name, admitted(database, name, admit));
  const prepare = database.prepare.bind(database) as (text: string) => Statement;
  define(database, "prepare", (text: string) => {
    admit();
    const statement = prepare(text);
    for (const name of ["run", "get", "all", "iterate"] as const)
      define(statement, name, admitted(statement, name, admit));
    return statement;
  });
  const transaction = database.transaction.bind(database) as (work: unknown) => unknown;
  define(database, "transaction", (work: unknown) =>
    transaction(typeof work === "function" ? between(admit, work as Method) : work),
  );
}

export function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, value });
}

function admitted<Name extends string>(target: Record<Name, unknown>, name: Name, admit: () => unknown): Method {
  const method = (target[name] as Method).bind(target);
  return (...given) => {
    admit();
    return method(...given);
  };
}

function between(admit: () => unknown, work: Method): Method {
  return function (this: unknown, ...given) {
    admit();
    const result = work.apply(this, given);
    admit();
    return result;
  };
}
