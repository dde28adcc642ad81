import { expect, test } from "vitest";
import { type SqliteClient } from "../src/index.js";
import { failureOf, openDatabase, withProducts } from "./support.js";

/** What the writer has for a PRAGMA. */
async function onWriter(client: SqliteClient, name: string): Promise<unknown> {
  const { rows } = await client.session((session) => session.query(`pragma ${name}`));
  return Object.values(rows[0] ?? {})[0];
}

test("takes back a PRAGMA whose name is in quotes, and takes none outside a session", async () => {
  const { client } = await openDatabase({ readers: 1 });
  for (const text of ["pragma 'foreign_keys' = off", "pragma 'main'.foreign_keys = off"]) {
    expect(await failureOf(client.query(text))).toMatchObject({ code: "INVALID_ARGUMENT" });
    await client.session((session) => session.query(text));
    expect(await onWriter(client, "foreign_keys")).toBe(1);
  }
});
