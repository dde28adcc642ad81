import { expect, test } from "vitest";
import { readConfig } from "../src/config.js";

test("has a default for everything", () => {
  expect(readConfig({})).toMatchObject({
    host: "127.0.0.1",
    port: 3000,
    database: "sqlite",
    dataDir: expect.stringMatching(/demo-api.data$/) as unknown,
    data: { products: 2_000, customers: 10_000, orders: 50_000 },
    shutdownTimeout: 10_000,
  });
});

test("takes an empty variable as not set, and ignores what is not its own", () => {
  expect(readConfig({ PORT: "", HOST: "", PATH: "/bin" })).toEqual(readConfig({}));
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
  ["DATABASE", "oracle"],
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
