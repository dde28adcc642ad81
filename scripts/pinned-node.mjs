// The Node that the workspace brings is a plain binary: on the barest Linux it may lack a library. Runs on Node 20 or newer.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { aptGet, canInstall } from "./apt.mjs";
import { root } from "./workspace.mjs";

/** Sees to it that the pinned Node starts, and ends this process with the reason when it does not. */
export async function checkPinnedNode() {
  const failure = whyNot();
  if (failure === undefined) return;
  const library = /\blibatomic\.so\.1\b/.test(failure) ? "libatomic1" : undefined;
  if (library && canInstall()) {
    console.log(`installing ${library}, which the pinned Node needs (POOL_TEST_NO_INSTALL=1 switches this off)`);
    await aptGet([library]);
    if (whyNot() === undefined) return;
  }
  console.error(`The pinned Node does not start: ${failure}`);
  if (library) console.error(`On Debian and Ubuntu, run: apt-get install ${library}`);
  process.exit(1);
}

function whyNot() {
  const { status, stderr, error } = spawnSync(join(root, "node_modules", ".bin", "node"), ["--version"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
