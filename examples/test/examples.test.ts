import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = `${import.meta.dirname}/..`;

/** What each program says, in the order in which it says it. */
const says: Record<string, readonly RegExp[]> = {
  "first-pool.ts": [
    /^worked at desk 1$/,
    /^lent: 1 and 2$/,
    /^nothing free; held by ada and grace$/,
    /^idle: 2 of 2$/,
    /^desk \d is put away$/,
    /^desk \d is put away$/,
  ],
  "three-phases.ts": [/^asking for rates, with no connection held$/, /^1: 1.5, 2: 1.25$/],
  "lock-with-fencing.ts": [
    /^written: true$/,
    /^the first one's lock is lost: true, and it knows: true$/,
    /^the next one writes: true$/,
    /^the late one writes: false$/,
    /^the report is of the next holder$/,
  ],
  "cached-query.ts": [
    /^1000 callers got lamp by 1 query$/,
    /^there is no product 3: true$/,
    /^the lamp is 35 now, after 3 queries$/,
  ],
  "own-factory.ts": [/^\[ 'ONE', 'TWO', 'THREE', 'FOUR' \]$/, /^by [123] connections$/, /^AGAIN$/],
  "all-backends.ts": [
    /^all four: db ok, cache ok, settings ok, state ok$/,
    /^Redis is killed: db ok, cache down, settings ok, state ok$/,
    /^PostgreSQL goes on: 42, and so does etcd: red$/,
    /^Redis is back: db ok, cache ok, settings ok, state ok$/,
    /^Redis says hello again$/,
    /^all closed$/,
  ],
};

test("every program is run, and told in the README", () => {
  const programs = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  expect(programs.toSorted()).toEqual(Object.keys(says).toSorted());
  const readme = readFileSync(`${folder}/README.md`, "utf8");
  for (const program of programs) expect(readme).toContain(`[${program}](${program})`);
});

test.each(Object.keys(says))("%s says what it should, and ends by itself", { timeout: 120_000 }, async (program) => {
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [...process.execArgv, `${folder}/${program}`], {
    timeout: 110_000,
  });
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(says[program]!.length);
  for (const [i, line] of says[program]!.entries()) expect(lines[i]).toMatch(line);
});
