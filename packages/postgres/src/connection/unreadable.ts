import { PoolError, reasonOf } from "@pool/core";

/** Rows came that `types` could not read. The connection is as good as before. */
export function unreadable(cause: unknown): PoolError {
  const message = `a type parser failed on the statement's rows: ${reasonOf(cause)}`;
  return new PoolError("STATEMENT_FAILED", message, { cause });
}
