import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeOptions, lockOptions, poolOptions, supervisionOptions } from "../src/index.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("documents every option of a pool in the README as the table says", () => {
  const [, table] = /<!-- options -->\n([^]*?)<!-- \/options -->/.exec(read("../README.md")) ?? [];
  expect(table).toBe(`${describeOptions(poolOptions)}\n`);
});

test("documents every option of supervision in the README as the table says", () => {
  const [, table] = /<!-- supervision -->\n([^]*?)<!-- \/supervision -->/.exec(read("../README.md")) ?? [];
  expect(table).toBe(`${describeOptions(supervisionOptions)}\n`);
});

test("documents every option of locks in LOCKS.md as the table says", () => {
  const [, table] = /<!-- options -->\n([^]*?)<!-- \/options -->/.exec(read("../LOCKS.md")) ?? [];
  expect(table).toBe(`${describeOptions(lockOptions)}\n`);
});

test("lists every event in ARCHITECTURE.md, and none that there is not", () => {
  const names = (text: string): string[] =>
    [...text.matchAll(/"((?:pool|connector|lock|cache):[a-z]+(?::anywhere)?)"/g)].map(([, name]) => name ?? "");
  const events = read("../src/events.ts");
  const [, table] = /<!-- events -->\n([^]*?)<!-- \/events -->/.exec(read("../../../ARCHITECTURE.md")) ?? [];
  const listed = [...(table ?? "").matchAll(/^\| (`[a-z:]+`(?:, `[a-z:]+`)*)/gm)].flatMap(([, listed]) =>
    (listed ?? "").replaceAll("`", "").split(", "),
  );
  const declared = new Set(names(events.slice(0, events.indexOf("export type EventName"))));
  expect(listed.toSorted()).toEqual([...declared].toSorted());
});
