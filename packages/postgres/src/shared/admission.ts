import { CLEAN, dirtOf, kindsOf } from "../connection/dirt.js";
import { SqlTokens } from "../connection/sql-tokens.js";

/** Keeps what may not travel on a connection that all share off it. */
export class Admission {
  readonly #judged = new Map<string, string | undefined>();

  /** Why a statement is refused, or undefined. What has been judged is remembered. */
  refusalOf(text: string): string | undefined {
    const known = this.#judged.get(text);
    if (known !== undefined || this.#judged.has(text)) return known;
    const refusal = judge(text);
    if (text.length <= MAX_KEPT_LENGTH) {
      if (this.#judged.size >= MAX_KEPT) this.#judged.clear();
      this.#judged.set(text, refusal);
    }
    return refusal;
  }
}

/** How a statement begins that is one transaction on its own and leaves nothing behind in its session. */
const ADMITTED = new Set(["select", "insert", "update", "delete", "merge", "values", "with", "table", "show"]);
/** Functions that leave nothing behind, and yet are about the session. */
const OF_SESSION = /^(?:set_config|pg_advisory_unlock(?:_shared|_all)?)$/;
const MAX_KEPT = 1_000;
const MAX_KEPT_LENGTH = 10_000;

function judge(text: string): string | undefined {
  const tokens = new SqlTokens(text);
  let first: string | undefined;
  let ended = false;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token === ";") {
      ended = true;
      continue;
    }
    if (ended) return "it holds several statements";
    if (first === undefined && token !== "(") {
      first = token;
      if (!ADMITTED.has(token)) return `it begins with ${/^\w+$/.test(token) ? token.toUpperCase() : "no keyword"}`;
    }
    if (OF_SESSION.test(token)) return `it calls ${token}`;
  }
  if (first === undefined) return "it is empty";
  const dirt = dirtOf(text);
  return dirt === CLEAN ? undefined : `it may leave something behind (${kindsOf(dirt).join(", ")})`;
}
