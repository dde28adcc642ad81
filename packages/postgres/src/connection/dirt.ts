import { SetConfigCalls } from "./set-config-calls.js";
import { DOUBT, OTHER, SqlTokens, type Source } from "./sql-tokens.js";

/** What a statement may leave behind in its session. */
export type DirtKind = "settings" | "temporary" | "advisory" | "listen" | "prepare" | "cursor" | "unknown";

/** Kinds of dirt as bits; 0 is clean. */
export type Dirt = number;

export const CLEAN: Dirt = 0;

/** The bit of each kind. `unknown` stands for all of them. */
export const DIRT: Readonly<Record<DirtKind, Dirt>> = {
  settings: 1,
  temporary: 2,
  advisory: 4,
  listen: 8,
  prepare: 16,
  cursor: 32,
  unknown: 64,
};

/** Words that leave something behind wherever they stand: functions, mostly. */
const ANYWHERE: ReadonlyMap<string, Dirt> = new Map([
  ["pg_advisory_lock", DIRT.advisory],
  ["pg_advisory_lock_shared", DIRT.advisory],
  ["pg_try_advisory_lock", DIRT.advisory],
  ["pg_try_advisory_lock_shared", DIRT.advisory],
]);

/** Statements by their first word. What DO and CALL run, nobody can see from here. */
const FIRST: ReadonlyMap<string, Dirt> = new Map([
  ["set", DIRT.settings],
  ["reset", DIRT.settings],
  ["listen", DIRT.listen],
  ["prepare", DIRT.prepare],
  ["do", DIRT.unknown],
  ["call", DIRT.unknown],
  ["load", DIRT.unknown],
]);

const OF_TRANSACTION: ReadonlySet<string> = new Set(["local", "transaction", "constraints"]);
const BEFORE_TEMP: ReadonlySet<string> = new Set(["create", "replace", "global", "local", "into"]);

/** Finds what a text may leave behind in its session. When in doubt it says so: more may be undone than was done, never less. */
export function dirtOf(text: Source): Dirt {
  const tokens = new SqlTokens(text);
  const configs = new SetConfigCalls();
  let head: string[] = [];
  let dirt = CLEAN;
  let before = ";";
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token === DOUBT) return DIRT.unknown;
    if (token === ";") {
      dirt |= firstWords(head);
      head = [];
    } else if (head.length < 3) head.push(token);
    dirt |= ANYWHERE.get(token) ?? pair(before, token);
    if (configs.read(token)) dirt |= DIRT.settings;
    before = token;
  }
  return dirt | firstWords(head) | (configs.isOpen ? DIRT.settings : CLEAN);
}

function firstWords([first = "", second = "", third]: readonly string[]): Dirt {
  return isHarmless(first, second, third) ? CLEAN : (FIRST.get(first) ?? CLEAN);
}

/** What ends with its transaction. SET LOCAL may also be a setting whose name begins with "local.", and TRANSACTION the name of what is prepared. */
function isHarmless(first: string, second: string, third: string | undefined): boolean {
  if (first === "set") return OF_TRANSACTION.has(second) && third !== ".";
  return first === "prepare" && second === "transaction" && third === OTHER;
}

function pair(before: string, token: string): Dirt {
  if ((token === "temp" || token === "temporary") && BEFORE_TEMP.has(before)) return DIRT.temporary;
  if (token === "hold" && before === "with") return DIRT.cursor;
  return token.startsWith("pg_temp") ? DIRT.temporary : CLEAN;
}
