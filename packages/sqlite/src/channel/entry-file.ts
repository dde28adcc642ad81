import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PoolError } from "@pool/core";

/**
 * The file a helper is started from: as source, or as built, where all files lie side by side.
 * @throws PoolError `HELPER_MISSING`, as in a program into which this package was bundled without it
 */
export function entryFile(name: "sqlite.child" | "sqlite.worker"): string {
  const source = import.meta.url.endsWith(".ts");
  const file = fileURLToPath(new URL(source ? `../helper/${name}.ts` : `./${name}.js`, import.meta.url));
  if (existsSync(file)) return file;
  const message = `a connection is started from ${file}, which is not there; if your program was bundled, leave @pool/sqlite out of it (mark it as external)`;
  throw new PoolError("HELPER_MISSING", message, { details: { file } });
}
