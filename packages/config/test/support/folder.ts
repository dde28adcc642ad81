import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isPoolError } from "@pool/core";

/** A folder with these files, which is gone at the end of the block. */
export function folderWith(
  files: Readonly<Record<string, string | Buffer>>,
): Disposable & { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), "pool-config-"));
  const file = (name: string): string => join(path, name);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  }
  return { path, file, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** The problems of an `INVALID_OPTIONS`, without the folder's path. */
export async function problemsOf(work: PromiseLike<unknown>, folder = ""): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    if (!isPoolError(error, "INVALID_OPTIONS")) throw error;
    return (error.details.problems as readonly string[]).map((problem) => problem.replaceAll(`${folder}/`, ""));
  }
  throw new Error("it was expected to reject");
}
