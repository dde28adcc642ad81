import { createCache } from "@pool/cache";
import { sqlite } from "@pool/sqlite";

await using connector = await sqlite({ file: ":memory:" }).connect();
const db = connector.client;
await db.query("create table product (id integer primary key, name text, price integer)");
await db.query("insert into product values (1, 'lamp', 30), (2, 'desk', 250)");

// In memory; with `store: redisStore(…)` it is shared by all processes, and goes on in memory while Redis is away.
await using products = createCache({ name: "products", ttl: "1m", staleFor: "10m" });

let queries = 0;
async function product(id: number): Promise<{ name: string; price: number } | undefined> {
  return await products.getOrCompute(
    String(id),
    async ({ signal }) => {
      queries++;
      const { rows } = await db.query<{ name: string; price: number }>(
        "select name, price from product where id = ?",
        [id],
        { signal },
      );
      return rows[0]; // undefined is remembered too, for a shorter time
    },
    { tags: ["prices"] },
  );
}

const all = await Promise.all(Array.from({ length: 1_000 }, () => product(1)));
console.log(`${all.length} callers got ${all[999]?.name} by ${queries} query`);
console.log(`there is no product 3: ${(await product(3)) === undefined}`);

await db.query("update product set price = price + 5");
await products.invalidate("prices");
console.log(`the lamp is ${(await product(1))?.price} now, after ${queries} queries`);
