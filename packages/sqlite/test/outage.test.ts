import { renameSync } from "node:fs";
import { join } from "node:path";
import { PoolError } from "@pool/core";
import { expect, test } from "vitest";
import { Outage } from "../src/outage.js";
import { eventually, failureOf, openDatabase, temporaryFolder, withProducts } from "./support.js";

// Nobody checks in these: what the connector knows, its adapter has told it.
const UNCHECKED = { readers: 1, healthCheckInterval: Infinity };

test("tells its connector at once that the file is gone, and that it is back", async () => {
  const { db, client, file } = await openDatabase(UNCHECKED);
  await withProducts(client, 3);
  const elsewhere = join(temporaryFolder(), "elsewhere.db");
  renameSync(file, elsewhere);
  expect(await failureOf(client.query("update product set stock = 9"))).toMatchObject({ code: "FILE_GONE" });
  expect(await eventually(() => db.state !== "ready")).toBe(true);
  expect(db.health).toMatchObject({ healthy: false, error: { cause: { code: "FILE_GONE" } } });
  expect(await db.healthCheck()).toMatchObject({ healthy: false });

  renameSync(elsewhere, file);
  expect(await eventually(() => db.state === "ready", 20_000)).toBe(true);
  expect(await db.healthCheck()).toMatchObject({ healthy: true });
  expect((await client.query("select count(*) as n from product")).rows).toEqual([{ n: 3 }]);
});

test("begins with the first thing that goes wrong, and ends with the last", () => {
  const told: unknown[] = [];
  const outage = new Outage({ lost: (cause) => told.push(cause), recovered: () => told.push("back") });
  outage.ended("writer");
  const noFile = new PoolError("FILE_GONE", "no file");
  outage.began("file", noFile);
  outage.began("writer", new PoolError("CANNOT_OPEN", "no writer"));
  outage.began("writer", new PoolError("CANNOT_OPEN", "still no writer"));
  outage.ended("file");
  expect(() => outage.assertOver()).toThrow("still no writer");
  expect(told).toEqual([noFile]);
  outage.ended("writer");
  outage.assertOver();
  expect(told).toEqual([noFile, "back"]);
});
