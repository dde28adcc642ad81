import { setTimeout as sleep } from "node:timers/promises";
import { connectAll } from "@pool/core";
import { etcd } from "@pool/etcd";
import { postgres } from "@pool/postgres";
import { redis } from "@pool/redis";
import { sqlite } from "@pool/sqlite";
import { startEtcd, startPostgres, startRedis } from "@pool/testing";

// Servers to try it with; yours are elsewhere.
const [pg, rd, et] = await Promise.all([
  startPostgres({ own: true }),
  startRedis({ own: true }),
  startEtcd({ own: true }),
]);

const registry = await connectAll({
  db: postgres({ url: pg.url }),
  cache: redis({ url: rd.url }),
  settings: etcd({ endpoints: et.url }),
  state: sqlite({ file: ":memory:" }),
});
await printHealth("all four");

await registry.get("cache").client.call("SET", "greeting", "hello");
await registry.get("settings").client.put("color", "red");
await registry.get("db").client.transaction((tx) => tx.query("create table visit (id int)"));
await registry.get("state").client.query("create table step (id integer)");

await rd.kill();
await printHealth("Redis is killed");
const { rows } = await registry.get("db").client.query<{ n: number }>("select 41 + 1 as n");
console.log(
  `PostgreSQL goes on: ${rows[0]?.n}, and so does etcd: ${(await registry.get("settings").client.get("color"))?.value}`,
);

await rd.start();
while (!(await registry.healthCheck()).healthy) await sleep(50);
await printHealth("Redis is back");
await registry.get("cache").client.call("SET", "greeting", "hello again");
console.log(`Redis says ${await registry.get("cache").client.call<string>("GET", "greeting")}`);

await registry.close(); // last in, first out
console.log("all closed");
await Promise.all([pg, rd, et].map((server) => server[Symbol.asyncDispose]()));

async function printHealth(when: string): Promise<void> {
  const { connectors } = await registry.healthCheck();
  const lines = Object.entries(connectors).map(([name, { healthy }]) => `${name} ${healthy ? "ok" : "down"}`);
  console.log(`${when}: ${lines.join(", ")}`);
}
