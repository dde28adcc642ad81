// `npm test`: installs, then hands over to the checks, which run on the Node that the workspace brings.
import { checkPinnedNode } from "./pinned-node.mjs";
import { install, pnpm } from "./workspace.mjs";

await install();
await checkPinnedNode();
process.exitCode = await pnpm("exec", "node", "scripts/checks.mjs", ...process.argv.slice(2));
