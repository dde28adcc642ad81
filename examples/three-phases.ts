import { sqlite } from "@pool/sqlite";
import { setTimeout as sleep } from "node:timers/promises";

await using connector = await sqlite({ file: ":memory:" }).connect();
const db = connector.client;
await db.query("create table invoice (id integer primary key, amount integer, rate real)");
await db.query("insert into invoice (id, amount) values (1, 200), (2, 300)");

// Read, work, write. A connection that is held through the work is one that nobody else has, so the work gives it back.
await db.session(async (session) => {
  const { rows } = await session.query<{ id: number; amount: number }>(
    "select id, amount from invoice where rate is null",
  );

  const rates = await session.withoutConnection(async () => {
    console.log("asking for rates, with no connection held");
    return await Promise.all(rows.map(({ amount }) => rateFor(amount)));
  });

  await session.transaction(async (tx) => {
    for (const [i, { id }] of rows.entries())
      await tx.query("update invoice set rate = ? where id = ? and rate is null", [rates[i], id]);
  });
});

const { rows } = await db.query<{ id: number; rate: number }>("select id, rate from invoice order by id");
console.log(rows.map(({ id, rate }) => `${id}: ${rate}`).join(", "));

/** Somebody else's slow service. */
async function rateFor(amount: number): Promise<number> {
  await sleep(50);
  return amount > 250 ? 1.25 : 1.5;
}
