import { DOUBT } from "./sql-token-kinds.js";
import { SqlTokens } from "./sql-tokens.js";

/** The first word of each statement in a text, in lower case; undefined where nobody can say how the server cuts it. */
export function statementHeads(text: string): readonly string[] | undefined {
  const tokens = new SqlTokens(text);
  const heads: string[] = [];
  let isFirst = true;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token === DOUBT) return undefined;
    if (isFirst && token !== ";") heads.push(token);
    isFirst = token === ";";
  }
  return heads;
}
