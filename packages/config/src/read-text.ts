import { readFile, stat } from "node:fs/promises";
import type { Problems } from "./problems.js";

/** The text of a file of at most `limit` bytes; undefined, and a problem that names it, when it cannot be had. */
export async function readText(
  file: string,
  shown: string,
  what: string,
  limit: number,
  problems: Problems,
): Promise<string | undefined> {
  try {
    // Asked first: to read a pipe or a device could wait for ever.
    const found = await stat(file);
    if (!found.isFile()) return refuse(`is no file, so it cannot be a ${what}`);
    if (found.size > limit) return refuse(`has ${String(found.size)} bytes; a ${what} may have ${String(limit)}`);
    const bytes = await readFile(file);
    if (bytes.length > limit) return refuse(`has ${String(bytes.length)} bytes; a ${what} may have ${String(limit)}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    return refuse(`cannot be read as a ${what}: ${reasonFor(error)}`);
  }

  function refuse(problem: string): string | undefined {
    problems.add(shown, "", problem);
    return undefined;
  }
}

function reasonFor(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === "ENOENT") return "there is none (ENOENT)";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not UTF-8 text";
  return typeof code === "string" ? code : "it failed";
}
