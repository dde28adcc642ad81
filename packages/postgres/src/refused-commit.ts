import { statementHeads } from "./connection/statement-heads.js";
import { type PostgresResult } from "./connection/statement.js";

/**
 * PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and no error: so it is refused when more was rolled back than the text
 * asked for, wherever in the text it stands.
 */
export function isCommitRefused(text: string, result: PostgresResult): boolean {
  const { results, command } = result;
  if (results === undefined) return command === "ROLLBACK" && rollbacksAsked(text) === 0;
  let rolledBack = 0;
  for (const each of results) if (each.command === "ROLLBACK") rolledBack += 1;
  return rolledBack > 0 && rolledBack > rollbacksAsked(text);
}

function rollbacksAsked(text: string): number {
  return statementHeads(text)?.filter((head) => head === "rollback" || head === "abort").length ?? Infinity;
}
