import { startPostgres } from "@pool/testing";
import { expect, it } from "vitest";
import { Pool } from "../../src/pg/index.js";

// Nothing but the refusal shall show it.
const HOW = { max: 3, targetSessionAttrs: "read-write", validateIfIdleFor: 600_000, acquireTimeout: 2_000 } as const;

it("after a write was refused because the server takes none any more, all connections of the facade's pool go", async () => {
  await using server = await startPostgres({ own: true });
  await server.sql("create table note (id int)");
  await using pool = new Pool({ connectionString: server.url, ...HOW });
  await Promise.all([1, 2, 3].map(() => pool.query("select pg_sleep(0.1)")));
  expect(pool.totalCount).toBe(3);
  await server.sql("alter system set default_transaction_read_only = on");
  await server.sql("select pg_reload_conf()");
  await expect
    .poll(() => pool.query("insert into note values (1)").catch((error: unknown) => error), { timeout: 10_000 })
    .toMatchObject({ code: "25006" });
  await expect.poll(() => pool.totalCount, { timeout: 10_000 }).toBe(0);
});
