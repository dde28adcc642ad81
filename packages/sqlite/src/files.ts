import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PoolError } from "@pool/core";
import { type Place } from "./errors.js";

export interface FileExpectation {
  readonly create: boolean;
  readonly readonly: boolean;
}

/**
 * Looks at the file before SQLite does, which says of most troubles only that it cannot open it.
 * @throws PoolError `CANNOT_OPEN` or `DATABASE_READONLY`, with what is wrong with which folder or file
 */
export async function checkFile({ name, file }: Place, { create, readonly }: FileExpectation): Promise<void> {
  const fail = (code: "CANNOT_OPEN" | "DATABASE_READONLY", what: string, cause?: unknown): never => {
    throw new PoolError(code, `sqlite ${JSON.stringify(name)}: ${what}`, { details: { file }, cause });
  };
  const folder = dirname(file);
  const folderStats = await stat(folder).catch((error: unknown) =>
    fail("CANNOT_OPEN", `the folder ${folder} is missing or may not be entered`, error),
  );
  if (!folderStats.isDirectory()) fail("CANNOT_OPEN", `${folder} is not a folder`);
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) {
    if (readonly || !create) return fail("CANNOT_OPEN", `there is no file ${file}, and it is not to be made`);
    if (!(await may(folder, constants.W_OK)))
      fail("DATABASE_READONLY", `the folder ${folder} may not be written to, so ${file} cannot be made`);
    return;
  }
  if (!stats.isFile()) fail("CANNOT_OPEN", `${file} is not a file`);
  if (!(await may(file, constants.R_OK))) fail("CANNOT_OPEN", `${file} may not be read`);
  if (readonly) return;
  if (!(await may(file, constants.W_OK)))
    fail("DATABASE_READONLY", `${file} may not be written to; the option readonly opens it for reading`);
  const logFolder = dirname(await realpath(file).catch(() => file));
  if (!(await may(logFolder, constants.W_OK))) {
    fail(
      "DATABASE_READONLY",
      `the folder ${logFolder} may not be written to, and the log needs a place beside ${file}; the option readonly opens it for reading`,
    );
  }
}

async function may(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
