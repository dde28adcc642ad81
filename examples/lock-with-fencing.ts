import { redis } from "@pool/redis";
import { sqlite } from "@pool/sqlite";
import { startRedis } from "@pool/testing";

await using server = await startRedis();
await using cache = await redis({ url: server.url }).connect();
await using store = await sqlite({ file: ":memory:" }).connect();
const { lock } = cache.client;
const db = store.client;
await db.query("create table report (id integer primary key, text, token integer)");
await db.query("insert into report values (1, 'empty', 0)");

/** Takes a write only from whoever got the lock last: a process that was paused and comes late has a smaller token. */
async function write(text: string, token: bigint): Promise<boolean> {
  const { rowCount } = await db.query("update report set text = ?, token = ? where id = 1 and token < ?", [
    text,
    token,
    token,
  ]);
  return rowCount === 1;
}

// The usual way: taken, renewed while the work runs, let go of. `lost` aborts when it is not ours any more; pass it on.
await lock.use("report", async ({ token, lost }) => {
  lost.throwIfAborted();
  console.log(`written: ${await write("of the first holder", token)}`);
});

// What happens when a holder stands still for longer than its lock lasts: here its key is deleted at the server.
const late = await lock.acquire("report", { ttl: 300, label: "the one that stood still" });
await cache.client.call("DEL", "pool:lock:key:report");
const next = await lock.acquire("report", { timeout: 10_000 });
console.log(`the first one's lock is lost: ${late.lost.aborted}, and it knows: ${!late.isHeld()}`);
console.log(`the next one writes: ${await write("of the next holder", next.token)}`);
console.log(`the late one writes: ${await write("too late", late.token)}`);
await next.release();

const { rows } = await db.query<{ text: string }>("select text from report");
console.log(`the report is ${rows[0]?.text}`);
