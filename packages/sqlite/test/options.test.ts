import { readFileSync } from "node:fs";
import { describeOptions, supervisionOptions } from "@pool/core";
import { expect, test } from "vitest";
import { sqlite, sqliteOptions, type SqliteOptions } from "../src/index.js";

const wrong: [name: string, options: unknown, message: RegExp][] = [
  ["nothing", undefined, /file is required/],
  ["an unknown name", { file: "a.db", reader: 2 }, /did you mean readers\?/],
  ["an empty file", { file: "" }, /file must be/],
  ["a file: URI", { file: "file::memory:?cache=shared" }, /not a file: URI/],
  ["a NUL", { file: "a\0b" }, /without NUL/],
  ["white space that SQLite's driver would cut off", { file: " a.db" }, /without white space/],
  ["a number as file", { file: 7 }, /file must be/],
  ["no reader", { file: "a.db", readers: 0 }, /readers must be a whole number from 1 to 64/],
  ["a negative wait", { file: "a.db", busyTimeout: -1 }, /busyTimeout must be a duration/],
  [
    "a PRAGMA that is the pool's affair",
    { file: "a.db", pragmas: { journal_mode: "delete" } },
    /pragmas must be .*journal_mode/,
  ],
  [
    "a PRAGMA with more than a value",
    { file: "a.db", pragmas: { cache_size: "1; drop table t" } },
    /cache_size is none/,
  ],
  ["a small log", { file: "a.db", walLimit: 1 }, /walLimit must be .* bytes/],
  ["a private database to read", { file: ":memory:", readonly: true }, /readonly is of no use/],
  ["a folder for a database that has one", { file: "a.db", memoryFolder: "/tmp" }, /memoryFolder is only for/],
];

test.each(wrong)("refuses %s", (_, options, message) => {
  const make = () => sqlite(options as SqliteOptions);
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }));
});

test("takes durations as text", () => {
  expect(sqlite({ file: "a.db", busyTimeout: "2s", queryTimeout: "never" }).config).toMatchObject({
    busyTimeout: 2_000,
    queryTimeout: Infinity,
  });
});

test("documents every option in the README as the table says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = (text: string) =>
    text.split("\n").map((line) => line.replaceAll(/\s+/g, " ").replaceAll(/-{2,}/g, "-").trim());
  const own = Object.fromEntries(Object.entries(sqliteOptions).filter(([name]) => !(name in supervisionOptions)));
  for (const row of rows(describeOptions(own as typeof sqliteOptions))) expect(rows(readme)).toContain(row);
});
