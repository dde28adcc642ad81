import { CLEAN, DIRT, type Dirt } from "./dirt-kinds.js";
import { dirtOfName } from "./looked-for.js";
import { LocalSearchPath } from "./local-search-path.js";
import { SetConfigCalls } from "./set-config-calls.js";
import { DOUBT, OTHER, PLAIN } from "./sql-token-kinds.js";
import { Temporaries } from "./temporaries.js";
import { SqlTokens, type Source } from "./sql-tokens.js";

export { CLEAN, DIRT, type Dirt, type DirtKind, kindsOf } from "./dirt-kinds.js";

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

/** Finds what a text may leave behind in its session. When in doubt it says so: more may be undone than was done, never less. */
export function dirtOf(text: Source): Dirt {
  const tokens = new SqlTokens(text);
  const configs = new SetConfigCalls();
  const path = new LocalSearchPath();
  const temporaries = new Temporaries();
  let head: string[] = [];
  let dirt = CLEAN;
  let before = ";";
  let writes = false;
  let settings = false;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token === DOUBT) return DIRT.unknown;
    if (token === ";") {
      dirt |= firstWords(head);
      head = [];
    } else if (head.length < 3) head.push(token);
    dirt |=
      dirtOfName(token) |
      (before === "with" && token === "hold" ? DIRT.cursor : CLEAN) |
      configs.read(token) |
      temporaries.read(token);
    if (path.read(token)) dirt |= DIRT.temporary;
    writes ||= token === "update" || token === "merge";
    settings ||= token === "pg_settings";
    before = token;
  }
  // A rule turns an update of this view into calls of set_config.
  if (writes && settings) dirt |= DIRT.settings;
  return dirt | firstWords(head) | temporaries.read(";") | (configs.isOpen ? DIRT.settings : CLEAN);
}

function firstWords([first = "", second = "", third]: readonly string[]): Dirt {
  return isHarmless(first, second, third) ? CLEAN : (FIRST.get(first) ?? CLEAN);
}

/** What ends with its transaction. SET LOCAL may also be a setting whose name begins with "local.", and TRANSACTION the name of what is prepared. */
function isHarmless(first: string, second: string, third: string | undefined): boolean {
  if (first === "set") return OF_TRANSACTION.has(second) && third !== ".";
  return first === "prepare" && second === "transaction" && (third === PLAIN || third === OTHER);
}
