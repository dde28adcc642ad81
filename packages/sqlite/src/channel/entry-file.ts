import { fileURLToPath } from "node:url";

/** The file a helper is started from: as source, or as built, where all files lie side by side. */
export function entryFile(name: "sqlite.child" | "sqlite.worker"): string {
  const source = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(source ? `../helper/${name}.ts` : `./${name}.js`, import.meta.url));
}
