import { createReadStream } from "node:fs";
import { type Readable } from "node:stream";
import { postgres } from "../../src/index.js";

// Copies from files that are not there. A stream without a listener would end the process.
const missing = (): Readable => createReadStream("/nowhere/missing.csv");
const fails = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => process.stdout.write("copied\n"),
    () => undefined,
  );

const connector = await postgres({ url: process.argv[2]!, maxSize: 1 }).connect();
const { client } = connector;
const lease = await client.acquire();
setTimeout(() => lease.release(), 200);
await fails(client.copyFrom("copy filled from stdin (format csv)", missing()));
await fails(client.copyFrom("select 1", missing()));
await connector.disconnect();
await fails(client.copyFrom("copy filled from stdin", missing()));
await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write("alive\n");
