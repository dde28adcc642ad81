import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "tsup";
import type { Plugin } from "vite";

/** Where the built helpers lie: from where the driver is found. */
export const builtHelpers = join(import.meta.dirname, "packages", "sqlite", "node_modules", ".cache", "helpers");

const entryFile = join(builtHelpers, "entry-file.mjs");

/**
 * For vitest's `globalSetup`: builds what @pool/sqlite starts as threads and processes, as its own build does. A test opens dozens of them, and to start
 * one from source takes three times as long, since each strips the types of all its files anew.
 */
export async function setup(): Promise<void> {
  const sources = join(import.meta.dirname, "packages", "sqlite", "src", "helper");
  await build({
    entry: ["sqlite.child", "sqlite.worker"].map((name) => join(sources, `${name}.ts`)),
    outDir: builtHelpers,
    config: false,
    format: "esm",
    target: "node22",
    platform: "node",
    removeNodeProtocol: false,
    external: ["better-sqlite3"],
    silent: true,
  });
  writeFileSync(
    entryFile,
    `export const entryFile = (name) => ${JSON.stringify(`${builtHelpers}/`)} + name + ".js";\n`,
  );
}

/** Has what runs within vitest start them. Children that a test starts from source are told so by POOL_BUILT_HELPERS; see scripts/source.mjs. */
export const startBuiltHelpers: Plugin = {
  name: "built helpers",
  enforce: "pre", // before Vite resolves it itself
  resolveId(source, importer) {
    const inside = source === "./entry-file.js" && importer?.includes("/packages/sqlite/src/channel/") === true;
    return inside ? entryFile : undefined;
  },
};
