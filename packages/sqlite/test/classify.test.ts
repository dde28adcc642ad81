import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.js";
import { failureOf, openDatabase, temporaryFolder, withProducts } from "./support.js";

test("errors of statements have the class of what SQLite says", async () => {
  const { db, client } = await openDatabase();
  await withProducts(client, 3);
  const classOf = async (work: PromiseLike<unknown>) => db.classify?.(await failureOf(work));
  expect(await classOf(client.query("insert into product values (1, 'again', 1)"))).toBe("constraint");
  expect(await classOf(client.query("update product set stock = -1"))).toBe("constraint");
  expect(await classOf(client.query("selec 1"))).toBe("syntax");
  expect(await classOf(client.query("select * from nowhere"))).toBe("syntax");
  expect(await classOf(client.query("select ?", [Symbol("x") as never]))).toBe("syntax");
  expect(await classOf(client.query("select count(*) from product a, product b", [], { timeout: 0.001 }))).toBe(
    "timeout",
  );
});

test("a lock that another connection holds is transient, and a file without room overload", async () => {
  const { file, client } = await openDatabase();
  await withProducts(client, 3);
  const other = sqlite({ file, name: "other", busyTimeout: 50, pragmas: { max_page_count: 1 } });
  await using _ = await other.connect();
  await client.transaction(async (tx) => {
    await tx.query("update product set stock = 1");
    const locked = await failureOf(other.client.query("update product set stock = 2"));
    expect(other.classify?.(locked)).toBe("transient");
  });
  const full = await failureOf(other.client.query("create table more as select hex(zeroblob(100000)) from product"));
  expect(other.classify?.(full)).toBe("overload");
});

test("a file that is not there, or no database, is a connection that fails; one that may not be written auth", async () => {
  const folder = temporaryFolder();
  const missing = sqlite({ file: join(folder, "no", "such.db") });
  expect(missing.classify?.(await failureOf(missing.connect()))).toBe("connection");
  const garbage = join(folder, "garbage.db");
  writeFileSync(garbage, "garbage ".repeat(1_000));
  const broken = sqlite({ file: garbage });
  expect(broken.classify?.(await failureOf(broken.connect()))).toBe("connection");
  const { file } = await openDatabase();
  await using reader = await sqlite({ file, readonly: true }).connect();
  expect(reader.classify?.(await failureOf(reader.client.query("create table t (a)")))).toBe("auth");
});
