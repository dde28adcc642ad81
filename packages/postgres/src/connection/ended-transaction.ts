import { SqlTokens } from "./sql-tokens.js";
import { DOUBT } from "./sql-token-kinds.js";
import { type PostgresResult } from "./statement.js";

/**
 * Has this text ended the transaction it ran in? What the server says of it afterwards does not tell: `COMMIT AND CHAIN` begins the next one at
 * once, and so does `commit; begin`.
 */
export function hasEndedTransaction(text: string, { command, results }: PostgresResult): boolean {
  if (results === undefined) return command === "COMMIT" || (command === "ROLLBACK" && rollsBackAll(text));
  if (results.some((each) => each.command === "COMMIT")) return true;
  return results.some((each) => each.command === "ROLLBACK") && rollsBackAll(text);
}

/** A ROLLBACK stands in it, and is none TO a savepoint, of which the server says the same. */
function rollsBackAll(text: string): boolean {
  const tokens = new SqlTokens(text);
  let [head, isTo] = ["", false];
  for (let token = tokens.next(); ; token = tokens.next()) {
    const isOver = token === undefined || token === ";" || token === DOUBT;
    if (isOver && (head === "rollback" || head === "abort") && !isTo) return true;
    if (token === undefined || token === DOUBT) return false;
    if (token === ";") [head, isTo] = ["", false];
    else if (head === "") head = token;
    else if (token === "to") isTo = true;
  }
}
