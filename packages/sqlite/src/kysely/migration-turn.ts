/** By file, or by client where there is none: who came last. */
const last = new Map<unknown, Promise<undefined>>();

/** Those who migrate one database do so one after the other. Resolves when it is the caller's turn, with what ends it. */
export async function migrationTurn(database: unknown): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const before = last.get(database);
  last.set(database, promise);
  await before;
  return () => {
    if (last.get(database) === promise) last.delete(database);
    resolve(undefined);
  };
}
