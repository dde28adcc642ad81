import { readFileSync } from "node:fs";
import { describeOptions } from "@pool/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sample } from "../src/index.js";
import { addressOptions } from "../src/options.js";
import { startServer, type SampleServer } from "./server.js";

let server: SampleServer;
beforeAll(async () => void (server = await startServer("secret")));
afterAll(() => server.stop());

test("keeps values of any text, and knows which keys there are", async () => {
  await using connector = await sample({ port: server.port, password: "secret" }).connect();
  await connector.client.set("a key", "two\nlines and a space");
  expect(await connector.client.get("a key")).toBe("two\nlines and a space");
  expect(await connector.client.get("another key")).toBeUndefined();
});

test("says which option is wrong", () => {
  expect(() => sample({ port: 70_000 })).toThrow(/port must be a whole number from 1 to 65535, got 70000/);
});

test("the README lists the options as they are", () => {
  expect(readFileSync(new URL("../README.md", import.meta.url), "utf8")).toContain(describeOptions(addressOptions));
});
