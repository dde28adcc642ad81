// `npm start`: installs, builds what the demo service stands on, and runs it until it is stopped.
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { checkPinnedNode } from "./pinned-node.mjs";
import { install, pnpm, root, run } from "./workspace.mjs";

await install();
await checkPinnedNode();
const built = await pnpm("exec", "turbo", "run", "build", "--filter=demo-api...", "--output-logs=errors-only");
process.exitCode = built || (await service(join(root, "apps", "demo-api")));

/** Runs the app's start script with nothing between it and us, so that a signal reaches it and it can drain. */
function service(cwd) {
  const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  const PATH = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const shell = process.platform === "win32" ? ["cmd", "/c", scripts.start] : ["sh", "-c", `exec ${scripts.start}`];

  // The shell that npm puts above us does not hand SIGTERM on: when it is gone, we were told to stop.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && process.emit("SIGTERM", "SIGTERM"), 250);
  // Started like this it is tried out; where it serves, it is started by its own script.
  const DEMO = process.env.DEMO ?? "on";
  return run(shell, { cwd, env: { PATH, DEMO } }).finally(() => clearInterval(watch));
}
