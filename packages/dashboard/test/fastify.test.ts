import { watch } from "@pool/monitor";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { fastifyDashboard, type FastifyDashboardOptions } from "../src/index.js";
import { eventually } from "./support/eventually.js";
import { EventReader } from "./support/events.js";
import { openPool } from "./support/pool.js";

async function served(options: Omit<FastifyDashboardOptions, "monitor"> = {}) {
  const monitor = watch();
  const app = fastify();
  onTestFinished(async () => {
    await app.close();
    monitor[Symbol.dispose]();
  });
  app.post("/echo", (request) => request.body);
  await app.register(fastifyDashboard, { prefix: "/dashboard", monitor, ...options });
  return { app, address: await app.listen({ port: 0, host: "127.0.0.1" }) };
}

test("mounts under its prefix, and leaves the app's own routes and parsers alone", async () => {
  const { address } = await served();
  const page = await fetch(`${address}/dashboard`);
  expect([page.status, new URL(page.url).pathname]).toEqual([200, "/dashboard/"]);
  expect((await fetch(`${address}/dashboard/snapshot`)).status).toBe(200);
  const headers = { "content-type": "application/json" };
  const echo = await fetch(`${address}/echo`, { method: "POST", headers, body: '{"a":1}' });
  expect(await echo.json()).toEqual({ a: 1 });
});

test("answers a path that only looks like its own once it is decoded", async () => {
  const { address } = await served();
  for (const path of ["/%64ashboard/", "/dashboar%64/snapshot", "/%2e/dashboard/events"]) {
    const { status } = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(5_000) });
    expect([path, [200, 404].includes(status)]).toEqual([path, true]);
  }
});

test("reads the bodies of actions itself", async () => {
  const { address } = await served({ authorize: () => true });
  const pool = openPool({ name: "main", maxSize: 2 });
  const headers = { "content-type": "application/json" };
  const send = (body: string) => fetch(`${address}/dashboard/actions`, { method: "POST", headers, body });
  expect((await send('{"action":"resize","pool":"main","maxSize":5}')).status).toBe(202);
  expect(pool.stats.maxSize).toBe(5);
  expect((await send("x".repeat(5_000))).status).toBe(413);
});

test("its streams do not hold up the app's close", async () => {
  const { app, address } = await served();
  const reader = await EventReader.open(`${address}/dashboard/events`);
  await eventually("a tick", () => reader.count("tick") > 0 || undefined);
  await app.close();
  await eventually("the end of the stream", () => reader.ended || undefined);
  expect(reader.events.at(-1)?.name).toBe("bye");
});
