import type * as poolSqlite from "@pool/sqlite";
import { INSERT, ITEMS, POINT, READ, SLOW, type Item } from "./statements.ts";
import { idAt } from "../lib/ids.ts";
import type { SqliteEngine } from "./subject.ts";

/** `@pool/sqlite`, wherever it was loaded from. */
export type SqlitePackage = Pick<typeof poolSqlite, "sqlite">;

/** With the defaults, through the client that everybody uses; it finds out by itself what runs where. */
export function ours({ sqlite }: SqlitePackage): SqliteEngine {
  return {
    name: "ours",
    async open(file) {
      const connector = await sqlite({ file }).connect();
      const { client } = connector;
      const first = async (text: string, value: number): Promise<Item | undefined> =>
        (await client.query<Item>(text, [value])).rows[0];
      return {
        async points(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += (await client.query<Item>(POINT, [idAt(i, ITEMS)])).rows[0]?.id ?? 0;
          return sum;
        },
        point: (id) => first(POINT, id),
        read: (id) => first(READ, id),
        slow: async (count) => (await client.query<{ count: number }>(SLOW, [count])).rows[0]?.count ?? 0,
        insert: (item, note) => client.query(INSERT, [item, note]),
        batch: (rows) => client.batch(rows.map((values) => ({ text: INSERT, values }))),
        close: () => connector.disconnect(),
      };
    },
  };
}
