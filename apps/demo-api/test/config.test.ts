import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../src/config.js";
import { openDatabase } from "../src/database.js";
import { temporaryFolder } from "./support/folder.js";

test("has a default for everything", () => {
  expect(readConfig({})).toMatchObject({
    host: "127.0.0.1",
    port: 3000,
    database: {
      file: expect.stringMatching(/config.sqlite\.yaml$/) as unknown,
      env: { DATABASE_FILE: expect.stringMatching(/demo-api.data.orders\.sqlite$/) as unknown },
    },
    data: { products: 2_000, customers: 10_000, orders: 50_000 },
    shutdownTimeout: 10_000,
  });
});

test("takes an empty variable as not set, and ignores what is not its own", () => {
  const { database, ...config } = readConfig({ PORT: "", HOST: "", DATABASE_URL: "", PATH: "/bin" });
  expect({ ...config, database: { ...database, env: {} } }).toEqual({
    ...readConfig({}),
    database: { ...readConfig({}).database, env: {} },
  });
});

test("reads spans as text", () => {
  expect(readConfig({ REPORT_TIMEOUT: "2m", SHUTDOWN_DELAY: "0", SHUTDOWN_TIMEOUT: "1500" })).toMatchObject({
    reportTimeout: 120_000,
    shutdownDelay: 0,
    shutdownTimeout: 1_500,
  });
});

test.each([
  ["PORT", "http"],
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["DATABASE_URL", "oracle://app@db/shop"],
  ["DATA_ORDERS", "1.5"],
  ["DATA_PRODUCTS", "0"],
  ["LOG_LEVEL", "loud"],
  ["REPORT_TIMEOUT", "soon"],
])("refuses %s=%s, and says what it takes", (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    new RegExp(`environment of the demo service: ${name} must be .*, got`),
  );
});

test("names everything that is wrong at once", () => {
  expect(() => readConfig({ PORT: "x", DATA_SEED: "y" })).toThrow(/PORT must be .*; DATA_SEED must be/);
});

test("refuses a delay that leaves no time to stop", () => {
  expect(() => readConfig({ SHUTDOWN_DELAY: "10s" })).toThrow(
    "SHUTDOWN_DELAY must be less than SHUTDOWN_TIMEOUT (10000 ms), got 10000 ms",
  );
});

test.each([
  ["postgres://app:secret@db/shop", { file: /config.postgres\.yaml$/, env: { DATABASE_URL: /secret/ } }],
  ["postgresql://db", { file: /config.postgres\.yaml$/, env: { DATABASE_URL: /^postgresql:/ } }],
  ["/srv/shop.sqlite", { file: /config.sqlite\.yaml$/, env: { DATABASE_FILE: /^\/srv\/shop\.sqlite$/ } }],
  [
    "file:///srv/my%20shop.sqlite",
    { file: /config.sqlite\.yaml$/, env: { DATABASE_FILE: /^\/srv\/my shop\.sqlite$/ } },
  ],
  ["file:shop.sqlite", { file: /config.sqlite\.yaml$/, env: { DATABASE_FILE: /^\/.*\/shop\.sqlite$/ } }],
])("chooses the database by DATABASE_URL=%s", (DATABASE_URL, { file, env }) => {
  const { database } = readConfig({ DATABASE_URL });
  expect(database.file).toMatch(file);
  for (const [name, value] of Object.entries(env)) expect(database.env[name]).toMatch(value);
});

test("takes a description of the database of the user's own, and shows no password of an address", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "own.yaml");
  await writeFile(file, "connectors: { db: { kind: sqlite, file: ./own.sqlite, readers: 1 } }");
  const config = readConfig({ DATABASE_CONFIG: file, POOL_DB__READERS: "2" });
  const { registry, close } = await openDatabase(config);
  expect(registry.connectors().get("db")?.config).toMatchObject({ file: join(folder, "own.sqlite"), readers: 2 });
  await close();
  expect(() => readConfig({ DATABASE_URL: "mysql://app:hunter2@db/shop" })).toThrow(/^(?!.*hunter2).*DATABASE_URL/);
});
