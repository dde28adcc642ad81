import { etcd } from "../../src/index.js";

// Uses a connector that it never disconnects, and says what it has done; with a watch it has something to wait for.
const [, , endpoints = "", life] = process.argv;
const { client } = await etcd({ endpoints }).connect();
await client.put("lives", "1");
await client.lease();
const { value } = (await client.get("lives")) ?? {};
const left = client.watch("lives");
await left.started;
left.close();
if (life === "watching") await client.watch("lives").started;
process.stdout.write(`got ${String(value)}\n`);
