import { PoolError } from "@pool/core";
import { DOUBT } from "./sql-token-kinds.js";
import { SqlTokens } from "./sql-tokens.js";

type Direction = "from" | "to";

const WANTED = {
  from: { call: "copyFrom", form: "COPY … FROM STDIN", other: "copyTo" },
  to: { call: "copyTo", form: "COPY … TO STDOUT", other: "copyFrom" },
} as const;

/** The server takes either name in both directions. */
const STREAMS: ReadonlySet<string | undefined> = new Set(["stdin", "stdout"]);

/** @throws PoolError `INVALID_ARGUMENT`, before anything is executed, for a text that is not one COPY between server and client, this way */
export function assertCopy(text: string, direction: Direction): void {
  const { call, form, other } = WANTED[direction];
  const why = (found: string): PoolError =>
    new PoolError("INVALID_ARGUMENT", `${call} takes one statement, ${form}; ${found}`);
  const tokens = new SqlTokens(text);
  if (tokens.next() !== "copy") throw why("this one is no COPY, and nothing was sent");
  const found = directionOf(tokens);
  if (found === DOUBT) return; // the server will say
  if (found === undefined) throw why("this one has neither FROM nor TO");
  if (found !== direction) throw why(`this way round it is for ${other}`);
  if (!STREAMS.has(tokens.next())) throw why("files and programs of the server are for query");
  if (hasNext(tokens)) throw why("this text has several");
}

/** The word behind the table, its columns or the query. */
function directionOf(tokens: SqlTokens): Direction | typeof DOUBT | undefined {
  let depth = 0;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token === DOUBT) return DOUBT;
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (depth === 0 && (token === "from" || token === "to")) return token;
    else if (token === ";") return undefined;
  }
  return undefined;
}

function hasNext(tokens: SqlTokens): boolean {
  let isBehind = false;
  for (let token = tokens.next(); token !== undefined && token !== DOUBT; token = tokens.next()) {
    if (isBehind && token !== ";") return true;
    isBehind ||= token === ";";
  }
  return false;
}
