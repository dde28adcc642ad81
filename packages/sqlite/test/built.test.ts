import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildPackage, program, removeBuilt } from "./built.js";
import { eventually, HEAVY, openDatabase, temporaryFolder } from "./support.js";

let built: string;
beforeAll(async () => {
  built = await buildPackage("built");
});
afterAll(() => removeBuilt(built));

const OPEN = `const db = await sqlite({ file: process.argv[1], readers: 2 }).connect();`;

/** The processes that a process has started and that still run. Reads /proc, so on Linux only. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    // A killed process whose parent has not asked for it yet is still listed.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("works as built: the writer, threads, processes, a backup", async () => {
  const { child, output } = await program(
    built,
    `${OPEN}
     const { client } = db;
     await client.query("create table t (a)");
     await client.batch([1, 2, 3].map((a) => ({ text: "insert into t values (?)", values: [a] })));
     const point = await client.query("select a from t where rowid = 2");
     const scan = await client.query("select sum(a) as n from t");
     const killable = await client.query("select count(*) as n from t", [], { signal: AbortSignal.timeout(20000) });
     const copy = await client.backup(process.argv[1] + ".copy", { verify: true });
     console.log(JSON.stringify([point.rows, scan.rows, killable.rows, copy.verified]));
     await db.disconnect();`,
    join(temporaryFolder(), "a.db"),
  );
  expect(JSON.parse(await output)).toEqual([[{ a: 2 }], [{ n: 6 }], [{ n: 3 }], true]);
  expect(child.exitCode).toBe(0);
});

test("does not forget what V8 has compiled of it when nothing is read during a collection", async () => {
  const { output } = await program(
    built,
    `import { setFlagsFromString } from "node:v8";
     import { runInNewContext } from "node:vm";
     setFlagsFromString("--expose-gc");
     const collect = runInNewContext("gc");
     ${OPEN}
     const { client } = db;
     await client.query("create table t (a)");
     await client.query("insert into t values (1), (2), (3)");
     const read = async () => { for (let n = 0; n < 1500; n++) await client.query("select sum(a) as n from t"); };
     for (let round = 0; round < 5; round++) await read();
     setFlagsFromString("--trace-deopt");
     for (let round = 0; round < 5; round++) { collect(); collect(); await read(); }
     await db.disconnect();
     console.log("read to the end");`,
    join(temporaryFolder(), "a.db"),
  );
  const printed = await output;
  expect(printed).toContain("read to the end");
  // A few may be compiled anew for a reason of their own.
  expect(printed.split("\n").filter((line) => line.includes("weak objects cleared")).length).toBeLessThan(8);
});

/** The package as built, where there is no driver, with what is copied beside it. */
function elsewhere(copied: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  cpSync(built, folder, { recursive: true });
  for (const [from, to] of Object.entries(copied)) cpSync(from, join(folder, to), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

const CONNECT = `
  const failed = await sqlite({ file: process.argv[1], readers: 2 }).connect().then(() => ({}), (error) => error);
  console.log(JSON.stringify([failed.code, failed.message]));
`;

test("loads without the driver, and says at the connect what to install", async () => {
  const files = readdirSync(built).filter((name) => name.endsWith(".js"));
  const loads = files.filter((name) =>
    /^import\b.*["']better-sqlite3["']/m.test(readFileSync(join(built, name), "utf8")),
  );
  expect(loads).toEqual([]);
  const { output } = await program(elsewhere(), CONNECT, join(temporaryFolder(), "a.db"));
  expect(JSON.parse(await output)).toEqual(["DRIVER_MISSING", expect.stringContaining("npm install better-sqlite3")]);
});

test("says that the driver's binary is missing, and what to do", async () => {
  const driver = dirname(createRequire(import.meta.url).resolve("better-sqlite3/package.json"));
  const there = "node_modules/better-sqlite3";
  const files = { [join(driver, "package.json")]: `${there}/package.json`, [join(driver, "lib")]: `${there}/lib` };
  const { output } = await program(elsewhere(files), CONNECT, join(temporaryFolder(), "a.db"));
  expect(JSON.parse(await output)).toEqual(["DRIVER_MISSING", expect.stringContaining("npm rebuild better-sqlite3")]);
});

test.each(["sqlite.child.js", "sqlite.worker.js"])(
  "says that %s is missing, as of a program that was bundled",
  async (name) => {
    const driver = dirname(createRequire(import.meta.url).resolve("better-sqlite3/package.json"));
    const folder = elsewhere({ [driver]: "node_modules/better-sqlite3" });
    rmSync(join(folder, name));
    const { output } = await program(folder, CONNECT, join(temporaryFolder(), "a.db"));
    expect(JSON.parse(await output)).toEqual(["HELPER_MISSING", expect.stringContaining("external")]);
  },
);

test("lets a program end that has not disconnected, and leaves no process of it", async () => {
  const { child, output } = await program(
    built,
    `import { readFileSync } from "node:fs";
     ${OPEN}
     await db.client.query("create table t (a)");
     await db.client.query("select * from t, t u", [], { signal: AbortSignal.timeout(20000) });
     console.log(readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"));`,
    join(temporaryFolder(), "a.db"),
  );
  const helpers = (await output).trim().split(" ").map(Number);
  expect(child.exitCode).toBe(0);
  expect(helpers).toHaveLength(2);
  expect(await eventually(() => !helpers.some(isAlive))).toBe(true);
});

test("ends a helper that hears nothing any more, and the program with it", async () => {
  const { child, output } = await program(
    built,
    `import { readFileSync } from "node:fs";
     ${OPEN}
     await db.client.query("create table t (a)");
     const [helper] = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim().split(" ").map(Number);
     console.log(helper);
     process.kill(helper, "SIGSTOP");
     await db.disconnect();
     console.log("disconnected");`,
    join(temporaryFolder(), "a.db"),
  );
  const [helper = 0] = childrenOf(child.pid!);
  onTestFinished(() => {
    if (isAlive(helper)) process.kill(helper, "SIGKILL");
  });
  expect(await output).toContain("disconnected");
  expect(child.exitCode).toBe(0);
  expect(isAlive(helper)).toBe(false);
});

test("leaves no process behind a program that is killed, also one inside a long query", async () => {
  const { child } = await program(
    built,
    `${OPEN}
     db.client.query(${JSON.stringify(HEAVY)}, [], { signal: AbortSignal.timeout(60000) });
     db.client.transaction((tx) => tx.query(${JSON.stringify(HEAVY)}));
     setTimeout(() => console.log("running"), 500);`,
    join(temporaryFolder(), "a.db"),
  );
  const helpers = childrenOf(child.pid!);
  expect(helpers).toHaveLength(2);
  child.kill("SIGKILL");
  expect(await eventually(() => !helpers.some(isAlive))).toBe(true);
});

test("finishes its transaction when the whole group is told to stop, as by Ctrl-C", async () => {
  const { child, output } = await program(
    built,
    `${OPEN}
     await db.client.query("create table t (a)");
     const stopped = new Promise((resolve) => process.once("SIGINT", resolve));
     const keep = setInterval(() => {}, 1000);
     await db.client.transaction(async (tx) => {
       await tx.query("insert into t values (1)");
       console.log("in the middle");
       await stopped;
       await new Promise((resolve) => setTimeout(resolve, 200));
       await tx.query("insert into t values (2)");
     });
     clearInterval(keep);
     console.log("rows: " + (await db.client.query("select count(*) as n from t")).rows[0].n);
     await db.disconnect();`,
    join(temporaryFolder(), "a.db"),
  );
  const group = [...childrenOf(child.pid!), child.pid!];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    for (const pid of group) if (pid !== child.pid || signal === "SIGINT") process.kill(pid, signal);
  }
  expect(await output).toContain("rows: 2");
});

test("keeps what was committed and nothing of what was not, when the program is killed in the middle of a transaction", async () => {
  const { db, client, file } = await openDatabase();
  await client.query("create table pair (id integer not null, half text not null, filler blob)");
  await db.disconnect();
  for (const after of [150, 320, 510]) {
    const { child, output } = await program(
      built,
      `${OPEN}
       let id = Number(process.argv[2]);
       console.log("ready");
       for (;;) {
         id++;
         await db.client.transaction(async (tx) => {
           await tx.query("insert into pair values (?, 'one', randomblob(20000))", [id]);
           await tx.query("insert into pair values (?, 'two', randomblob(20000))", [id]);
         });
         process.stdout.write("done " + id + "\\n");
       }`,
      file,
      String(after * 1_000),
    );
    setTimeout(() => child.kill("SIGKILL"), after);
    const acknowledged = [...(await output).matchAll(/done (\d+)\n/g)].map(([, id]) => Number(id));
    expect(acknowledged.length).toBeGreaterThan(0);
    await db.connect();
    const { rows } = await db.client.query<{ id: number; halves: number }>(
      "select id, count(*) as halves from pair where id between ? and ? group by id",
      [after * 1_000, after * 1_000 + 999],
    );
    expect(rows.filter(({ halves }) => halves !== 2)).toEqual([]);
    const kept = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(rows.length - acknowledged.length).toBeLessThanOrEqual(1);
    expect((await db.client.query("pragma integrity_check")).rows).toEqual([{ integrity_check: "ok" }]);
    await db.disconnect();
  }
});
