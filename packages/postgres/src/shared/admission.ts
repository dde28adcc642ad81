import { wordsOf } from "./tokens.js";

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
/** Functions whose effect outlasts the statement. */
const STATEFUL = /^(?:set_config|pg_(?:try_)?advisory_lock(?:_shared)?|pg_advisory_unlock(?:_shared|_all)?)$/;
const MAX_KEPT = 1_000;
const MAX_KEPT_LENGTH = 10_000;

function judge(text: string): string | undefined {
  let first: string | undefined;
  let previous = "";
  let beforeThat = "";
  let ended = false;
  for (const word of wordsOf(text)) {
    if (word === ";") {
      ended = true;
      continue;
    }
    if (ended) return "it holds several statements";
    if (first === undefined && word !== "(") {
      first = word;
      if (!ADMITTED.has(word)) return `it begins with ${/^\w+$/.test(word) ? word.toUpperCase() : "no keyword"}`;
    }
    if (STATEFUL.test(word)) return `it calls ${word}, whose effect outlasts the statement`;
    const intoTemporary = previous === "into" && (word === "temp" || word === "temporary");
    if (intoTemporary && beforeThat !== "insert" && beforeThat !== "merge") return "it makes a temporary table";
    beforeThat = previous;
    previous = word;
  }
  return first === undefined ? "it is empty" : undefined;
}
