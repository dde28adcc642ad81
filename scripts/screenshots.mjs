// `pnpm screenshots`: pictures of the dashboard in its main states, in packages/dashboard/screenshots/, which git ignores.
import { join } from "node:path";
import { setup } from "../page.base.ts";
import { takeScreenshots } from "../packages/dashboard/test/support/screenshots.ts";
import { root } from "./workspace.mjs";

await setup();
const folder = join(root, "packages", "dashboard", "screenshots");
for (const file of await takeScreenshots(folder)) console.log(join(folder, file));
