import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { globSync } from "node:fs";
import { defineConfig } from "tsup";
import { buildPage } from "./page.base.js";

/**
 * The build of every package, run with the package's folder as the working directory.
 * What a package exports under "@pool/source" is built; so is every `*.worker.ts` and `*.child.ts`, which are started by file name, and the
 * page in `src/page`, which is for browsers, into one file.
 */
const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, { "@pool/source"?: string; default?: string } | string>;
};

const exported: Record<string, string> = {};
for (const target of Object.values(exports)) {
  if (typeof target === "string" || !target["@pool/source"] || !target.default) continue;
  exported[target.default.replace(/^\.\/dist\//, "").replace(/\.js$/, "")] = target["@pool/source"];
}

const started = Object.fromEntries(
  globSync("src/**/*.{worker,child}.ts").map((file) => [basename(file, ".ts"), file] as const),
);

export default defineConfig({
  entry: { ...exported, ...started },
  dts: { entry: exported },
  format: "esm",
  removeNodeProtocol: false,
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true,
  splitting: true,
  treeshake: true,
  onSuccess: () => buildPage("."),
});
