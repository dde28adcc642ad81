// node --import: lets Node run TypeScript sources as they are: those of apps, and of packages in the children that tests start.
// Node strips the types by itself; a source that says "./lease.js" means the lease.ts beside it.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

// Set by tests, which have the threads and processes of @pool/sqlite built once (helpers.base.ts): each would strip the types of its files anew.
const helpers = process.env.POOL_BUILT_HELPERS;

registerHooks({
  resolve(specifier, context, next) {
    if (helpers && specifier === "./entry-file.js" && context.parentURL?.includes("/packages/sqlite/src/channel/"))
      return next(pathToFileURL(`${helpers}/entry-file.mjs`).href, context);
    const relative = specifier.startsWith(".") && specifier.endsWith(".js") && context.parentURL?.endsWith(".ts");
    if (!relative) return next(specifier, context);
    const source = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
    return existsSync(fileURLToPath(source)) ? next(source.href, context) : next(specifier, context);
  },
});
