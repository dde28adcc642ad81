import { expect, test } from "vitest";
import { systemClock } from "../../src/time.js";
import { createPool } from "../../src/pool/index.js";
import { unlessAborted } from "../../src/transaction/aborts.js";
import { Connection } from "../../src/transaction/connection.js";
import { Gate } from "../../src/transaction/gate.js";
import { FakeDatabase } from "./fake-database.js";

function setUp() {
  const database = new FakeDatabase();
  const pool = createPool(database.factory);
  const heard: string[] = [];
  const borrower = {
    acquire: () => {
      heard.push("acquire");
      return pool.acquire();
    },
    released: () => void heard.push("released"),
  };
  const timeouts = { queryTimeout: 1_000, cancelTimeout: 1_000 };
  const context = { pool, driver: database.driver, clock: systemClock, random: Math.random, ...timeouts };
  return { database, pool, heard, connection: new Connection(context, borrower, {}) };
}

test("tells the borrower once for every lease that it is gone, given back, lost or taken away", async () => {
  const { database, pool, heard, connection } = setUp();
  await connection.statement({ text: "SELECT", values: ["auto"] });
  await connection.without(
    () => undefined,
    () => new Error(),
  );
  await connection.end();
  expect(heard).toEqual(["acquire", "released"]);
  heard.length = 0;
  database.fault = () => "lost";
  await connection.statement({ text: "SELECT", values: ["auto"] }).catch(() => undefined);
  await connection.statement({ text: "SELECT", values: ["auto"] }).catch(() => undefined);
  await connection.end();
  expect(heard).toEqual(["acquire", "released"]);
  heard.length = 0;
  pool.reclaim((await connection.take()).id);
  await connection.take().catch(() => undefined);
  await connection.end();
  expect(heard).toEqual(["acquire", "released"]);
});

test("a gate that is free lets a task through in the same tick, also after others have left", async () => {
  const gate = new Gate();
  await gate.enter(() => Promise.resolve());
  let entered = false;
  const passing = gate.enter(async () => {
    entered = true;
  });
  expect(entered).toBe(true);
  await passing;
});

test("a gate lets the next one through when a task throws", async () => {
  const gate = new Gate();
  const failing = gate.enter(() => Promise.reject(new Error("no")));
  const next = gate.enter(() => Promise.resolve("through"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("through");
});

test("work is not started for a signal that has aborted", async () => {
  await expect(unlessAborted(AbortSignal.abort("no"), () => expect.unreachable())).rejects.toBe("no");
});
