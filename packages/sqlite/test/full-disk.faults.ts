import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { failureOf, openDatabase, temporaryFolder } from "./support.js";

/** A disk of 3 MB. Mounting needs root, so without it this file is run again in a name space of its own, where the user is root. */
function smallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return folder;
}

function runAsRootOfOwnNameSpace(): void {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { status, stderr } = spawnSync(
    "unshare",
    ["-Urm", process.execPath, vitest, "run", "--mode", "faults", fileURLToPath(import.meta.url)],
    { cwd: root, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

test("tells of a full disk, keeps what was committed, and writes again when there is room", async () => {
  const disk = smallDisk();
  if (disk === undefined) {
    runAsRootOfOwnNameSpace();
    return;
  }
  const { db, client } = await openDatabase({ file: join(disk, "a.db"), readers: 1 });
  await client.query("create table t (id integer primary key, a blob)");
  await client.query("insert into t (a) values (randomblob(100000))");
  const ballast = join(disk, "ballast");
  expect(() => writeFileSync(ballast, Buffer.alloc(4_000_000))).toThrow(/ENOSPC/);

  const failures = await Promise.all([
    failureOf(client.query("insert into t (a) values (randomblob(500000))")),
    failureOf(client.batch([{ text: "insert into t (a) values (randomblob(500000))" }])),
    failureOf(client.transaction((tx) => tx.query("insert into t (a) values (randomblob(500000))"))),
  ]);
  for (const failure of failures)
    expect(failure).toMatchObject({ code: "DATABASE_FULL", details: { file: client.file } });
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 1 }]);
  expect(await failureOf(client.backup(join(disk, "copy.db")))).toMatchObject({ code: "BACKUP_FAILED" });

  rmSync(ballast);
  expect(await client.query("insert into t (a) values (randomblob(500000))")).toMatchObject({ rowCount: 1 });
  await client.transaction((tx) => tx.query("insert into t (a) values (randomblob(100000))"));
  expect((await client.query("pragma integrity_check")).rows).toEqual([{ integrity_check: "ok" }]);
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 3 }]);
  await db.disconnect();
});
