// `npm start`: installs, builds what the demo service stands on, and runs it until it is stopped.
import { install, pnpm } from "./workspace.mjs";

await install();
const built = await pnpm("exec", "turbo", "run", "build", "--filter=demo-api...", "--output-logs=errors-only");
process.exitCode = built || (await pnpm("--filter", "demo-api", "start"));
