// Installing what a bare Debian lacks, when we are root there; POOL_TEST_NO_INSTALL=1 switches it off. Runs on Node 20 or newer.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./workspace.mjs";

/** May and can this process install Debian's packages? */
export function canInstall() {
  const hasApt = (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "apt-get")));
  return process.getuid?.() === 0 && hasApt && (process.env.POOL_TEST_NO_INSTALL ?? "") === "";
}

/** Resolves with apt-get's exit code. */
export async function aptGet(packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const patient = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
  const updated = await run(["apt-get", ...patient, "update"], { env });
  if (updated !== 0) console.log("apt-get update failed; trying with the lists that are there");
  return run(["apt-get", ...patient, "install", "-y", "--no-install-recommends", ...packages], { env });
}
